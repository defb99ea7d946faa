using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Composing;

/// <summary>A form made into a message and a way to send it. Everything that can be wrong with it is told by field before a connection is made.</summary>
internal sealed class Composition
{
    private const int MostRecipients = 1000;

    private readonly MessageComposer _composer;
    private readonly ReversePath _from;
    private readonly ImmutableArray<RecipientToSend> _recipients;

    private Composition(MessageComposer composer, string messageId, ReversePath from, ImmutableArray<RecipientToSend> recipients) =>
        (_composer, MessageId, _from, _recipients) = (composer, messageId, from, recipients);

    public string MessageId { get; }

    /// <exception cref="ProblemException">Mistakes, by field.</exception>
    public static Composition Of(ApiCall call, SendForm form, string hostname, DateTimeOffset now)
    {
        var messageId = MessageIds.Create(now, RandomNumberGenerator.GetBytes(12), hostname);
        var composer = new MessageComposer(now, messageId, messageId);
        var author = One(call, form.From);
        if (author is not null)
        {
            composer.From(author);
        }

        var all = new List<MailboxAddress>();
        Add(call, "to", form.To, m => composer.To(m), all);
        Add(call, "cc", form.Cc, m => composer.Cc(m), all);
        Add(call, "bcc", form.Bcc, _ => { }, all);
        if (all.Count is 0 or > MostRecipients)
        {
            call.Mistake("to", all.Count == 0 ? "nobody to send to" : $"at most {MostRecipients} recipients");
        }

        Try(call, "subject", () => composer.Subject(form.Subject ?? ""));
        foreach (var header in Those(call, "headers", form.Headers))
        {
            Try(call, "headers", () => composer.Header(header.Name ?? "", header.Value ?? ""));
        }

        if (form.Text is not null || form.Html is null)
        {
            Try(call, "text", () => composer.Text(form.Text ?? ""));
        }

        if (form.Html is { } html)
        {
            Try(call, "html", () => composer.Html(html));
        }

        foreach (var file in Those(call, "attachments", form.Attachments))
        {
            Try(call, "attachments", () => composer.Attach(new AttachedFile(
                file.Name is { Length: > 0 } name ? name : throw new ComposeException("a name is missing"), new PartContent(Convert.FromBase64String(file.Base64 ?? "")), file.Type)));
        }

        var from = author is null ? null : Mailbox.TryParse(author.Address);
        var recipients = all.Select(m => (m.Address, Path: Mailbox.TryParse(m.Address))).ToList();
        foreach (var wrong in recipients.Where(r => r.Path is null))
        {
            call.Mistake("to", $"{wrong.Address}: not an address that SMTP can carry");
        }

        if (author is not null && from is null)
        {
            call.Mistake("from", "not an address that SMTP can carry");
        }

        call.Check();
        Try(call, "text", () => composer.Compose(new WireAbilities(EightBit: true, Utf8Headers: true)));
        call.Check();
        return new Composition(composer, messageId, new ReversePath(from!), [.. recipients.Select(r => new RecipientToSend(r.Path!)).DistinctBy(r => r.Address)]);
    }

    /// <summary>The message as a server can take it.</summary>
    /// <exception cref="ComposeException">It cannot.</exception>
    public MailToSend For(Extensions offered)
    {
        var international = offered.SmtpUtf8 && (_from.Mailbox is { IsInternational: true } || _recipients.Any(r => r.Address.IsInternational));
        return new MailToSend(_from, _recipients, StreamedContent.Of(_composer.Compose(new WireAbilities(offered.EightBitMime, Utf8Headers: international))));
    }

