using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static ActorSmtp.Storage.Disks.LinuxCalls;

namespace ActorSmtp.Storage.Disks;

/// <summary>The real disk, by Linux' own calls. Every error number is looked at.</summary>
internal sealed class LinuxDisk : IDisk
{
    public bool CreateDirectory(string path)
    {
        if (MakeDirectoryAt(CurrentDirectory, path, 0x1C0 /* 0700 */) == 0)
        {
            return true;
        }

        var failed = Failure("mkdir", path);
        return failed.Error == DiskError.Exists ? false : throw failed;
    }

    public IDiskDirectory OpenDirectory(string path) =>
        new LinuxDirectory(path, Open(CurrentDirectory, path, path, ReadOnly | DirectoryOnly, 0));

    internal static int Open(int directory, string name, string path, int flags, uint mode)
    {
        for (; ; )
        {
            var descriptor = OpenAt(directory, name, flags | CloseOnExec, mode);
            if (descriptor >= 0)
            {
                return descriptor;
            }

            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw Failure("open", path);
            }
        }
    }

    internal const int Interrupted = 4;

    /// <summary>The exception for the last call's error number.</summary>
    internal static DiskException Failure(string operation, string path)
    {
        var number = Marshal.GetLastPInvokeError();
        var error = number switch
        {
            28 or 122 => DiskError.NoSpace,                             // ENOSPC, EDQUOT
            30 => DiskError.ReadOnly,
            2 => DiskError.NotFound,
            17 => DiskError.Exists,
            1 or 13 => DiskError.Denied,                                // EPERM, EACCES
            23 or 24 => DiskError.TooManyOpen,
            39 => DiskError.NotEmpty,
            22 or 38 or 95 => DiskError.Unsupported,                    // EINVAL, ENOSYS, EOPNOTSUPP
            _ => DiskError.Io,
        };
        return new DiskException(error, operation, path, Marshal.GetPInvokeErrorMessage(number));
    }
}

/// <summary>A directory's descriptor.</summary>
internal sealed unsafe class LinuxDirectory : IDiskDirectory
{
    private readonly int _descriptor;
    private int _closed;

    public LinuxDirectory(string path, int descriptor)
    {
        Path = path;
        _descriptor = descriptor;
        var status = stackalloc byte[256];
        Device = StatusAt(descriptor, "", 0x1000 /* AT_EMPTY_PATH */, 0, status) == 0
            ? BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(status + 136, 8))
            : 0;
    }

    public string Path { get; }

    public long Device { get; }

    public IDiskFile Open(string name, DiskAccess access)
    {
        var path = $"{Path}/{name}";
        return access switch
        {
            DiskAccess.Read => new LinuxFile(path, LinuxDisk.Open(_descriptor, name, path, ReadOnly, 0)),
            DiskAccess.Write => new LinuxFile(path, LinuxDisk.Open(_descriptor, name, path, ReadWrite, 0)),
            DiskAccess.CreateNewUncached => OpenUncached(name, path),
            _ => new LinuxFile(path, LinuxDisk.Open(_descriptor, name, path, NewFile | NoFollow, 0x180 /* 0600 */)),
        };
    }

    public bool Exists(string name)
    {
        if (AccessAt(_descriptor, name, 0, 0x100 /* AT_SYMLINK_NOFOLLOW */) == 0)
        {
            return true;
        }

        var failed = LinuxDisk.Failure("access", $"{Path}/{name}");
        return failed.Error == DiskError.NotFound ? false : throw failed;
    }

    public void Rename(string from, string to)
    {
        if (RenameAt(_descriptor, from, _descriptor, to) != 0)
        {
            throw LinuxDisk.Failure("rename", $"{Path}/{from}");
        }
    }

    public bool TryMove(string from, IDiskDirectory target, string to)
    {
        var other = ((LinuxDirectory)target)._descriptor;
        if (RenameAt2(_descriptor, from, other, to, RenameNoReplace) == 0)
        {
            return true;
        }

        var failed = LinuxDisk.Failure("rename", $"{Path}/{from}");
        return failed.Error switch
        {
            DiskError.Exists => false,
            DiskError.Unsupported => TryLink(from, other, to),          // network and old file systems
            _ => throw failed,
        };
    }

    public bool Delete(string name) => Unlink(name, 0);

    public bool DeleteDirectory(string name) => Unlink(name, RemoveDirectory);

    public IEnumerable<string> List() => DirectoryNames.Of(Path);

    public DiskStatus? Status(string name)
    {
        var status = stackalloc byte[256];                              // struct statx: mode at 28, inode at 32, size at 40, mtime at 112
        if (StatusAt(_descriptor, name, 0x100 /* AT_SYMLINK_NOFOLLOW */, 0x7FF, status) != 0)
        {
            var failed = LinuxDisk.Failure("stat", $"{Path}/{name}");
            return failed.Error == DiskError.NotFound ? null : throw failed;
        }

        var fields = new ReadOnlySpan<byte>(status, 256);
        return new DiskStatus((BinaryPrimitives.ReadUInt16LittleEndian(fields[28..]) & 0xF000) == 0x4000, BinaryPrimitives.ReadInt64LittleEndian(fields[40..]),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(fields[112..])).AddTicks(BinaryPrimitives.ReadUInt32LittleEndian(fields[120..]) / 100),
            BinaryPrimitives.ReadInt64LittleEndian(fields[32..]));
    }

    public void Sync()
    {
        if (SyncAll(_descriptor) != 0)
        {
            throw LinuxDisk.Failure("fsync", Path);
        }
    }

    public void SyncFileSystem()
    {
        if (LinuxCalls.SyncFileSystem(_descriptor) != 0)
        {
            throw LinuxDisk.Failure("syncfs", Path);
        }
    }

    public DiskSpace Space()
    {
        var status = stackalloc ulong[32];                              // f_bsize f_frsize f_blocks f_bfree f_bavail f_files f_ffree f_favail
        if (FileSystemStatus(_descriptor, status) != 0)
        {
            throw LinuxDisk.Failure("statvfs", Path);
        }

        return new DiskSpace(long.CreateSaturating((UInt128)status[1] * status[4]), status[5] == 0 ? long.MaxValue : long.CreateSaturating(status[7]));
    }

    public IDisposable? TryLock(string name) => ProcessLock.TryTake($"{Path}/{name}");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _ = Close(_descriptor);
        }
    }

    private const int NewFile = ReadWrite | Create | Exclusive;

    private LinuxFile OpenUncached(string name, string path)
    {
        var file = new LinuxFile(path, LinuxDisk.Open(_descriptor, name, path, NewFile | NoFollow, 0x180 /* 0600 */));
        file.TryUncached();
        return file;
    }

    private bool TryLink(string from, int target, string to)
    {
        if (LinkAt(_descriptor, from, target, to, 0) != 0)
        {
            var failed = LinuxDisk.Failure("link", $"{Path}/{from}");
            return failed.Error == DiskError.Exists ? false : throw failed;
        }

        Delete(from);
        return true;
    }

    private bool Unlink(string name, int flags)
    {
        if (UnlinkAt(_descriptor, name, flags) == 0)
        {
            return true;
        }

        var failed = LinuxDisk.Failure("unlink", $"{Path}/{name}");
        return failed.Error == DiskError.NotFound ? false : throw failed;
    }
}

