using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>What became of a message for one recipient (RFC 3464 §2.3.3).</summary>
public enum ReportAction
{
    /// <summary>It will not be delivered.</summary>
    Failed,

    /// <summary>It could not be delivered so far, and is tried further.</summary>
    Delayed,

    /// <summary>It is in the mailbox.</summary>
    Delivered,

    /// <summary>It went to a server that reports nothing: that was the last to be heard of it.</summary>
    Relayed,

    /// <summary>It went on to several others, an alias being resolved.</summary>
    Expanded,
}

/// <summary>One recipient of a report.</summary>
/// <param name="Recipient">As the envelope has it.</param>
/// <param name="Action">What became of it.</param>
/// <param name="Status">Why (RFC 3463): class 5 or 4 of what failed, 4 of what is delayed, 2 otherwise.</param>
public sealed record RecipientReport(Recipient Recipient, ReportAction Action, EnhancedCode Status)
{
    /// <summary>Why, in our words; null where another server's reply says it.</summary>
    public string? Why { get; init; }

    /// <summary>The server that said something about it; null: none was reached.</summary>
    public string? RemoteHost { get; init; }

    /// <summary>What that server said; null: nothing.</summary>
    public ServerReply? Reply { get; init; }

    /// <summary>When it was last tried.</summary>
    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>Until when it is tried, of what is delayed.</summary>
    public DateTimeOffset? RetriesUntil { get; init; }
}

/// <summary>The message that a report is about, as far as it goes back.</summary>
/// <param name="Whole">All of it; fetched in pieces while the report is written.</param>
/// <param name="Header">Its header fields without the empty line: <see cref="HeaderOf"/>.</param>
/// <param name="IsEightBit">It holds octets above 127.</param>
public sealed record ReturnedMessage(PartContent Whole, ReadOnlyMemory<byte> Header, bool IsEightBit)
{
    /// <summary>Nothing goes back: the message cannot be read any more.</summary>
    public static ReturnedMessage Nothing { get; } = new(new PartContent(ReadOnlyMemory<byte>.Empty), default, false) { IsMissing = true };

    /// <summary>It is <see cref="Nothing"/>: the report has no third part, which RFC 6522 §3 leaves to us.</summary>
    public bool IsMissing { get; private init; }

    /// <summary>The most of a header that a report holds; what is beyond is cut before a field.</summary>
    public const int MostHeader = 64 * 1024;

    /// <summary>The header fields at the beginning of a message, whole fields only, at most <see cref="MostHeader"/> octets.</summary>
    /// <param name="beginning">So many of the message's first octets, or all there are.</param>
    public static ReadOnlyMemory<byte> HeaderOf(ReadOnlyMemory<byte> beginning)
    {
        var octets = beginning.Span;
        var end = octets.StartsWith("\r\n"u8) ? 0 : octets.IndexOf("\r\n\r\n"u8) is >= 0 and var blank ? blank + 2 : -1;
        if (end is >= 0 and <= MostHeader)
        {
            return beginning[..end];
        }

        // Too long, or all of it is header: back to where the last field began that may be cut itself.
        octets = octets[..Math.Min(octets.Length, MostHeader)];
        while (octets.LastIndexOf("\r\n"u8) is >= 0 and var line)
        {
            if (line + 2 < octets.Length && octets[line + 2] is not ((byte)' ' or (byte)'\t'))
            {
                return beginning[..(line + 2)];
            }

            octets = octets[..line];
        }

        return default;
    }
}

/// <summary>A notice to a message's sender about some of its recipients (RFC 3464).</summary>
public sealed record DeliveryReport
{
    /// <summary>The report's own id.</summary>
    public required MailId Id { get; init; }

    /// <summary>When it is made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Our name.</summary>
    public required string Hostname { get; init; }

    /// <summary>Who reads what is answered to the report (RFC 3464 §2: a human); null: nobody is named.</summary>
    public Mailbox? Postmaster { get; init; }

    /// <summary>The message it is about; its sender is not null.</summary>
    public required Envelope About { get; init; }

    /// <summary>Those of its recipients that the report is about; at least one, each wanting it (<see cref="Notices.IsWanted"/>).</summary>
    public required ImmutableArray<RecipientReport> Recipients { get; init; }

    /// <summary>What goes back of it.</summary>
    public required ReturnedMessage Returned { get; init; }

    /// <summary>Random, so that no message can hold the boundary of the report about it.</summary>
    public required ulong Entropy { get; init; }

    /// <summary>The largest message that goes back whole where its sender did not say (RET).</summary>
    public required long MostReturned { get; init; }

    /// <summary>
    /// Whether the message goes back whole: only with a failure (RFC 3461 §4.3), if its sender wants that, or does not say and it is small. Binary ones cannot, and what
    /// was to travel by verified TLS only does not (RFC 8689 §5).
    /// </summary>
    public bool ReturnsWhole => !Returned.IsMissing && Recipients.Any(r => r.Action == ReportAction.Failed) && About is { Body: not BodyType.BinaryMime, RequireTls: false }
        && (About.Return == DsnReturn.Full || (About.Return == DsnReturn.Unspecified && Returned.Whole.Length <= MostReturned));

    /// <summary>It holds octets above 127, and needs a way that takes them: not for a message of which only a plain header goes back.</summary>
    public bool IsEightBit => About.SmtpUtf8 || (ReturnsWhole ? Returned.IsEightBit : !Ascii.IsValid(Returned.Header.Span));

    /// <summary>How it travels: from nobody, to the sender, and nothing is ever sent back for it.</summary>
    public Envelope ToEnvelope() => new()
    {
        Id = Id,
        ReceivedAt = At,
        From = ReversePath.Null,                                        // RFC 3461 §6: MAIL FROM:<>
        Recipients = [new Recipient(About.From.Mailbox!, DsnNotify.Never)],
        Body = IsEightBit ? BodyType.EightBitMime : BodyType.SevenBit,
        SmtpUtf8 = About.SmtpUtf8,
        RequireTls = About.RequireTls,
        SessionId = About.SessionId,
        Protocol = TransferProtocol.Local,
    };
}

/// <summary>Who wants to hear what (RFC 3461 §4.1, §5.2).</summary>
public static class Notices
{
    /// <summary>
    /// Whether the sender is to be told: never where it is null, that is, of a bounce (RFC 5321 §6.1); as NOTIFY says where it says; else of failures, and of delays.
    /// </summary>
    public static bool IsWanted(Envelope about, Recipient recipient, ReportAction action)
    {
        ArgumentNullException.ThrowIfNull(about);
        ArgumentNullException.ThrowIfNull(recipient);
        if (about.From.IsNull || recipient.Notify.HasFlag(DsnNotify.Never))
        {
            return false;
        }

        return recipient.Notify == DsnNotify.Unspecified ? action is ReportAction.Failed or ReportAction.Delayed : recipient.Notify.HasFlag(action switch
        {
            ReportAction.Failed => DsnNotify.Failure,
            ReportAction.Delayed => DsnNotify.Delay,
            _ => DsnNotify.Success,
        });
    }
}
