namespace ActorSmtp.Storage.Disks;

/// <summary>
/// All that storage asks of a file system, so that a simulated one can stand in and lose what was not synced. Every
/// member that fails throws <see cref="DiskException"/>; a sync that returned has succeeded.
/// </summary>
public interface IDisk
{
    /// <summary>Makes one directory (its parent exists), for this user only. False: it was there.</summary>
    bool CreateDirectory(string path);

    /// <exception cref="DiskException"><see cref="DiskError.NotFound"/> where there is none.</exception>
    IDiskDirectory OpenDirectory(string path);
}

/// <summary>An open directory: names in it are plain names, never paths.</summary>
public interface IDiskDirectory : IDisposable
{
    string Path { get; }

    /// <summary>Tells file systems apart: one may hang or be full while the others work.</summary>
    long Device { get; }

    /// <summary>Opens a file here; never follows a symbolic link at the last step when it makes the file.</summary>
    IDiskFile Open(string name, DiskAccess access);

    bool Exists(string name);

    /// <summary>Renames here; replaces what had the name.</summary>
    void Rename(string from, string to);

    /// <summary>Moves into another directory of the same file system; false, and nothing is changed, where the name is taken.</summary>
    bool TryMove(string from, IDiskDirectory target, string to);

    /// <summary>False where it was not there.</summary>
    bool Delete(string name);

    /// <summary>Removes an empty directory; false where it was not there.</summary>
    bool DeleteDirectory(string name);

    /// <summary>Null where it is not there. Does not follow symbolic links.</summary>
    DiskStatus? Status(string name);

    /// <summary>Names in it, in no order, without <c>.</c> and <c>..</c>; read, and thus failing, while they are gone through.</summary>
    IEnumerable<string> List();

    /// <summary>Makes names made, changed and removed here stable.</summary>
    void Sync();

    /// <summary>Makes everything of this file system stable, data and names.</summary>
    void SyncFileSystem();

    DiskSpace Space();

    /// <summary>Locks against other processes by a file of this name, until disposed (or the process ends); null: another has it.</summary>
    IDisposable? TryLock(string name);
}

/// <summary>An open file; offsets are the caller's.</summary>
public interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <summary>Fewer octets than asked for only at the end.</summary>
    int Read(Span<byte> into, long offset);

    /// <summary>All of it or an exception; after one, any part may be written.</summary>
    void Write(ReadOnlySpan<DiskVector> vectors, long offset);

    /// <summary>A hint that a sync will follow: the system may begin to write these octets out. Promises nothing, and hides no failure from the sync.</summary>
    void BeginSync(long offset, long length);

    /// <summary>A hint, after a sync: this content is not wanted for a while, the system's cache may use its memory for others. Promises nothing.</summary>
    void Cool();

    /// <summary>Makes content stable, and the length with it. Never to be tried again after a failure.</summary>
    void Sync();
}

/// <summary>Memory that does not move while it is written (pinned, or native). The layout is the kernel's <c>iovec</c>.</summary>
public readonly unsafe struct DiskVector(byte* start, nuint length)
{
    public readonly byte* Start = start;
    public readonly nuint Length = length;

    public ReadOnlySpan<byte> Span => new(Start, (int)Length);
}

/// <summary>How a file is opened.</summary>
public enum DiskAccess
{
    /// <summary>Must exist.</summary>
    Read,

    /// <summary>Must exist; read and written.</summary>
    Write,

    /// <summary>Must not exist; made for this user only.</summary>
    CreateNew,

    /// <summary>
    /// The same; and where the system can, whole pages of memory that begins at a page (<see cref="DiskExtensions.Page"/>) are written past
    /// its cache, which for large content costs a fraction. Anything else is written as ever.
    /// </summary>
    CreateNewUncached,
}

/// <summary>What a directory says of a name in it.</summary>
/// <param name="Inode">Another file under the same name has another one (0 where there are none).</param>
public readonly record struct DiskStatus(bool IsDirectory, long Length, DateTimeOffset Changed, long Inode);

/// <summary>What is free. Files is <see cref="long.MaxValue"/> where the file system does not count them.</summary>
public readonly record struct DiskSpace(long FreeOctets, long FreeFiles);

/// <summary>Failures that are told apart.</summary>
public enum DiskError
{
    Io,
    NoSpace,
    ReadOnly,
    NotFound,
    Exists,
    Denied,
    TooManyOpen,
    NotEmpty,
    Unsupported,
}

/// <summary>A disk operation failed.</summary>
public sealed class DiskException(DiskError error, string operation, string path, string reason)
    : IOException($"{operation} {path}: {reason}")
{
    public DiskError Error { get; } = error;

    public string Operation { get; } = operation;

    public string Reason { get; } = reason;
}

/// <summary>Conveniences over the ports.</summary>
internal static class DiskExtensions
{
    /// <summary>Octets by which offset, length and memory of an uncached write have to be aligned.</summary>
    public const int Page = 4096;

    /// <summary>Writes one piece of managed memory.</summary>
    public static unsafe void Write(this IDiskFile file, ReadOnlySpan<byte> content, long offset)
    {
        fixed (byte* start = content)
        {
            file.Write([new DiskVector(start, (nuint)content.Length)], offset);
        }
    }

    /// <summary>Reads a whole small file.</summary>
    public static byte[] ReadAll(this IDiskFile file)
    {
        var content = new byte[file.Length];
        var length = 0;
        for (int read; length < content.Length && (read = file.Read(content.AsSpan(length), length)) > 0;)
        {
            length += read;
        }

        return length == content.Length ? content : content[..length];
    }
}
