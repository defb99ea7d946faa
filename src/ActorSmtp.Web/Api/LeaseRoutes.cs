using System.Globalization;
using System.Net;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Server.Settings;
using ActorSmtp.Web.Leases;
using ActorSmtp.Web.Reading;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Inboxes for a while, and waiting for what comes into them.</summary>
internal static class LeaseRoutes
{
    private const int MostAnswered = 100;

    /// <summary>Characters of texts in one answer, beyond which it holds no further message.</summary>
    private const long MostText = 8 << 20;

    private const int MostScenarios = 100;
    private const int LongestText = 1 << 20;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Leases")
        .Post<LeaseRequest, NewLease>("/api/leases", "Lends an inbox of its own that expires; the password is shown here once.", (call, asked) => LendAsync(services, call, asked), status: 201, bodyIsOptional: true)
        .Get("/api/leases", "The leases.", async call => new Listed<LeaseDocument>([.. (await services.Leases.ListAsync(call.Cancellation).ConfigureAwait(false)).Select(l => Shown(services, l))]))
        .Get("/api/leases/{id}", "One lease.", async call => Shown(services, await FindAsync(services, call).ConfigureAwait(false)))
        .Post<RenewRequest, LeaseDocument>("/api/leases/{id}/renew", "Lets it last so long from now on.", async (call, asked) =>
        {
            var lease = await FindAsync(services, call).ConfigureAwait(false);
            var time = TimeOf(services, call, asked.Ttl);
            call.Check();
            return Shown(services, await services.Leases.RenewAsync(lease, time, call.Cancellation).ConfigureAwait(false));
        }, bodyIsOptional: true)
        .Delete("/api/leases/{id}", "Gives it back: mail, account and scenarios are gone.", async call => await services.Leases.EndAsync(await FindAsync(services, call).ConfigureAwait(false), "removed").ConfigureAwait(false))
        .With(new ApiRoute("DELETE", "/api/leases/{id}/scenarios", "Leases", "Takes out all its scenarios: from now on nothing goes wrong on purpose.", async call =>
        {
            var id = (await FindAsync(services, call).ConfigureAwait(false)).Id;
            await call.AnswerAsync(new RemovedDocument(await services.Leases.RemoveScenariosAsync(id, null, call.Cancellation).ConfigureAwait(false))).ConfigureAwait(false);
        })
        { Answer = typeof(RemovedDocument) })
        .Get("/api/leases/{id}/messages", "What has come, oldest first; with wait it waits until enough has.", call => MessagesAsync(services, call),
            new("wait", "How long to wait for messages, such as 10s; up to 2m."),
            new("count", "How many messages have to be there; 1 where it is not given.", "integer"),
            new("after", "Only what came after this cursor of an earlier answer."),
            new("subject", "In the subject; case does not count."),
            new("from", "In the sender's address or name."),
            new("to", "In a recipient's address or name."),
            new("text", "In the text, plain or HTML."));