    /// <summary>Where to send it.</summary>
    /// <exception cref="ProblemException">There is no such host, or other servers may not be used.</exception>
    public static async Task<SendRequest> RouteAsync(ApiCall call, SendServer? server, ConsoleServices services, Composition message, Action<TranscriptLine> watch)
    {
        var settings = services.Parts.Settings.Server;
        if (server is null)
        {
            var door = settings.Listeners.Where(l => l.TakesMail && l.Role != ListenerRole.Lmtp && l.Bind.UnixPath is null).OrderBy(l => l.Auth == ListenerAuth.Required).FirstOrDefault()
                ?? throw new ProblemException(Problem.NotAvailable("This server has no listener for SMTP to send to; name another server"));
            return Request((IPEndPoint)services.Parts.Server.Listeners.First(l => l.Name == door.Name).Address is var at && (at.Address.Equals(IPAddress.Any) || at.Address.Equals(IPAddress.IPv6Any))
                    ? [new IPEndPoint(IPAddress.Loopback, at.Port)]
                    : [at],
                "localhost",
                door.Tls == ListenerTls.Implicit ? ClientTls.Implicit : ClientTls.Auto,
                insecure: true,
                null,
                settings,
                message,
                watch);
        }

        if (!settings.Console.SendElsewhere)
        {
            throw new ProblemException(Problem.NotAvailable("Other servers may not be used (actorsmtp.console.send-elsewhere)"));
        }

        if (server.Host is not { Length: > 0 and <= 255 } host || Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown)
        {
            call.Mistake("server.host", "expected a host's name or address");
        }

        if (server.Port is < 1 or > 65535)
        {
            call.Mistake("server.port", "expected 1 to 65535");
        }

        call.Check();
        var tls = server.Tls switch { SendTls.Implicit => ClientTls.Implicit, SendTls.StartTls => ClientTls.StartTls, SendTls.Off => ClientTls.Off, _ => ClientTls.Auto };
        var login = server.User is { Length: > 0 } user ? new Credentials(user, server.Password ?? "") : null;
        return Request(
            await ResolveAsync(server.Host!.Trim('[', ']'), server.Port ?? (tls == ClientTls.Implicit ? 465 : login is null ? 25 : 587), call.Cancellation).ConfigureAwait(false),
            server.Host!, tls, server.Insecure == true, login, settings, message, watch);
    }

    private static SendRequest Request(
        ImmutableArray<EndPoint> addresses, string name, ClientTls tls, bool insecure, Credentials? login, ServerSettings settings, Composition message, Action<TranscriptLine> watch) => new()
        {
            Addresses = addresses,
            ServerName = name,
            HelloName = settings.Hostname,
            Tls = tls,
            Insecure = insecure,
            Login = login,
            Timeouts = Patient,
            Watch = watch,
            Compose = message.For,
        };

    /// <summary>Somebody sits before it.</summary>
    private static ClientTimeouts Patient { get; } = new(
        TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(5));

    private static async Task<ImmutableArray<EndPoint>> ResolveAsync(string host, int port, CancellationToken cancellation)
    {
        try
        {
            return IPAddress.TryParse(host, out var address)
                ? [new IPEndPoint(address, port)]
                : [.. (await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false)).Select(a => new IPEndPoint(a, port))];
        }
        catch (SocketException unknown)
        {
            throw new ProblemException(Problem.Invalid("server.host", $"its address cannot be found: {unknown.Message}"));
        }
    }

    private static MailboxAddress? One(ApiCall call, string? text)
    {
        if (MailboxAddress.TryParse(text ?? "", out var mailbox, out var problem))
        {
            return mailbox;
        }

        call.Mistake("from", string.IsNullOrWhiteSpace(text) ? "expected who sends it" : problem);
        return null;
    }

    private static void Add(ApiCall call, string field, string?[]? values, Action<MailboxAddress> add, List<MailboxAddress> all)
    {
        foreach (var value in Those(call, field, values))
        {
            if (!AddressParser.TryParseStrict(value, out var addresses, out var problem))
            {
                call.Mistake(field, problem);
                continue;
            }

            foreach (var mailbox in AddressParser.Flatten(addresses))
            {
                add(mailbox);
                all.Add(mailbox);
            }
        }
    }

    /// <summary>The elements; JSON may have null among them, which is a mistake.</summary>
    private static IEnumerable<T> Those<T>(ApiCall call, string field, T?[]? elements)
        where T : class
    {
        if (elements?.Contains(null) == true)
        {
            call.Mistake(field, "null stands in it; leave it out");
        }

        return (elements ?? []).OfType<T>();
    }

    private static void Try(ApiCall call, string field, Action compose)
    {
        try
        {
            compose();
        }
        catch (ComposeException wrong)
        {
            call.Mistake(field, wrong.Message);
        }
        catch (FormatException)
        {
            call.Mistake(field, "the content is not base64");
        }
    }
}
