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
    /// <summary>
    /// Syncs also what is there already: an earlier start may have been cut off, or its sync may have failed, between making and syncing.
    /// </summary>
    public static void Make(IDisk disk, string path)
    {
        try
        {
            disk.CreateDirectory(path);
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound && Parent(path).Length < path.Length)
        {
            Make(disk, Parent(path));
            disk.CreateDirectory(path);
        }

        var parent = Parent(path);
        Sync(disk, parent);
        if (parent is not ("." or "/"))
        {
            Sync(disk, Parent(parent));
        }
    }

    private static void Sync(IDisk disk, string path)
    {
        try
        {
            using var directory = disk.OpenDirectory(path);
            directory.Sync();
        }
        catch (DiskException failed) when (failed.Error is DiskError.Denied or DiskError.ReadOnly)
        {
            // Somebody else's, who made it: what we made ourselves we can open.
        }
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
