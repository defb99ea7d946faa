using System.Collections.Concurrent;

namespace ActorSmtp.Transport;

/// <summary>
/// Large buffers in three sizes, shared by all connections of a transport and bounded in what it keeps. An I/O thread has one of each at
/// hand (<see cref="IoLane"/>), so under load nothing here is touched.
/// </summary>
internal sealed class BufferPool(long keepBytes)
{
    public const int Small = 16 << 10;
    public const int Middle = 64 << 10;
    public const int Large = 256 << 10;

    private readonly ConcurrentQueue<byte[]>[] _free = [new(), new(), new()];
    private long _kept;
    private long _out;

    /// <summary>Buffers rented and not given back: for the tests of leaks. One dropped by an aborted connection counts for ever.</summary>
    public long Outstanding => Volatile.Read(ref _out);

    /// <summary>Bytes kept idle here.</summary>
    public long KeptBytes => Volatile.Read(ref _kept);

    /// <summary>The class of the smallest buffer that holds so many bytes; 3 if none does.</summary>
    public static int ClassOf(int size) => size <= Small ? 0 : size <= Middle ? 1 : size <= Large ? 2 : 3;

    public static int SizeOf(int sizeClass) => Small << (2 * sizeClass);

    /// <summary>True if an array is one of ours by its size.</summary>
    public static bool Owns(byte[] buffer) => buffer.Length is Small or Middle or Large;

    public byte[] Rent(int sizeClass)
    {
        Interlocked.Increment(ref _out);
        if (_free[sizeClass].TryDequeue(out var buffer))
        {
            Interlocked.Add(ref _kept, -buffer.Length);
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(SizeOf(sizeClass));
    }

    public void Return(byte[] buffer)
    {
        Interlocked.Decrement(ref _out);
        if (Interlocked.Add(ref _kept, buffer.Length) > keepBytes)
        {
            Interlocked.Add(ref _kept, -buffer.Length);
            return;
        }

        _free[ClassOf(buffer.Length)].Enqueue(buffer);
    }
}
