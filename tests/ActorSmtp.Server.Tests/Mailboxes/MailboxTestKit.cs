using System.Collections.Concurrent;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Mailboxes;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using Envelope = ActorSmtp.Protocol.Delivery.Envelope;

namespace ActorSmtp.Server.Tests.Mailboxes;

/// <summary>A mailbox writer between a feed and a store which tell the test all that is done to them, in order.</summary>
public abstract class MailboxTestKit : PatientTestKit
{
    private readonly Metrics _metrics = new();
    private readonly MailIdGenerator _ids = new(1);

    protected MailboxTestKit()
    {
        Feed = new ScriptedFeed(TestActor);
        Store = new ScriptedMailboxStore(TestActor);
    }

    internal ScriptedFeed Feed { get; }

    internal ScriptedMailboxStore Store { get; }

    internal LogLines Lines { get; } = new();

    internal AnnouncementBoard Announcements { get; } = new(fault => throw fault);

    internal static TimeSpan RetryImpossible { get; } = TimeSpan.FromHours(1);

    internal Chronicle Chronicle { get; } = new(1 << 20, TimeSpan.FromHours(1), 100, TimeProvider.System);

    internal IActorRef StartWriter(int maxInFlight = 100, int batch = 10, IMailboxStore? store = null, TimeSpan? stallAfter = null)
    {
        var writer = Sys.ActorOf(Supervision.OfMailboxes(new MailboxContext(
            Feed, store ?? Store, Announcements, _metrics, new Log(Lines), maxInFlight, batch, RetryImpossible)
        { StallAfter = stallAfter ?? TimeSpan.FromHours(1), Chronicle = Chronicle }));
        AwaitCondition(() => Feed.Subscribers > 0);
        return writer;
    }

    /// <summary>A message for these accounts; <c>"-"</c> is a recipient of another host.</summary>
    internal ScriptedMail Mail(params string[] accounts) => new(new Envelope
    {
        Id = _ids.Next(DateTimeOffset.UnixEpoch),
        ReceivedAt = DateTimeOffset.UnixEpoch,
        From = new ReversePath(Mailbox.Parse("x@c.test")),
        Recipients = [.. accounts.Select((a, i) => new Recipient(Mailbox.Parse($"r{i}@mx.test")) { Account = a == "-" ? null : a })],
    });

    /// <summary>Everything told before has been dealt with, and nothing else came of it.</summary>
    internal void NothingMore(IActorRef writer)
    {
        writer.Tell(new Identify(writer), TestActor);
        ExpectMsg<ActorIdentity>();
    }

    protected override void AfterAll() => _metrics.Dispose();
}

/// <summary>Deliveries were given to the mailbox store.</summary>
internal sealed record Given(MailboxDelivery[] Batch, IMailboxObserver Observer)
{
    public MailboxDelivery this[int i] => Batch[i];

    public void Settle(params DeliveryResult[] results) => Observer.OnSettled(results);

    public static DeliveryResult Done(MailboxDelivery delivery) => new(delivery, null);

    public static DeliveryResult Impossible(MailboxDelivery delivery) => new(delivery, "the name is too long");
}

internal sealed record Completed(StoredMail Mail, int Recipient);

internal sealed record Released(StoredMail Mail, TimeSpan Delay);

internal sealed class ScriptedMail(Envelope envelope) : StoredMail
{
    public HashSet<int> CompleteAlready { get; } = [];

    public override MailId Id => envelope.Id;

    public override Envelope Envelope => envelope;

    public override long Length => 7;

    public override long Sequence => 1;

    public override bool MayBeDelivered => false;

    public override string? TakenFrom => Before;

    public string? Before { get; set; }

    public override bool IsComplete(int recipient) => CompleteAlready.Contains(recipient);

    public override bool TryGetContent(out ReadOnlyMemory<byte> content)
    {
        content = "Hello\r\n"u8.ToArray();
        return true;
    }

    public override int Read(long offset, Span<byte> into) => 0;
}

internal sealed class ScriptedFeed(IActorRef ear) : IDeliveryFeed
{
    private readonly ConcurrentQueue<StoredMail> _ready = new();
    private volatile Action _wake = () => { };
    private int _subscribers;

    /// <summary>Thrown once by the next Complete.</summary>
    public Exception? Fault { get; set; }

    public int Subscribers => Volatile.Read(ref _subscribers);

    public int Waiting => _ready.Count;

    /// <summary>Gathers until it is hastened.</summary>
    public bool Gathers { get; set; }

    public bool HasMore => !_ready.IsEmpty;

    public void Hasten()
    {
        Gathers = false;
        _wake();
    }

    public void Offer(params StoredMail[] mails)
    {
        foreach (var mail in mails)
        {
            _ready.Enqueue(mail);
        }

        _wake();
    }

    public void Subscribe(Action wake)
    {
        _wake = wake;
        Interlocked.Increment(ref _subscribers);
        if (!_ready.IsEmpty)
        {
            wake();
        }
    }

    /// <summary>How much of what was asked is stable.</summary>
    public (long Asked, long Stable) Completions { get; set; }

    public IReadOnlyList<MailId> FindWaiting(Func<MailId, bool> which) => [.. _ready.Select(mail => mail.Id).Where(which)];

    public int Take(Span<StoredMail> into)
    {
        var n = 0;
        while (n < into.Length && !Gathers && _ready.TryDequeue(out var mail))
        {
            into[n++] = mail;
        }

        return n;
    }

    public void Complete(StoredMail mail, int recipient)
    {
        if (Fault is { } fault)
        {
            Fault = null;
            throw fault;
        }

        ear.Tell(new Completed(mail, recipient), ActorRefs.NoSender);
    }

    public void Complete(StoredMail mail) => throw new NotSupportedException();

    public void Release(StoredMail mail, TimeSpan delay) => ear.Tell(new Released(mail, delay), ActorRefs.NoSender);
}

internal sealed class ScriptedMailboxStore(IActorRef ear) : IMailboxStore
{
    /// <summary>Thrown once by the next Deliver.</summary>
    public Exception? Fault { get; set; }

    public void Deliver(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer)
    {
        if (Fault is { } fault)
        {
            Fault = null;
            throw fault;
        }

        ear.Tell(new Given(batch.ToArray(), observer), ActorRefs.NoSender);
    }

    /// <summary>Mailboxes that cannot be written.</summary>
    public ConcurrentDictionary<string, string> Troubles { get; } = new();

    public MailboxCondition Condition(string account) => new(0, Troubles.GetValueOrDefault(account));

    public IAsyncEnumerable<MailboxSummary> ListMailboxesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<MailboxSummary?> ShowAsync(string account, CancellationToken cancellation) => throw new NotSupportedException();

    public IAsyncEnumerable<MailboxMessage> ListAsync(string account, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<bool> DeleteAsync(string account, string key, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<int?> ExportAsync(string account, Stream destination, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}
