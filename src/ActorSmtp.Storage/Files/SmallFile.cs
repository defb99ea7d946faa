namespace ActorSmtp.Storage;

/// <summary>A file that an administrator keeps for us, read whole, again and again.</summary>
/// <param name="mostOctets">A longer one is refused.</param>
public sealed class SmallFile(string path, int mostOctets)
{
    /// <summary>Reads it, not on the caller's thread.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long; the message says which.</exception>
    public Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) => Task.Run(Read, cancellation);

    private ReadOnlyMemory<byte> Read()
    {
        try
        {
            using var file = File.OpenRead(path);
            var octets = new byte[mostOctets + 1];
            var length = file.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
            return length <= mostOctets ? octets.AsMemory(0, length) : throw new IOException($"{path} has more than {mostOctets} octets");
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException(denied.Message, denied);
        }
    }
}
