using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Client;

/// <summary>A message as a client sends it: an envelope and where its content is read from.</summary>
/// <param name="From">The reverse path.</param>
/// <param name="Recipients">In the order in which they are named to the server; at least one.</param>
/// <param name="Content">The octets of the message, lines ended by CRLF.</param>
public sealed record MailToSend(ReversePath From, ImmutableArray<RecipientToSend> Recipients, IMailContent Content)
{
    /// <summary>RET=, where the server has DSN.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>ENVID=, where the server has DSN.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Only over TLS, and the next server must keep it so (RFC 8689).</summary>
    public bool RequireTls { get; init; }
}

/// <summary>One recipient and what is asked for it.</summary>
public sealed record RecipientToSend(Mailbox Address, DsnNotify Notify = DsnNotify.Unspecified, OriginalRecipient? Original = null);

/// <summary>
/// The octets of a message. Read in pieces, forwards, maybe more than once (a second attempt starts at 0); never held whole by the client.
/// </summary>
public interface IMailContent
{
    /// <summary>All octets.</summary>
    long Length { get; }

    /// <summary>What is in it, which decides on BODY= and SMTPUTF8.</summary>
    ContentKind Kind { get; }

    /// <summary>Reads at an offset; answers the octets read, 0 at the end.</summary>
    /// <exception cref="IOException">It cannot be read: the transaction is given up.</exception>
    ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation);
}

/// <summary>What must be known of content before it is sent.</summary>
/// <param name="Has8Bit">Octets above 127 (needs 8BITMIME or better, RFC 6152).</param>
/// <param name="IsBinary">Bare CR, bare LF, NUL or lines over 998 (needs BINARYMIME, RFC 3030).</param>
/// <param name="HasUtf8Headers">Header fields in UTF-8 (needs SMTPUTF8, RFC 6531).</param>
public readonly record struct ContentKind(bool Has8Bit, bool IsBinary, bool HasUtf8Headers);

/// <summary>Content that lies in memory.</summary>
public sealed class MemoryContent(ReadOnlyMemory<byte> octets) : IMailContent
{
    public long Length => octets.Length;

    public ContentKind Kind { get; } = ContentKinds.Of(octets.Span);

    public ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation)
    {
        var rest = octets.Span[(int)Math.Min(offset, octets.Length)..];
        var n = Math.Min(rest.Length, into.Length);
        rest[..n].CopyTo(into.Span);
        return ValueTask.FromResult(n);
    }
}
