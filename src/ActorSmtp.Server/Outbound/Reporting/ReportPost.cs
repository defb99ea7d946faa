using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Signing;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>Where a domain wants a report.</summary>
/// <param name="Most">Octets that a message to it may have; null: any number.</param>
internal sealed record ReportPlace(Mailbox To, long? Most = null)
{
    /// <summary>RFC 6068: the address alone; what else such an URI may say (a subject, a body) is not for others to choose. Null: it is none, or not for mail.</summary>
    /// <param name="place">In DMARC with the largest report behind an exclamation mark (RFC 7489 §6.2): <c>mailto:a@b.test!10m</c>.</param>
    public static ReportPlace? Of(string place)
    {
        const string Scheme = "mailto:";
        if (!place.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var text = place[Scheme.Length..];
        var bang = text.IndexOf('!', StringComparison.Ordinal);         // RFC 7489 §6.2: one that is part of the address is encoded
        var address = bang < 0 ? text : text[..bang];
        var end = address.AsSpan().IndexOfAny('?', '#');
        return Mailbox.TryParse(Uri.UnescapeDataString(end < 0 ? address : address[..end])) is { IsInternational: false } mailbox ? new ReportPlace(mailbox, bang < 0 ? null : SizeOf(text[(bang + 1)..])) : null;
    }

    /// <summary>An address of others, or whose mailboxes it leads to.</summary>
    public IEnumerable<Recipient> Addressees(AccountDirectory accounts) => accounts.Find(To.LocalPart, To.Domain.Canonical) switch
    {
        Residence.Mailbox mailbox => [new Recipient(To, DsnNotify.Never) { Account = mailbox.Account }],
        Residence.Alias alias => alias.Leads.Select(lead => new Recipient(lead.Foreign ?? To, DsnNotify.Never) { Account = lead.Account }),
        Residence.Foreign => [new Recipient(To, DsnNotify.Never)],
        _ => [],
    };

    /// <summary>1*DIGIT [ "k" / "m" / "g" / "t" ]; what is none of that is no bound.</summary>
    private static long? SizeOf(string text)
    {
        var shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => 0 };
        return long.TryParse(shift > 0 ? text[..^1] : text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number < 1L << 20 ? number << shift : null;
    }
}

/// <summary>One report on its way into the journal, signed for the domain that it is from where that has a key; waits where the journal cannot take more at once.</summary>
/// <param name="signer">Null: nobody signs.</param>
internal sealed class ReportPost(IMailStore journal, IBackground background, MailSigner? signer, Envelope envelope, Func<ComposedMessage> compose) : IMailWriterObserver
{
    private readonly TaskCompletionSource<string?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _room;

    /// <summary>Null: it is stored; else why not.</summary>
    public async Task<string?> RunAsync()
    {
        var (pieces, fields) = await background.Run(Compose);
        var writer = journal.Begin(envelope.Id, this);
        foreach (var piece in pieces)
        {
            var room = _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);       // before the writer can call back
            if (!writer.Write(piece.Span))
            {
                await room.Task;
            }
        }

        writer.Commit(fields.Length > 0 ? envelope with { Fields = fields } : envelope);
        return await _ended.Task;
    }

    public void OnReady(MailId id) => _room?.TrySetResult();

    public void OnStored(MailId id) => _ended.TrySetResult(null);

    public void OnStoreFailed(MailId id, StoreFailure failure) => _ended.TrySetResult($"the journal: {failure}");

    private (ReadOnlyMemory<byte>[] Pieces, string Fields) Compose()
    {
        var pieces = compose().Pieces().ToArray();
        if (signer is not { HasKeys: true })
        {
            return (pieces, "");
        }

        using var mail = signer.Begin(sender: null, isOfUser: false);
        foreach (var piece in pieces)
        {
            mail.Message.Take(piece.Span);
        }

        mail.Message.Complete();
        return (pieces, signer.Sign(mail).Fields);
    }
}
