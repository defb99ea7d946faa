namespace ActorSmtp.Storage.Disks;

/// <summary>Small files written as a whole: a reader sees the old or the new one, also after a power cut.</summary>
internal static class WholeFile
{
    public static void Replace(IDiskDirectory directory, string name, ReadOnlySpan<byte> content, bool sync)
    {
        var aside = $"{name}.new";
        directory.Delete(aside);
        using (var file = directory.Open(aside, DiskAccess.CreateNew))
        {
            file.Write(content, 0);
            if (sync)
            {
                file.Sync();
            }
        }

        directory.Rename(aside, name);
        if (sync)
        {
            directory.Sync();
        }
    }
}

/// <summary>Makes a directory with its parents, each one stable in the one above.</summary>
internal static class DataDirectory
{
    public static void Make(IDisk disk, string path)
    {
        try
        {
            if (!disk.CreateDirectory(path))
            {
                return;
            }
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound && Parent(path).Length < path.Length)
        {
            Make(disk, Parent(path));
            disk.CreateDirectory(path);
        }

        using var parent = disk.OpenDirectory(Parent(path));
        parent.Sync();
    }

    private static string Parent(string path)
    {
        var trimmed = path.TrimEnd('/');
        return trimmed.LastIndexOf('/') switch
        {
            < 0 => ".",
            0 => "/",
            var at => trimmed[..at],
        };
    }
}
