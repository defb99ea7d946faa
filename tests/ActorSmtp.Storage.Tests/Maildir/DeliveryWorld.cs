using System.Text;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>Mailboxes on a simulated disk with one delivering thread, stepped by the test.</summary>
internal sealed class DeliveryWorld : IMailboxObserver
{
    private readonly SimulatedTime _time = new();
    private readonly Random _random = new(1);
    private SteppedThreads _threads = null!;
    private long _sequence;

    public DeliveryWorld(int seed = 1)
    {
        Disk = new SimulatedDisk(seed);
        Start();
    }

    public SimulatedDisk Disk { get; }

    public MaildirStore Store { get; private set; } = null!;

    /// <summary>The keys of what was told to be delivered, in that order.</summary>
    public List<string> Settled { get; } = [];

    /// <summary>Calls of one kind whose path has this in it, in order: the names.</summary>
    public List<string> Watch(string operation, string within)
    {
        var seen = new List<string>();
        var before = Disk.Fault;
        Disk.Fault = (called, path, count) =>
        {
            if (called == operation && path.Contains(within, StringComparison.Ordinal))
            {
                seen.Add(path[(path.LastIndexOf('/') + 1)..]);
            }

            return before?.Invoke(called, path, count);
        };
        return seen;
    }

    public void Start()
    {
        _threads = new SteppedThreads(_time);
        Store = new MaildirStore(Disk, _threads, TestMail.Settings("/data") with { DeliveryThreads = 1 }, _time);
    }

    /// <summary>Gives so many messages for a mailbox; answers their keys.</summary>
    /// <param name="mayBeDelivered">As they are after a restart: the mailbox is looked through for them.</param>
    public string[] Give(string account, int count, bool mayBeDelivered = false)
    {
        var mails = Enumerable.Range(0, count).Select(_ => TestMail.NextId())
            .Select(id => new MemoryMail(id, TestMail.Envelope(id), Encoding.ASCII.GetBytes($"Subject: {id}\r\n\r\n"), ++_sequence)).ToArray();
        foreach (var mail in mails)
        {
            if (mayBeDelivered)
            {
                mail.GivenBack();
            }
        }

        Store.Deliver([.. mails.Select(mail => new MailboxDelivery(mail, 0, account, default))], this);
        return [.. mails.Select(MaildirName.Of)];
    }

    public bool Step() => _threads.Step(_random);

    public void Pass(TimeSpan time) => _time.Advance(time);

    /// <summary>Steps, and lets time pass, until so many deliveries are told.</summary>
    public void Until(int settled)
    {
        for (var steps = 0; steps < 500 && Settled.Count < settled; steps++)
        {
            if (!Step())
            {
                Pass(TimeSpan.FromSeconds(1));
            }
        }

        Assert.Equal(settled, Settled.Count);
    }

    public string[] Names(string account)
    {
        using var reader = MaildirReader.Open(Disk, "/data/mail", account);
        return reader is null ? [] : [.. reader.Names().Select(name => name[1..])];
    }

    public void OnSettled(ReadOnlySpan<DeliveryResult> results)
    {
        foreach (var result in results)
        {
            Settled.Add(result.Key!);
        }
    }

    public void OnDelayed(string account, string reason, TimeSpan delay)
    {
    }
}
