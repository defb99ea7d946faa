using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>What reporting is done with.</summary>
/// <param name="Sender">Whom reports are from.</param>
/// <param name="Submitter">What we call ourselves.</param>
/// <param name="Journal">Where reports go, like any mail.</param>
/// <param name="Accounts">Who lives here: some domains of ours may want reports too.</param>
internal sealed record TlsReportContext(
    TlsReportSettings Settings,
    Mailbox Sender,
    string Submitter,
    TlsReports Reports,
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

    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);
}

/// <summary>
/// Once a day, some time after midnight UTC, tells every domain that asks for it (<c>_smtp._tls.DOMAIN</c>, RFC 8460 §3) how TLS on the way to it went the day before: one domain
/// after the other, by a message of ours to the addresses that it names. What cannot be looked up or stored then is tried again in an hour, until the day is too old.
/// </summary>
internal sealed class TlsReportsActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);

    private readonly TlsReportContext _at;
    private readonly Queue<(DateOnly Day, string Domain)> _left = new();
    private readonly CancellationTokenSource _ending = new();
    private bool _someFailed;

    public TlsReportsActor(TlsReportContext at)
    {
        _at = at;
        Receive<Begin>(_ => OnBegin());
        Receive<Looked>(OnLooked);
        Receive<Posted>(OnPosted);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _at.Time.GetUtcNow();

    /// <summary>After a start in the midst of a day yesterday may still be owed.</summary>
    protected override void PreStart() => BeginIn(TimeSpan.FromMinutes(1) + (_at.Settings.Spread * _at.Luck.NextDouble()));

    protected override void PostStop()
    {
        _ending.Cancel();
        _ending.Dispose();
        base.PostStop();
    }

    private void BeginIn(TimeSpan wait) => Timers.StartSingleTimer(Begin.Instance, Begin.Instance, wait);

    private void OnBegin()
    {
        _someFailed = false;
        var today = DateOnly.FromDateTime(Now.UtcDateTime);
        foreach (var one in _at.Reports.Before(today).Select(s => (s.Day, s.Domain)).Distinct())
        {
            _left.Enqueue(one);
        }

        Next();
    }

    private void Next()
    {
        if (_left.TryPeek(out var next))
        {
            PlacesOf(next.Domain).PipeTo(Self, success: to => to, failure: f => new Looked([], f.Message));
            return;
        }

        var now = Now;
        var midnight = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        BeginIn(_someFailed ? s_again : midnight - now + TimeSpan.FromMinutes(1) + (_at.Settings.Spread * _at.Luck.NextDouble()));
    }

    private async Task<Looked> PlacesOf(string domain)
    {
        if (DnsName.TryParse("_smtp._tls." + domain) is not { } name)
        {
            return new Looked([], null);
        }

        return await _at.Resolver.ResolveAsync(new DnsQuestion(name, DnsType.Txt), _ending.Token) switch
        {
            DnsFound found => new Looked([.. TlsReportingRecord.PlacesOf(found.Records.OfType<TxtRecord>().Select(r => r.Text)).Select(MailboxOf).OfType<Mailbox>().Distinct()], null),
            DnsFailed failed => new Looked([], failed.Words),
            _ => new Looked([], null),
        };
    }

    /// <summary>RFC 6068: the address alone; what else such an URI may say (a subject, a body) is not for others to choose.</summary>
    private static Mailbox? MailboxOf(Uri place)
    {
        if (place.Scheme != "mailto")
        {
            return null;
        }

        var address = place.OriginalString["mailto:".Length..];
        var end = address.AsSpan().IndexOfAny('?', '#', '!');           // "!10m": a limit of size that DMARC knows
        return Mailbox.TryParse(Uri.UnescapeDataString(end < 0 ? address : address[..end])) is { IsInternational: false } mailbox ? mailbox : null;
    }

    private void OnLooked(Looked m)
    {
        var (day, domain) = _left.Peek();
        if (m.Failure is { } failure)
        {
            Failed(domain, failure);
        }
        else if (m.To.IsEmpty)
        {
            Done(wasSent: false);
        }
        else
        {
            Post(day, domain, m.To);
        }
    }

    private void Post(DateOnly day, string domain, ImmutableArray<Mailbox> to)
    {
        var recipients = to.SelectMany(Addressees).DistinctBy(r => (r.Address, r.Account)).ToImmutableArray();
        if (recipients.IsEmpty)
        {
            Failed(domain, "none of the addresses that it names has a mailbox here");
            return;
        }

        var now = Now;
        var report = new TlsReport(
            IdOf(day, domain), domain, day, _at.Settings.Organization.Length > 0 ? _at.Settings.Organization : _at.Submitter, _at.Submitter, _at.Sender,
            [.. _at.Reports.Of(day).Where(s => s.Domain == domain).Select(s => s.Outcome)]);
        var envelope = new Envelope
        {
            Id = _at.Ids.Next(now),
            ReceivedAt = now,
            From = ReversePath.Null,                                    // nobody wants to hear that a report did not arrive
            Recipients = recipients,
            TlsNotRequired = true,                                      // RFC 8460 §5.3
            Protocol = TransferProtocol.Local,
        };
        var post = new ReportPost(_at.Journal, _at.Background, envelope, () => report.Compose(now, to));
        post.RunAsync().PipeTo(Self, success: why => new Posted(to, why), failure: f => new Posted(to, f.Message));
    }

    /// <summary>An address of others, or whose mailboxes it leads to.</summary>
    private IEnumerable<Recipient> Addressees(Mailbox to) => _at.Accounts().Find(to.LocalPart, to.Domain.Canonical) switch
    {
        Residence.Mailbox mailbox => [new Recipient(to, DsnNotify.Never) { Account = mailbox.Account }],
        Residence.Alias alias => alias.Leads.Select(lead => new Recipient(lead.Foreign ?? to, DsnNotify.Never) { Account = lead.Account }),
        Residence.Foreign => [new Recipient(to, DsnNotify.Never)],
        _ => [],
    };

    /// <summary>The same for the same report, and no other node's.</summary>
    private string IdOf(DateOnly day, string domain)
    {
        var node = string.Concat(_at.Node.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(63)).ToLowerInvariant();
        return node.Length > 0 ? $"{day:yyyyMMdd}.{domain}.{node}" : $"{day:yyyyMMdd}.{domain}";
    }

    private void OnPosted(Posted m)
    {
        var (_, domain) = _left.Peek();
        if (m.Failure is { } failure)
        {
            Failed(domain, failure);
            return;
        }

        _at.Log.TlsReportSent(domain, string.Join(", ", m.To));
        Done(wasSent: true);
    }

    private void Done(bool wasSent)
    {
        var (day, domain) = _left.Dequeue();
        _at.Reports.Forget(day, domain, wasSent);
        Next();
    }

    private void Failed(string domain, string why)
    {
        _at.Log.TlsReportNotSent(domain, why);
        _someFailed = true;
        _left.Dequeue();
        Next();
    }

    private sealed class Begin
    {
        public static readonly Begin Instance = new();
    }

    /// <param name="Failure">The record could not be looked up now.</param>
    private sealed record Looked(ImmutableArray<Mailbox> To, string? Failure) : INoSerializationVerificationNeeded;

    private sealed record Posted(ImmutableArray<Mailbox> To, string? Failure) : INoSerializationVerificationNeeded;
}

/// <summary>One report on its way into the journal; waits where that cannot take more at once.</summary>
internal sealed class ReportPost(IMailStore journal, IBackground background, Envelope envelope, Func<ComposedMessage> compose) : IMailWriterObserver
{
    private readonly TaskCompletionSource<string?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _room;

    /// <summary>Null: it is stored; else why not.</summary>
    public async Task<string?> RunAsync()
    {
        var pieces = await background.Run(() => compose().Pieces().ToArray());
        var writer = journal.Begin(envelope.Id, this);
        foreach (var piece in pieces)
        {
            var room = _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);       // before the writer can call back
            if (!writer.Write(piece.Span))
            {
                await room.Task;
            }
        }

        writer.Commit(envelope);
        return await _ended.Task;
    }

    public void OnReady(MailId id) => _room?.TrySetResult();

    public void OnStored(MailId id) => _ended.TrySetResult(null);

    public void OnStoreFailed(MailId id, StoreFailure failure) => _ended.TrySetResult($"the journal: {failure}");
}
