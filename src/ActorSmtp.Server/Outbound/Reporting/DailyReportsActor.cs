using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Signing;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>What reporting is done with.</summary>
/// <param name="Sender">Whom reports are from.</param>
/// <param name="Submitter">What we call ourselves.</param>
/// <param name="Journal">Where reports go, like any mail.</param>
/// <param name="Accounts">Who lives here: some domains of ours may want reports too.</param>
internal sealed record ReportContext(
    ReportSettings Settings,
    Mailbox Sender,
    string Submitter,
    IResolver Resolver,
    IMailStore Journal,
    Func<AccountDirectory> Accounts,
    MailIdGenerator Ids,
    IBackground Background,
    TimeProvider Time,
    Random Luck,
    Log Log)
{
    /// <summary>What this node is called among those that share a database, each of which reports what it saw itself; empty: it is alone.</summary>
    public string Node { get; init; } = "";

    /// <summary>Who signs reports; null: nobody.</summary>
    public MailSigner? Signer { get; init; }

    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);

    /// <summary>Whose reports they are, in words.</summary>
    public string Organization => Settings.Organization.Length > 0 ? Settings.Organization : Submitter;
}

/// <summary>
/// Once a day, some time after midnight UTC, tells every domain that asks for it what was counted of it the day before, by a message of ours to the addresses that it names. A few domains at a
/// time, and none for long, so that those whose name servers do not answer keep nobody waiting. What cannot be looked up or stored then is tried again in an hour, until the day is too old.
/// </summary>
internal abstract class DailyReportsActor : ReceiveActor, IWithTimers
{
    /// <summary>Domains whose turn it is at the same time.</summary>
    private const int AtOnce = 8;

    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);

    /// <summary>For all that is looked up for one domain.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    private readonly ReportContext _at;
    private readonly Queue<(DateOnly Day, string Domain)> _left = new();
    private readonly Dictionary<(DateOnly Day, string Domain), CancellationTokenSource> _looking = [];
    private int _underWay;
    private readonly CancellationTokenSource _ending = new();
    private bool _someFailed;

    protected DailyReportsActor(ReportContext at)
    {
        _at = at;
        Receive<Begin>(_ => OnBegin());
        Receive<Late>(m => _looking.GetValueOrDefault(m.One)?.Cancel());
        Receive<Looked>(OnLooked);
        Receive<Posted>(OnPosted);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>It is sent although TLS cannot be had as the domain wants it (RFC 8689).</summary>
    protected virtual bool TlsNotRequired => false;

    private DateTimeOffset Now => _at.Time.GetUtcNow();

    /// <summary>What was counted on days before this one, and not told yet.</summary>
    protected abstract IEnumerable<(DateOnly Day, string Domain)> Owed(DateOnly today);

    /// <summary>Where a domain wants its report; empty: nowhere.</summary>
    protected abstract Task<Destinations> PlacesOf(string domain, CancellationToken over);

    /// <summary>The report as it is now; what comes back is called on a background thread.</summary>
    protected abstract Func<ImmutableArray<Mailbox>, ComposedMessage> Report(DateOnly day, string domain, DateTimeOffset now);

    /// <summary>It was told, or nobody wants to know.</summary>
    protected abstract void Forget(DateOnly day, string domain, bool wasSent);

    /// <summary>For the log.</summary>
    protected abstract void Sent(string domain, string to);

    /// <summary>For the log.</summary>
    protected abstract void NotSent(string domain, string why);

    /// <summary>After a start in the midst of a day yesterday may still be owed.</summary>
    protected override void PreStart() => BeginIn(TimeSpan.FromMinutes(1) + (_at.Settings.Spread * _at.Luck.NextDouble()));

    protected override void PostStop()
    {
        _ending.Cancel();
        foreach (var over in _looking.Values)
        {
            over.Dispose();
        }

        _ending.Dispose();
        base.PostStop();
    }

    /// <summary>The same for the same report, and no other node's.</summary>
    protected string IdOf(DateOnly day, string domain)
    {
        var node = string.Concat(_at.Node.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(63)).ToLowerInvariant();
        return node.Length > 0 ? $"{day:yyyyMMdd}.{domain}.{node}" : $"{day:yyyyMMdd}.{domain}";
    }

    private void BeginIn(TimeSpan wait) => Timers.StartSingleTimer(Begin.Instance, Begin.Instance, wait);

    private void OnBegin()
    {
        _someFailed = false;
        foreach (var one in Owed(DateOnly.FromDateTime(Now.UtcDateTime)).Distinct())
        {
            _left.Enqueue(one);
        }

        Next();
    }

    private void Next()
    {
        while (_underWay < AtOnce && _left.TryDequeue(out var next))
        {
            _underWay++;
            var over = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            _looking[next] = over;
            Timers.StartSingleTimer(next, new Late(next), s_patience);
            PlacesOf(next.Domain, over.Token).PipeTo(
                Self,
                success: to => new Looked(next, to),
                failure: f => new Looked(next, new Destinations([], f is OperationCanceledException ? $"where it wants to be told could not be looked up within {s_patience.TotalSeconds:0} s" : f.Message)));
        }

        if (_underWay > 0)
        {
            return;
        }

        var now = Now;
        var midnight = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        BeginIn(_someFailed ? s_again : midnight - now + TimeSpan.FromMinutes(1) + (_at.Settings.Spread * _at.Luck.NextDouble()));
    }

    /// <summary>The texts at a name; null, and why, where they cannot be looked up now.</summary>
    protected async Task<(IReadOnlyList<string>? Texts, string? Failure)> TextsAt(string name, CancellationToken over)
    {
        if (DnsName.TryParse(name) is not { } place)
        {
            return ([], null);
        }

        return await _at.Resolver.ResolveAsync(new DnsQuestion(place, DnsType.Txt), over) switch
        {
            DnsFound found => ([.. found.Records.OfType<TxtRecord>().Select(r => r.Text)], null),
            DnsFailed failed => (null, failed.Words),
            _ => ([], null),
        };
    }

    private void OnLooked(Looked m)
    {
        Timers.Cancel(m.One);
        if (_looking.Remove(m.One, out var over))
        {
            over.Dispose();
        }

        var (day, domain) = m.One;
        if (m.To.Failure is { } failure)
        {
            Failed(domain, failure);
        }
        else if (m.To.Places.IsEmpty)
        {
            Done(day, domain, wasSent: false);
        }
        else
        {
            Post(day, domain, m.To.Places);
        }
    }

    private void Post(DateOnly day, string domain, ImmutableArray<ReportPlace> places)
    {
        var now = Now;
        PostAsync(Report(day, domain, now), places, _at.Ids.Next(now), now).PipeTo(
            Self, success: end => new Posted(day, domain, end), failure: f => new Posted(day, domain, new PostEnding([], f.Message)));
    }

    private async Task<PostEnding> PostAsync(Func<ImmutableArray<Mailbox>, ComposedMessage> report, ImmutableArray<ReportPlace> places, MailId id, DateTimeOffset now)
    {
        if (places.Any(p => p.Most is not null))
        {
            var length = await _at.Background.Run(() => report([.. places.Select(p => p.To)]).Pieces().Sum(p => (long)p.Length));
            places = [.. places.Where(p => p.Most is not { } most || length <= most)];
            if (places.IsEmpty)
            {
                return new PostEnding([], string.Create(CultureInfo.InvariantCulture, $"its report has {length} octets, and it takes none so large")) { IsForGood = true };
            }
        }

        var accounts = _at.Accounts();
        var recipients = places.SelectMany(p => p.Addressees(accounts)).DistinctBy(r => (r.Address, r.Account)).ToImmutableArray();
        if (recipients.IsEmpty)
        {
            return new PostEnding([], "none of the addresses that it names has a mailbox here");
        }

        var envelope = new Envelope
        {
            Id = id,
            ReceivedAt = now,
            From = ReversePath.Null,                                    // nobody wants to hear that a report did not arrive
            Recipients = recipients,
            TlsNotRequired = TlsNotRequired,
            Protocol = TransferProtocol.Local,
        };
        var to = places.Select(p => p.To).ToImmutableArray();
        return new PostEnding(to, await new ReportPost(_at.Journal, _at.Background, _at.Signer, envelope, () => report(to)).RunAsync());
    }

    private void OnPosted(Posted m)
    {
        if (m.End.IsForGood)
        {
            NotSent(m.Domain, m.End.Failure!);
            Done(m.Day, m.Domain, wasSent: false);
        }
        else if (m.End.Failure is { } failure)
        {
            Failed(m.Domain, failure);
        }
        else
        {
            Sent(m.Domain, string.Join(", ", m.End.To));
            Done(m.Day, m.Domain, wasSent: true);
        }
    }

    private void Done(DateOnly day, string domain, bool wasSent)
    {
        Forget(day, domain, wasSent);
        _underWay--;
        Next();
    }

    private void Failed(string domain, string why)
    {
        NotSent(domain, why);
        _someFailed = true;
        _underWay--;
        Next();
    }

    /// <param name="Failure">It cannot be looked up now.</param>
    protected sealed record Destinations(ImmutableArray<ReportPlace> Places, string? Failure);

    /// <param name="Failure">Null: it is stored for these.</param>
    private sealed record PostEnding(ImmutableArray<Mailbox> To, string? Failure)
    {
        /// <summary>It fails again however often it is tried.</summary>
        public bool IsForGood { get; init; }
    }

    private sealed class Begin
    {
        public static readonly Begin Instance = new();
    }

    /// <summary>It has taken too long to look for one's places.</summary>
    private sealed record Late((DateOnly Day, string Domain) One) : INoSerializationVerificationNeeded;

    private sealed record Looked((DateOnly Day, string Domain) One, Destinations To) : INoSerializationVerificationNeeded;

    private sealed record Posted(DateOnly Day, string Domain, PostEnding End) : INoSerializationVerificationNeeded;
}
