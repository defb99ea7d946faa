namespace ActorSmtp.Storage.Disks;

/// <summary>
/// The disk through managed calls, for macOS and Windows: good enough to develop on. Weaker than
/// <see cref="LinuxDisk"/>, and said so at start: a failed flush is not reported by the runtime, directories are not
/// synced, and a move without replacing is a check and a move.
/// </summary>
internal sealed class PortableDisk : IDisk
{
    public bool CreateDirectory(string path) => PortableDirectory.Guarded("mkdir", path, () =>
    {
        if (Directory.Exists(path))
        {
            return false;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return true;
    });

    public IDiskDirectory OpenDirectory(string path) => Directory.Exists(path)
        ? new PortableDirectory(path)
        : throw new DiskException(DiskError.NotFound, "open", path, "no such directory");
}

internal sealed class PortableDirectory(string path) : IDiskDirectory
{
    public string Path => path;

    public long Device => 0;

    public IDiskFile Open(string name, DiskAccess access) => Guarded("open", Of(name), () => new PortableFile(Of(name), new FileStream(Of(name),
        new FileStreamOptions
        {
            Mode = access is DiskAccess.CreateNew or DiskAccess.CreateNewUncached ? FileMode.CreateNew : FileMode.Open,
            Access = access == DiskAccess.Read ? FileAccess.Read : FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        })));

    public bool Exists(string name) => File.Exists(Of(name)) || Directory.Exists(Of(name));

    public void Rename(string from, string to) => Guarded("rename", Of(from), () =>
    {
        File.Move(Of(from), Of(to), overwrite: true);
        return true;
    });

    public bool TryMove(string from, IDiskDirectory target, string to) => Guarded("rename", Of(from), () =>
    {
        var into = System.IO.Path.Combine(target.Path, to);
        if (File.Exists(into))
        {
            return false;
        }

        File.Move(Of(from), into, overwrite: false);
        return true;
    });

    public bool Delete(string name) => Guarded("unlink", Of(name), () =>
    {
        var there = File.Exists(Of(name));
        File.Delete(Of(name));
        return there;
    });

    public bool DeleteDirectory(string name) => Guarded("rmdir", Of(name), () =>
    {
        if (!Directory.Exists(Of(name)))
        {
            return false;
        }

        Directory.Delete(Of(name));
        return true;
    });

    public IEnumerable<string> List() => DirectoryNames.Of(path);

    public DiskStatus? Status(string name) => Guarded<DiskStatus?>("stat", Of(name), () =>
        Directory.Exists(Of(name)) ? new DiskStatus(true, 0, Directory.GetLastWriteTimeUtc(Of(name)), 0)
        : new FileInfo(Of(name)) is { Exists: true } file ? new DiskStatus(false, file.Length, file.LastWriteTimeUtc, 0)
        : null);

    public void Sync()
    {
    }

    public void SyncFileSystem() => throw new DiskException(DiskError.Unsupported, "syncfs", path, "not on this system");

    public DiskSpace Space() => Guarded("space", path, () => new DiskSpace(new DriveInfo(System.IO.Path.GetFullPath(path)).AvailableFreeSpace, long.MaxValue));

    public IDisposable? TryLock(string name) => ProcessLock.TryTake(Of(name));

    public void Dispose()
    {
    }

    internal static T Guarded<T>(string operation, string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failed) when ((failed is IOException and not DiskException) || failed is UnauthorizedAccessException)
        {
            var error = failed switch
            {
                FileNotFoundException or DirectoryNotFoundException => DiskError.NotFound,
                UnauthorizedAccessException => DiskError.Denied,
                _ when (failed.HResult & 0xFFFF) is 39 or 112 or 28 => DiskError.NoSpace,
                _ when (failed.HResult & 0xFFFF) is 80 or 183 or 17 => DiskError.Exists,
                _ => DiskError.Io,
            };
            throw new DiskException(error, operation, path, failed.Message);
        }
    }

    private string Of(string name) => System.IO.Path.Combine(path, name);
}

internal sealed class PortableFile(string path, FileStream stream) : IDiskFile
{
    public long Length => RandomAccess.GetLength(stream.SafeFileHandle);

    public int Read(Span<byte> into, long offset)
    {
        var done = 0;
        try
        {
            for (int read; done < into.Length && (read = RandomAccess.Read(stream.SafeFileHandle, into[done..], offset + done)) > 0;)
            {
                done += read;
            }
        }
        catch (IOException failed)
        {
            throw new DiskException(DiskError.Io, "read", path, failed.Message);
        }

        return done;
    }

    public void Write(ReadOnlySpan<DiskVector> vectors, long offset)
    {
        try
        {
            foreach (var vector in vectors)
            {
                RandomAccess.Write(stream.SafeFileHandle, vector.Span, offset);
                offset += (long)vector.Length;
            }
        }
        catch (IOException failed)
        {
            throw new DiskException((failed.HResult & 0xFFFF) is 39 or 112 or 28 ? DiskError.NoSpace : DiskError.Io, "write", path, failed.Message);
        }
    }

    public void BeginSync(long offset, long length)
    {
    }

    public void Cool()
    {
    }

    public void Sync()
    {
        try
        {
            RandomAccess.FlushToDisk(stream.SafeFileHandle);
        }
        catch (IOException failed)
        {
            throw new DiskException(DiskError.Io, "flush", path, failed.Message);
        }
    }

    public void Dispose() => stream.Dispose();
}
