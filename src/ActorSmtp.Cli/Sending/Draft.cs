using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Cli.Sending;

/// <summary>
/// An order made into a message: who sends it, who gets it, and how it is composed once it is known what the server can do. Everything that
/// can be wrong with it is found before a connection is made.
/// </summary>
internal sealed class Draft : IDisposable
{
    private readonly SendOrder _order;
    private readonly List<string> _temporary = [];
    private readonly ReversePath _from;
    private readonly ImmutableArray<RecipientToSend> _recipients;
    private readonly MessageComposer? _composer;
    private readonly EmlFile? _eml;

    /// <exception cref="CommandFailedException">Something in the order is wrong.</exception>
    /// <exception cref="ComposeException">Likewise.</exception>
    public Draft(SendOrder order, string localName, Terminal terminal, TimeProvider time)
    {
        _order = order;
        if (order.EmlFile is { } file)
        {
            _eml = EmlFile.Open(file == "-" ? Files.Spool(terminal, _temporary) : file);
        }

        var author = order.From is null or "<>" ? AuthorOf(_eml, localName) : One("--from", order.From);
        _from = order.From == "<>" ? ReversePath.Null : new ReversePath(Path("--from", author));
        _recipients = Recipients();
        if (_eml is null)
        {
            _composer = Compose(author, localName, terminal, time);
            CheckSoon();
        }
    }

    /// <summary>What the message is called in its header; null where it came with one of its own, or none.</summary>
    public string? MessageId { get; private set; }

    /// <summary>The message, as this server can take it.</summary>
    /// <exception cref="ComposeException">It cannot.</exception>
    public MailToSend For(Extensions offered) => new(_from, _recipients, _eml?.Content ?? Composed(offered))
    {
        Return = _order.Return,
        EnvelopeId = _order.EnvelopeId,
    };

    public void Dispose()
    {
        foreach (var path in _temporary)
        {
            File.Delete(path);
        }
    }

    private StreamedContent Composed(Extensions offered)
    {
        var international = _from.Mailbox is { IsInternational: true } || _recipients.Any(r => r.Address.IsInternational);
        if (!offered.SmtpUtf8 || !international)
        {
            try
            {
                return StreamedContent.Of(_composer!.Compose(new WireAbilities(offered.EightBitMime, Utf8Headers: false)));
            }
            catch (ComposeException) when (offered.SmtpUtf8)
            {
                // an address in the header alone is beyond ASCII
            }
        }

        return StreamedContent.Of(_composer!.Compose(new WireAbilities(offered.EightBitMime, Utf8Headers: true)));
    }

    /// <summary>A mistake in the message is told without troubling a server.</summary>
    private void CheckSoon() => _ = _composer!.Compose(new WireAbilities(EightBit: true, Utf8Headers: true));

    private MessageComposer Compose(MailboxAddress author, string localName, Terminal terminal, TimeProvider time)
    {
        var now = time.GetLocalNow();
        MessageId = MessageIds.Create(now, RandomNumberGenerator.GetBytes(12), localName);
        var composer = new MessageComposer(now, MessageId, MessageId).From(author).Subject(_order.Subject ?? "");
        Add("--to", _order.To, composer.To);
        Add("--cc", _order.Cc, composer.Cc);
        foreach (var header in _order.Headers)
        {
            composer.Header(header);
        }

        if (_order.BodyFile is { } body)
        {
            composer.Text(Files.ReadText(body, terminal));
        }
        else if (_order.Body is not null || _order.HtmlFile is null)
        {
            composer.Text(_order.Body ?? "");
        }

        if (_order.HtmlFile is { } html)
        {
            composer.Html(Files.ReadText(html, terminal));
        }

        foreach (var path in _order.Attachments)
        {
            composer.Attach(Files.Attachment(path));
        }

        return composer;
    }

    private ImmutableArray<RecipientToSend> Recipients()
    {
        var named = new List<MailboxAddress>();
        Add("--to", _order.To, named.AddRange);
        Add("--cc", _order.Cc, named.AddRange);
        Add("--bcc", _order.Bcc, named.AddRange);
        if (named.Count == 0 && _eml is { } eml)
        {
            named.AddRange(AddressParser.Flatten([.. eml.Header.To, .. eml.Header.Cc, .. eml.Header.Addresses("Bcc")]));
        }

        var paths = named.Select(m => new RecipientToSend(Path("the recipient", m), _order.Notify)).DistinctBy(r => r.Address).ToImmutableArray();
        return paths.IsEmpty
            ? throw new CommandFailedException(ExitCodes.Usage, _eml is null
                ? "nobody to send to; give --to ADDRESS"
                : "the file names nobody to send to; give --to ADDRESS")
            : paths;
    }

    private static MailboxAddress AuthorOf(EmlFile? eml, string localName)
    {
        if (eml is not null)
        {
            return AddressParser.Flatten([.. eml.Header.Addresses("Sender"), .. eml.Header.From]).FirstOrDefault(m => AddressParser.WhatIsWrong(m) is null)
                ?? throw new CommandFailedException(ExitCodes.BadData, "the file has no From with an address; give --from ADDRESS");
        }

        var user = Environment.UserName is { Length: > 0 } name && MailboxAddress.TryParse($"{name}@{localName}", out _, out _) ? name : "postmaster";
        return new MailboxAddress(null, user, localName);
    }

    private static MailboxAddress One(string option, string text) => MailboxAddress.TryParse(text, out var mailbox, out var problem)
        ? mailbox
        : throw new CommandFailedException(ExitCodes.BadData, $"{option}: {problem}");

    private static Mailbox Path(string what, MailboxAddress address) => Mailbox.TryParse(address.Address)
        ?? throw new CommandFailedException(ExitCodes.BadData, $"{what}: '{address.Address}' is not an address that SMTP can carry");

    private static void Add(string option, ImmutableArray<string> values, Func<string, MessageComposer> add)
    {
        foreach (var value in values)
        {
            try
            {
                add(value);
            }
            catch (ComposeException wrong)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{option}: {wrong.Message}");
            }
        }
    }

    private static void Add(string option, ImmutableArray<string> values, Action<IEnumerable<MailboxAddress>> add)
    {
        foreach (var value in values)
        {
            if (!AddressParser.TryParseStrict(value, out var addresses, out var problem))
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{option}: {problem}");
            }

            add(AddressParser.Flatten(addresses));
        }
    }
}
