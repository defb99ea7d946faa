using System.Buffers;
using System.Globalization;
using System.Text;

namespace ActorSmtp.Storage;

/// <summary>
/// Writes a mailbox as mbox, the mboxrd variant: each message after a line <c>From MAILER-DAEMON date</c>, lines of the
/// form <c>&gt;*From </c> get one more <c>&gt;</c> (so that a reader can take it off again), line ends become LF, and an
/// empty line follows. Streams; a long line never lies in memory whole.
/// </summary>
internal static class MboxExport
{
    public static async Task<int?> WriteAsync(IMailboxStore store, string account, Stream destination, CancellationToken cancellation)
    {
        if (await store.ShowAsync(account, cancellation).ConfigureAwait(false) is null)
        {
            return null;
        }

        var count = 0;
        await foreach (var message in store.ListAsync(account, cancellation).ConfigureAwait(false))
        {
            var content = await store.OpenAsync(account, message.Key, cancellation).ConfigureAwait(false);
            if (content is null)
            {
                continue;                           // deleted or moved by a reader since it was listed
            }

            await using (content.ConfigureAwait(false))
            {
                var date = message.DeliveredAt.UtcDateTime.ToString("ddd MMM dd HH:mm:ss yyyy", CultureInfo.InvariantCulture);
                await destination.WriteAsync(Encoding.ASCII.GetBytes($"From MAILER-DAEMON {date}\n"), cancellation).ConfigureAwait(false);
                await CopyAsync(content, destination, cancellation).ConfigureAwait(false);
            }

            count++;
        }

        return count;
    }

    private static async Task CopyAsync(Stream content, Stream destination, CancellationToken cancellation)
    {
        var from = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var into = ArrayPool<byte>.Shared.Rent(2 * 64 * 1024 + 64);
        try
        {
            var quoting = new MboxQuoting();
            for (int read; (read = await content.ReadAsync(from.AsMemory(0, 64 * 1024), cancellation).ConfigureAwait(false)) > 0;)
            {
                await destination.WriteAsync(into.AsMemory(0, quoting.Add(from.AsSpan(0, read), into)), cancellation).ConfigureAwait(false);
            }

            await destination.WriteAsync(into.AsMemory(0, quoting.End(into)), cancellation).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(from);
            ArrayPool<byte>.Shared.Return(into);
        }
    }
}

/// <summary>The step machine behind <see cref="MboxExport"/>: octets in, quoted octets out, at any cutting.</summary>
internal struct MboxQuoting
{
    private static ReadOnlySpan<byte> Word => "From "u8;

    private int _arrows;            // '>' held back at the start of a line
    private int _matched;           // octets of "From " held back after them
    private bool _inLine;           // past the point where the line could still begin with From
    private bool _carriageReturn;   // a CR held back: LF may follow

    /// <summary>Quotes a part; <paramref name="into"/> has room for twice its length and 64 more. Answers what was written.</summary>
    public int Add(ReadOnlySpan<byte> part, Span<byte> into)
    {
        var at = 0;
        foreach (var octet in part)
        {
            if (_carriageReturn)
            {
                _carriageReturn = false;
                if (octet != (byte)'\n')
                {
                    at += Put((byte)'\r', into[at..]);
                }
            }

            if (octet == (byte)'\r')
            {
                _carriageReturn = true;
                continue;
            }

            at += Put(octet, into[at..]);
        }

        return at;
    }

    /// <summary>What is still held back, the line's end if it has none, and the empty line.</summary>
    public int End(Span<byte> into)
    {
        var at = 0;
        if (_carriageReturn)
        {
            at += Put((byte)'\r', into);
        }

        at += Flush(into[at..], quote: false);
        if (_inLine)
        {
            into[at++] = (byte)'\n';
        }

        into[at++] = (byte)'\n';
        this = default;
        return at;
    }

    private int Put(byte octet, Span<byte> into)
    {
        if (!_inLine)
        {
            if (_matched == 0 && octet == (byte)'>' && _arrows < 48)
            {
                _arrows++;
                return 0;
            }

            if (octet == Word[_matched])
            {
                return ++_matched < Word.Length ? 0 : Flush(into, quote: true);
            }
        }

        var at = Flush(into, quote: false);
        into[at++] = octet;
        _inLine = octet != (byte)'\n';
        return at;
    }

    private int Flush(Span<byte> into, bool quote)
    {
        var at = 0;
        if (_arrows + _matched == 0)
        {
            return 0;
        }

        into[..(_arrows + (quote ? 1 : 0))].Fill((byte)'>');
        at += _arrows + (quote ? 1 : 0);
        Word[.._matched].CopyTo(into[at..]);
        at += _matched;
        (_arrows, _matched, _inLine) = (0, 0, true);
        return at;
    }
}
