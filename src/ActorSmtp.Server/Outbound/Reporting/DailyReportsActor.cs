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
/// Once a day, some time after midnight UTC, tells every domain that asks for it what was counted of it the day before: one domain after the other, by a message of ours to the addresses that
/// it names. What cannot be looked up or stored then is tried again in an hour, until the day is too old.
/// </summary>
internal abstract class DailyReportsActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);

    private readonly ReportContext _at;
    private readonly Queue<(DateOnly Day, string Domain)> _left = new();
    private readonly CancellationTokenSource _ending = new();
    private bool _someFailed;

    protected DailyReportsActor(ReportContext at)
    {
        _at = at;
        Receive<Begin>(_ => OnBegin());
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

    /// <summary>The report as it is now. Called on a background thread.</summary>
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
        if (_left.TryPeek(out var next))
        {
            PlacesOf(next.Domain, _ending.Token).PipeTo(Self, success: to => new Looked(to), failure: f => new Looked(new Destinations([], f.Message)));
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
        var (day, domain) = _left.Peek();
        if (m.To.Failure is { } failure)
        {
            Failed(domain, failure);
        }
        else if (m.To.Places.IsEmpty)
        {
            Done(wasSent: false);
        }
        else
        {
            Post(day, domain, m.To.Places);
        }
    }

    private void Post(DateOnly day, string domain, ImmutableArray<ReportPlace> places)
    {
        var now = Now;
        PostAsync(Report(day, domain, now), places, _at.Ids.Next(now), now).PipeTo(Self, success: posted => posted, failure: f => new Posted([], f.Message));
    }

    private async Task<Posted> PostAsync(Func<ImmutableArray<Mailbox>, ComposedMessage> report, ImmutableArray<ReportPlace> places, MailId id, DateTimeOffset now)
    {
        if (places.Any(p => p.Most is not null))
        {
            var length = await _at.Background.Run(() => report([.. places.Select(p => p.To)]).Pieces().Sum(p => (long)p.Length));
            places = [.. places.Where(p => p.Most is not { } most || length <= most)];
            if (places.IsEmpty)
            {
                return new Posted([], string.Create(CultureInfo.InvariantCulture, $"its report has {length} octets, and it takes none so large")) { IsForGood = true };
            }
        }

        var accounts = _at.Accounts();
        var recipients = places.SelectMany(p => p.Addressees(accounts)).DistinctBy(r => (r.Address, r.Account)).ToImmutableArray();
        if (recipients.IsEmpty)
        {
            return new Posted([], "none of the addresses that it names has a mailbox here");
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
        return new Posted(to, await new ReportPost(_at.Journal, _at.Background, _at.Signer, envelope, () => report(to)).RunAsync());
    }

    private void OnPosted(Posted m)
    {
        var (_, domain) = _left.Peek();
        if (m.IsForGood)
        {
            NotSent(domain, m.Failure!);
            Done(wasSent: false);
        }
        else if (m.Failure is { } failure)
        {
            Failed(domain, failure);
        }
        else
        {
            Sent(domain, string.Join(", ", m.To));
            Done(wasSent: true);
        }
    }

    private void Done(bool wasSent)
    {
        var (day, domain) = _left.Dequeue();
        Forget(day, domain, wasSent);
        Next();
    }

    private void Failed(string domain, string why)
    {
        NotSent(domain, why);
        _someFailed = true;
        _left.Dequeue();
        Next();
    }

    /// <param name="Failure">It cannot be looked up now.</param>
    protected sealed record Destinations(ImmutableArray<ReportPlace> Places, string? Failure);

    private sealed class Begin
    {
        public static readonly Begin Instance = new();
    }

    private sealed record Looked(Destinations To) : INoSerializationVerificationNeeded;

    private sealed record Posted(ImmutableArray<Mailbox> To, string? Failure) : INoSerializationVerificationNeeded
    {
        /// <summary>It fails again however often it is tried.</summary>
        public bool IsForGood { get; init; }
    }
}
