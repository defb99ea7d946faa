using System.Runtime.CompilerServices;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// Reads the log files line by line, oldest first, one buffer in memory; following, it waits for more and goes on into the next file when
/// the server begins one.
/// </summary>
internal sealed class LogReader(string dataDirectory)
{
    private const int LongestLine = 1 << 20;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Every line there is, without its line end; when following, an empty one where all has been read and more is waited for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? last = null;
        FileStream? file = null;
        var saidThatAllIsRead = false;
        try
        {
            var buffer = new byte[64 * 1024];
            var length = 0;
            while (true)
            {
                file ??= OpenAfter(ref last);
                var read = file is null ? 0 : await file.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
                if (read > 0)
                {
                    length += read;
                    var start = 0;
                    for (int end; (end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0; start += end + 1)
                    {
                        yield return buffer.AsMemory(start, end);
                    }

                    buffer.AsSpan(start, length - start).CopyTo(buffer);
                    length -= start;
                    if (length == buffer.Length)
                    {
                        length = buffer.Length < LongestLine ? length : 0;          // no line of ours
                        Array.Resize(ref buffer, Math.Min(buffer.Length * 2, LongestLine));
                    }

                    continue;
                }

                if (file is not null && NextAfter(last) is not null && file.Position >= file.Length)
                {
                    length = 0;
                    await file.DisposeAsync().ConfigureAwait(false);
                    file = null;
                    continue;
                }

                if (!follow)
                {
                    yield break;
                }

                if (!saidThatAllIsRead)
                {
                    saidThatAllIsRead = true;
                    yield return default;
                }

                await Task.Delay(Look, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            if (file is not null)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private FileStream? OpenAfter(ref string? last)
    {
        while (NextAfter(last) is { } next)
        {
            last = next;
            try
            {
                return new FileStream(next, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            }
            catch (FileNotFoundException)
            {
                // removed as the oldest since it was listed
            }
        }

        return null;
    }

    private string? NextAfter(string? last) =>
        LogFolder.Files(dataDirectory).FirstOrDefault(f => last is null || LogFolder.NumberOf(f) > LogFolder.NumberOf(last));
}
