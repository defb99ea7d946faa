using Akka.Actor;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>What saving is done with.</summary>
/// <param name="Document">Where it is kept.</param>
internal sealed record KeptStateContext(IKeptState State, string Document, IKeptDocuments Documents, IBackground Background, Log Log)
{
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);
}

/// <summary>
/// Saves what is known, once a minute where something has changed, and when the server stops. What is lost in a crash is a minute's knowledge, never mail.
/// </summary>
internal sealed class KeptStateActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly KeptStateContext _at;
    private readonly List<IActorRef> _waiting = [];
    private long _saved;
    private bool _isSaving;
    private bool _hasFailed;

    public KeptStateActor(KeptStateContext at)
    {
        _at = at;
        _saved = at.State.Changes;
        Receive<Look>(_ => Save());
        Receive<SaveNow>(OnSaveNow);
        Receive<Written>(OnWritten);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Look.Instance, Look.Instance, s_every);

    private void OnSaveNow(SaveNow m)
    {
        _waiting.Add(Sender);
        if (!_isSaving)
        {
            Save();
        }
    }

    private void Save()
    {
        var changes = _at.State.Changes;
        if (changes == _saved)
        {
            Answer();
        }
        else if (!_isSaving)
        {
            _isSaving = true;
            SaveAsync(changes).PipeTo(Self, success: saved => new Written(saved, null), failure: f => new Written(0, f.Message));
        }
    }

    private async Task<long> SaveAsync(long changes)
    {
        await _at.Documents.SaveAsync(_at.Document, await _at.Background.Run(_at.State.Write), CancellationToken.None);
        return changes;
    }

    private void OnWritten(Written m)
    {
        _isSaving = false;
        if (m.Failure is { } failure)
        {
            if (!_hasFailed)
            {
                _at.Log.StateNotSaved(_at.State.What, failure);                      // said once; it is tried again all the same
            }

            _hasFailed = true;
            Answer();
            return;
        }

        (_saved, _hasFailed) = (m.Changes, false);
        if (_waiting.Count > 0)
        {
            Save();                                                     // who came meanwhile may know of more
        }
    }

    private void Answer()
    {
        foreach (var one in _waiting)
        {
            one.Tell(Saved.Instance);
        }

        _waiting.Clear();
    }

    /// <summary>The server stops: answered by <see cref="Saved"/> when what is known now has been written, or cannot be.</summary>
    internal sealed class SaveNow
    {
        public static readonly SaveNow Instance = new();
    }

    internal sealed class Saved
    {
        public static readonly Saved Instance = new();
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Written(long Changes, string? Failure);
}