/// <summary>A file's descriptor.</summary>
internal sealed unsafe class LinuxFile(string path, int descriptor) : IDiskFile
{
    private const int MostVectors = 1024;                               // IOV_MAX

    private int _closed;
    private bool _uncached;

    public long Length
    {
        get
        {
            var end = Seek(descriptor, 0, 2 /* SEEK_END */);
            return end >= 0 ? end : throw LinuxDisk.Failure("seek", path);
        }
    }

    public int Read(Span<byte> into, long offset)
    {
        var done = 0;
        fixed (byte* start = into)
        {
            while (done < into.Length)
            {
                var read = ReadAt(descriptor, start + done, (nuint)(into.Length - done), offset + done);
                if (read > 0)
                {
                    done += (int)read;
                }
                else if (read == 0)
                {
                    break;
                }
                else if (Marshal.GetLastPInvokeError() != LinuxDisk.Interrupted)
                {
                    throw LinuxDisk.Failure("read", path);
                }
            }
        }

        return done;
    }

    /// <summary>Some file systems do not have it; they are written as ever.</summary>
    public void TryUncached() => _uncached = SetFlags(descriptor, SetStatusFlags, Uncached) == 0;

    public void Write(ReadOnlySpan<DiskVector> vectors, long offset)
    {
        if (_uncached && !IsAligned(vectors, offset))
        {
            WriteCached();
        }

        while (vectors.Length > 0)
        {
            var now = vectors[..Math.Min(vectors.Length, MostVectors)];
            nint written;
            fixed (DiskVector* first = now)
            {
                written = WriteVectors(descriptor, first, now.Length, offset);
            }

            if (written < 0)
            {
                if (Marshal.GetLastPInvokeError() == LinuxDisk.Interrupted)
                {
                    continue;
                }

                var failed = LinuxDisk.Failure("write", path);
                if (failed.Error == DiskError.Unsupported && _uncached)     // it wants larger steps than pages
                {
                    WriteCached();
                    continue;
                }

                throw failed;
            }

            offset += written;
            var rest = (nuint)written;
            while (vectors.Length > 0 && rest >= vectors[0].Length)
            {
                rest -= vectors[0].Length;
                vectors = vectors[1..];
            }

            if (rest > 0)                                               // a short write: finish this piece by itself
            {
                WriteCached();
                offset += Finish(vectors[0], rest, offset);
                vectors = vectors[1..];
            }
        }
    }

    /// <summary>Without a flag that waits the call takes note of no failure, so that fdatasync still tells it.</summary>
    public void BeginSync(long offset, long length) => _ = SyncRange(descriptor, offset, length, RangeWrite);

    public void Cool()
    {
        if (Volatile.Read(ref _closed) == 0)
        {
            _ = Advise(descriptor, 0, 0, AdviceNotNeeded);
        }
    }

    public void Sync()
    {
        if (SyncData(descriptor) != 0)
        {
            throw LinuxDisk.Failure("fdatasync", path);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _ = Close(descriptor);
        }
    }

    private void WriteCached()
    {
        if (_uncached && SetFlags(descriptor, SetStatusFlags, 0) != 0)
        {
            throw LinuxDisk.Failure("fcntl", path);
        }

        _uncached = false;
    }

    private static bool IsAligned(ReadOnlySpan<DiskVector> vectors, long offset)
    {
        var together = (ulong)offset;
        foreach (var vector in vectors)
        {
            together |= (ulong)vector.Start | vector.Length;
        }

        return together % DiskExtensions.Page == 0;
    }

    private long Finish(DiskVector vector, nuint done, long offset)
    {
        var begun = done;
        while (done < vector.Length)
        {
            var written = WriteAt(descriptor, vector.Start + done, vector.Length - done, offset + (long)(done - begun));
            if (written > 0)
            {
                done += (nuint)written;
            }
            else if (written == 0 || Marshal.GetLastPInvokeError() != LinuxDisk.Interrupted)
            {
                throw LinuxDisk.Failure("write", path);
            }
        }

        return (long)(vector.Length - begun);
    }
}