    private static async Task<Lease> FindAsync(ConsoleServices services, ApiCall call) =>
        await services.Leases.FindAsync(call.Part("id"), call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(Problem.NotFound("There is no such lease"));

    private static TimeSpan TimeOf(ConsoleServices services, ApiCall call, string? ttl)
    {
        var settings = services.Parts.Settings.Server.TestInbox;
        return call.DurationOf("ttl", ttl, TimeSpan.FromSeconds(1), settings.LongestLease) ?? settings.LeaseTime;
    }

    private static async Task<NewLease> LendAsync(ConsoleServices services, ApiCall call, LeaseRequest asked)
    {
        var time = TimeOf(services, call, asked.Ttl);
        if (asked.Prefix is { } prefix && (prefix.Length is 0 or > 32 || !prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
        {
            call.Mistake("prefix", "expected up to 32 letters, digits, - and _");
        }

        if (asked.Domain is { } domain && (MailDomain.TryParse(domain) is null || services.Parts.Server.Accounts?.IsLocal(domain) != true))
        {
            call.Mistake("domain", "expected a domain whose mail stays here");
        }

        var scenarios = ScenariosOf(services, call, asked.Scenarios ?? []);
        call.Check();
        var (lease, password, its) = await services.Leases.LendAsync(time, asked.Prefix, asked.Domain?.ToLowerInvariant(), scenarios, call.Cancellation).ConfigureAwait(false);
        return new NewLease(Shown(services, lease), password, [.. its.Select(s => ScenarioRoutes.Shown(s, 0))]);
    }

    private static List<Scenario> ScenariosOf(ConsoleServices services, ApiCall call, ScenarioSpec?[] specs)
    {
        if (specs.Length > MostScenarios)
        {
            call.Mistake("scenarios", $"expected at most {MostScenarios}");
        }

        var form = new ScenarioForm(services, call);
        return [.. specs.Take(MostScenarios).Select((spec, i) => form.ReadOfLease(spec, $"scenarios[{i}]")).OfType<Scenario>()];
    }

    private static LeaseDocument Shown(ConsoleServices services, Lease lease) => new(
        lease.Id, lease.Address, lease.Address, lease.Address, lease.CreatedAt, lease.Expires, lease.Messages,
        [.. services.Parts.Server.Listeners.Where(l => l.Address is IPEndPoint && TakesMail(services, l.Name)).Select(l => Shown(l.Name, (IPEndPoint)l.Address, services.Parts.Settings.Server))]);

    private static bool TakesMail(ConsoleServices services, string listener) =>
        services.Parts.Settings.Server.Listeners.FirstOrDefault(l => l.Name == listener)?.Role is ListenerRole.Mx or ListenerRole.Submission;

    private static DoorDocument Shown(string name, IPEndPoint address, ServerSettings settings)
    {
        var listener = settings.Listeners.First(l => l.Name == name);
        var any = address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any);
        return new DoorDocument(
            name, any ? settings.Hostname : address.Address.ToString(), address.Port, listener.Tls.ToString().ToLowerInvariant(), listener.Auth.ToString().ToLowerInvariant());
    }

    private static async Task<LeaseMessages> MessagesAsync(ConsoleServices services, ApiCall call)
    {
        var lease = await FindAsync(services, call).ConfigureAwait(false);
        var wait = call.Duration("wait", TimeSpan.Zero, LongestWait);
        var count = call.Number("count", 1, 1, MostAnswered);
        var place = 0;
        if (call.Text("after") is { } after && !int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out place))
        {
            call.Mistake("after", "expected the cursor of an earlier answer");
        }

        var wanted = new Wanted(call.Text("subject"), call.Text("from"), call.Text("to"), call.Text("text"));
        call.Check();

        var found = new List<LeaseMessage>();
        var text = 0L;
        using var patience = new CancellationTokenSource(wait, services.Parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, patience.Token);
        while (true)
        {
            using var arrivals = await services.Leases.AfterAsync(lease, place, wait > TimeSpan.Zero, call.Cancellation).ConfigureAwait(false);
            var isFull = false;
            foreach (var (at, key) in arrivals.Messages)
            {
                place = at;                                 // an answer that is full ends here; the next one goes on behind it
                if (key.Length > 0 && await ReadAsync(services, lease, key, wanted, call.Cancellation).ConfigureAwait(false) is { } message)
                {
                    found.Add(message);
                    text += (message.Text?.Length ?? 0) + (message.Html?.Length ?? 0);
                    if (isFull = found.Count >= MostAnswered || text >= MostText)
                    {
                        break;
                    }
                }
            }

            place = isFull ? place : arrivals.End;
            if (isFull || found.Count >= count || arrivals.HasEnded || patience.IsCancellationRequested || wait == TimeSpan.Zero)
            {
                return new LeaseMessages(found, place.ToString(CultureInfo.InvariantCulture), !isFull && found.Count < count && wait > TimeSpan.Zero);
            }

            await arrivals.Changed.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            call.Cancellation.ThrowIfCancellationRequested();
        }
    }

    private static async Task<LeaseMessage?> ReadAsync(ConsoleServices services, Lease lease, string key, Wanted wanted, CancellationToken cancellation)
    {
        if (await services.Mail.SummaryAsync(lease.Address, key, cancellation).ConfigureAwait(false) is not { } row
            || !Holds(row.Subject, wanted.Subject) || !Holds(row.From, wanted.From)
            || (wanted.To is not null && !row.To.Any(t => Holds(t, wanted.To))))
        {
            return null;
        }

        if (row.Octets > MailReader.MostOctets)
        {
            return wanted.Text is null ? LeaseMessage.Of(row) : null;       // nobody looks into it: the others are answered all the same
        }

        return await services.Mail.ReadAsync(lease.Address, key, mail => LeaseMessage.Of(row, mail), cancellation).ConfigureAwait(false) is { } message
            && (wanted.Text is null || Holds(message.Text ?? "", wanted.Text) || Holds(message.Html is null ? "" : HtmlText.Of(message.Html), wanted.Text))
                ? message
                : null;
    }

    private static bool Holds(string all, string? part) => part is null || all.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static bool Holds(Person? person, string? part) => part is null || (person is not null && (Holds(person.Address, part) || Holds(person.Name ?? "", part)));

    private static string? Cut(string? text) => text is { Length: > LongestText } ? text[..LongestText] : text;

    private sealed record Wanted(string? Subject, string? From, string? To, string? Text);

    /// <summary>What has come into a lease: at most 100 messages, fewer where their texts are long.</summary>
    /// <param name="Cursor">For <c>after</c> of the next question; what found no room in this answer is behind it.</param>
    /// <param name="TimedOut">The wait was over before enough had come.</param>
    internal sealed record LeaseMessages(IReadOnlyList<LeaseMessage> Messages, string Cursor, bool TimedOut);

    /// <summary>A message as tests look at it.</summary>
    /// <param name="Text">At most 1 MiB of it; null: it has no plain text.</param>
    /// <param name="Html">Likewise.</param>
    /// <param name="TooLarge">Over 64 MiB: only what lists show of it is here; read it raw.</param>
    internal sealed record LeaseMessage(
        string Mailbox,
        string Key,
        string? Id,
        Person? From,
        IReadOnlyList<Person> To,
        IReadOnlyList<Person> Cc,
        string Subject,
        DateTimeOffset? Date,
        DateTimeOffset ReceivedAt,
        long Octets,
        string? ReturnPath,
        string? Text,
        string? Html,
        IReadOnlyList<AttachmentDocument> AttachmentList,
        IReadOnlyList<FoundLink> Links,
        IReadOnlyList<FoundCode> Codes,
        bool TooLarge)
    {
        public static LeaseMessage Of(MessageSummary row) => new(
            row.Mailbox, row.Key, row.Id, row.From, row.To, [], row.Subject, row.Date, row.ReceivedAt, row.Octets, null, null, null, [], [], [], TooLarge: true);

        public static LeaseMessage Of(MessageSummary row, MimeEntity mail)
        {
            var all = Details.Of(row, mail, null);
            return new LeaseMessage(
                row.Mailbox, row.Key, row.Id, row.From, row.To, all.Cc, row.Subject, row.Date, row.ReceivedAt, row.Octets, all.ReturnPath, all.Text, Cut(MimeBodies.Html(mail)),
                all.AttachmentList, all.Links, all.Codes, TooLarge: false);
        }
    }
}

internal sealed record LeaseRequest
{
    /// <summary>How long it lasts, such as <c>10m</c>.</summary>
    public string? Ttl { get; init; }

