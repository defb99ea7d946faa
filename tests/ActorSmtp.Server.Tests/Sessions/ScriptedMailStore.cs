using System.Collections.Concurrent;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>A mail store that does what the test says, and notices what no session may do to a writer.</summary>
internal sealed class ScriptedMailStore : IMailStore, IDeliveryFeed
{
    private readonly TaskCompletionSource<StoreFault> _faulted = new();

    /// <summary>What Begin does before it gives a writer.</summary>
    public Action? OnBegin { get; set; }

    /// <summary>What a writer's Write does; its answer is Write's.</summary>
    public Func<ScriptedWriter, bool> OnWrite { get; set; } = _ => true;

    /// <summary>What Commit does; the default stores at once.</summary>
    public Action<ScriptedWriter> OnCommit { get; set; } = writer => writer.Observer.OnStored(writer.Id);

    public ConcurrentQueue<ScriptedWriter> Writers { get; } = new();

    public StorePressure Pressure { get; set; } = StorePressure.Normal;

    public string? Trouble { get; set; }

    public IDeliveryFeed Deliveries => this;

    public Task<StoreFault> Faulted => _faulted.Task;

    public StoreStatistics Statistics => new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public Task<RecoveryReport> OpenAsync(CancellationToken cancellation) =>
        Task.FromResult(new RecoveryReport(DateTimeOffset.UnixEpoch, true, true, 0, 0, 0, 0, 0, 0, TimeSpan.Zero, []));

    public IMailWriter Begin(MailId id, IMailWriterObserver observer)
    {
        OnBegin?.Invoke();
        var writer = new ScriptedWriter(this, id, observer);
        Writers.Enqueue(writer);
        return writer;
    }

    public ValueTask DisposeAsync() => default;

    public void Subscribe(Action wake)
    {
    }

    public int Take(Span<StoredMail> into) => 0;

    public bool HasMore => false;

    public void Hasten()
    {
    }

    public (long Asked, long Stable) Completions => default;

    public IReadOnlyList<MailId> FindWaiting(Func<MailId, bool> which) => [];

    public void Complete(StoredMail mail, int recipient)
    {
    }

    public void Complete(StoredMail mail)
    {
    }

    public void Release(StoredMail mail, TimeSpan delay)
    {
    }
}

internal sealed class ScriptedWriter(ScriptedMailStore store, MailId id, IMailWriterObserver observer) : IMailWriter
{
    private int _inside;

    public MailId Id => id;

    public IMailWriterObserver Observer => observer;

    public long Length { get; private set; }

    /// <summary>What it was committed with; null before.</summary>
    public Envelope? Envelope { get; private set; }

    /// <summary>How often it was given back.</summary>
    public int Ends { get; private set; }

    public bool Aborted { get; private set; }

    /// <summary>What was done that may not be done; null: nothing.</summary>
    public string? Offence { get; private set; }

    public bool Write(ReadOnlySpan<byte> content)
    {
        if (Ends > 0)
        {
            Offence ??= "written to after its end";
        }

        Interlocked.Increment(ref _inside);
        Length += content.Length;
        var answer = store.OnWrite(this);
        Interlocked.Decrement(ref _inside);
        return answer;
    }

    public void Commit(Envelope envelope)
    {
        Envelope = envelope;
        Finish();
        store.OnCommit(this);
    }

    public void Abort()
    {
        Aborted = true;
        Finish();
    }

    private void Finish()
    {
        if (Volatile.Read(ref _inside) != 0)
        {
            Offence ??= "ended while somebody was writing to it";
        }

        if (++Ends > 1)
        {
            Offence ??= "ended twice";
        }
    }
}
