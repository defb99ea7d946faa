using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// What the queue keeps of a message besides envelope and content: where it still has to go and when, what became of the other recipients, which notices are
/// owed to its sender, and its last attempts. Its octets are the state in the queue store; the form is in docs/queue-format.md.
/// </summary>
internal sealed class MessageRecord
{
    private const byte Version = 1;
    private const int MostText = 1000;

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When its sender heard that it takes long.</summary>
    public DateTimeOffset? WarnedAt { get; set; }

    /// <summary>Somebody may want to hear that it takes long.</summary>
    public bool MayWarn { get; init; }

    /// <summary>Where it still has to go.</summary>
    public List<DestinationRecord> Destinations { get; init; } = [];

    /// <summary>Recipients that are done with.</summary>
    public SortedDictionary<int, (RecipientState State, EnhancedCode Status)> Settled { get; init; } = [];

    /// <summary>Recorded, and maybe not yet in the journal.</summary>
    public List<OwedNotice> Notices { get; init; } = [];

    public List<AttemptReport> Attempts { get; init; } = [];

    /// <summary>Attempts that are not kept any more.</summary>
    public int EarlierAttempts { get; set; }

    /// <summary>Nothing is left to be done.</summary>
    public bool IsOver => Destinations.Count == 0 && Notices.Count == 0;

    /// <summary>Recipients that another host is responsible for, by destination; those without an account here.</summary>
    public static MessageRecord Of(Envelope envelope, DateTimeOffset now)
    {
        var destinations = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            if (IsOurs(envelope.Recipients[i]))
            {
                var name = envelope.Recipients[i].Address.Domain.Canonical;
                if (!destinations.TryGetValue(name, out var there))
                {
                    destinations[name] = there = [];
                }

                there.Add(i);
            }
        }

        return new MessageRecord
        {
            ReceivedAt = envelope.ReceivedAt,
            MayWarn = envelope.Recipients.Any(recipient => IsOurs(recipient) && Notices_IsWanted(envelope, recipient)),
            Destinations = [.. destinations.Select(entry => new DestinationRecord(entry.Key, [.. entry.Value]) { Due = now })],
        };

        static bool Notices_IsWanted(Envelope envelope, Recipient recipient) => Protocol.Delivery.Notices.IsWanted(envelope, recipient, ReportAction.Delayed);
    }

    /// <summary>Whether a recipient is the queue's: it has no mailbox here, and is no alias that was resolved into others.</summary>
    public static bool IsOurs(Recipient recipient) => recipient is { Account: null, IsExpanded: false };

    public void Add(AttemptReport attempt)
    {
        Attempts.Add(attempt);
        if (Attempts.Count > AttemptReport.MostKept)
        {
            Attempts.RemoveAt(0);
            EarlierAttempts++;
        }
    }

    public byte[] ToOctets()
    {
        var into = new RecordWriter();
        into.Octet(Version);
        into.Octet(MayWarn ? 1 : 0);
        into.Time(ReceivedAt);
        into.Time(WarnedAt);
        into.Number(Destinations.Count);
        foreach (var destination in Destinations)
        {
            into.Text(destination.Name, MostText);
            into.Time(destination.Due);
            into.Number(destination.Failures);
            into.Time(destination.HeldAt);
            Write(destination.Recipients, into);
        }

        into.Number(Notices.Count);
        foreach (var notice in Notices)
        {
            notice.Write(into);
        }

        into.Number(Settled.Count);
        foreach (var (recipient, (state, status)) in Settled)
        {
            into.Number(recipient);
            into.Octet((int)state);
            AttemptCodec.Write(status, into);
        }

        into.Number(EarlierAttempts);
        AttemptCodec.Write(Attempts, into);
        return into.ToArray();
    }

    /// <exception cref="FormatException">Another version wrote it.</exception>
    public static MessageRecord Read(ReadOnlySpan<byte> octets)
    {
        var from = new RecordReader(octets);
        var version = from.Octet();
        if (version != Version)
        {
            throw new FormatException($"A queued message's record is of version {version}, and this program knows version {Version}.");
        }

        var mayWarn = from.Octet() != 0;
        var record = new MessageRecord { ReceivedAt = from.Time() ?? default, MayWarn = mayWarn, WarnedAt = from.Time() };
        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            var name = from.Text() ?? "";
            var (due, failures, heldAt) = (from.Time() ?? default, (int)from.Number(), from.Time());
            record.Destinations.Add(new DestinationRecord(name, ReadRecipients(ref from)) { Due = due, Failures = failures, HeldAt = heldAt });
        }

        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            record.Notices.Add(OwedNotice.Read(ref from));
        }

        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            var recipient = (int)from.Number();
            record.Settled[recipient] = ((RecipientState)from.Octet(), AttemptCodec.ReadCode(ref from) ?? default);
        }

        record.EarlierAttempts = (int)from.Number();
        record.Attempts.AddRange(AttemptCodec.Read(ref from));
        return from.IsBad || !from.IsAtEnd ? throw new FormatException("A queued message's record cannot be read.") : record;
    }

    internal static void Write(ImmutableArray<int> recipients, RecordWriter into)
    {
        into.Number(recipients.Length);
        foreach (var recipient in recipients)
        {
            into.Number(recipient);
        }
    }

    internal static ImmutableArray<int> ReadRecipients(ref RecordReader from)
    {
        var recipients = ImmutableArray.CreateBuilder<int>();
        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            recipients.Add((int)from.Number());
        }

        return recipients.ToImmutable();
    }
}

/// <summary>A destination that a message still has to go to.</summary>
internal sealed class DestinationRecord(string name, ImmutableArray<int> recipients)
{
    public string Name { get; } = name;

    /// <summary>Those of the envelope that are not settled.</summary>
    public ImmutableArray<int> Recipients { get; set; } = recipients;

    /// <summary>Not to be tried before.</summary>
    public DateTimeOffset Due { get; set; }

    public int Failures { get; set; }

    /// <summary>Since when an administrator holds it; null: nobody does.</summary>
    public DateTimeOffset? HeldAt { get; set; }
}

/// <summary>
/// A notice to the sender, or the part of it about recipients of whom the same is to be said: parts of one notice have one id. It is recorded before it is handed over, so that
/// it is handed over once.
/// </summary>
/// <param name="Id">The notice's own.</param>
/// <param name="Recipients">Whom it is about.</param>
/// <param name="At">When they were last tried; null: they were not.</param>
internal sealed record OwedNotice(
    MailId Id, ReportAction Action, ImmutableArray<int> Recipients, EnhancedCode Status, ServerReply? Reply, string? Why, string? Host, DateTimeOffset? At)
{
    private const int MostText = 1000;

    public void Write(RecordWriter into)
    {
        Span<byte> id = stackalloc byte[MailId.Size];
        Id.Write(id);
        into.Add(id);
        into.Octet((int)Action);
        MessageRecord.Write(Recipients, into);
        AttemptCodec.Write(Status, into);
        AttemptCodec.Write(Reply, into);
        into.Text(Why, MostText);
        into.Text(Host, MostText);
        into.Time(At);
    }

    public static OwedNotice Read(ref RecordReader from) => new(
        MailId.Read(from.Raw(MailId.Size)), (ReportAction)from.Octet(), MessageRecord.ReadRecipients(ref from),
        AttemptCodec.ReadCode(ref from) ?? default, AttemptCodec.ReadReply(ref from), from.Text(), from.Text(), from.Time());
}