    /// <summary>How the address begins.</summary>
    public string? Prefix { get; init; }

    /// <summary>One of the server's domains.</summary>
    public string? Domain { get; init; }

    /// <summary>What is made to go wrong for it, without <c>for</c>; at most 100. They end with the lease.</summary>
    public ScenarioSpec[]? Scenarios { get; init; }
}

internal sealed record RenewRequest
{
    public string? Ttl { get; init; }
}

/// <summary>An inbox for a while.</summary>
/// <param name="Smtp">Where mail for it can be given in.</param>
internal record LeaseDocument(
    string Id, string Address, string User, string Mailbox, DateTimeOffset CreatedAt, DateTimeOffset Expires, int Messages, IReadOnlyList<DoorDocument> Smtp);

/// <summary>One that was just lent.</summary>
internal sealed record NewLease : LeaseDocument
{
    internal NewLease(LeaseDocument lease, string password, IReadOnlyList<ScenarioDocument> scenarios)
        : base(lease) => (Password, Scenarios) = (password, scenarios);

    /// <summary>Shown once.</summary>
    public string Password { get; }

    /// <summary>Those that it was lent with.</summary>
    public IReadOnlyList<ScenarioDocument> Scenarios { get; }
}

internal sealed record DoorDocument(string Listener, string Host, int Port, string Tls, string Auth);
