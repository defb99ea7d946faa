using ActorSmtp.Protocol.Tokens;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using Akka.Actor;
using static ActorSmtp.Server.Auth.Tokens.IssuerKeysMessages;

namespace ActorSmtp.Server.Auth.Tokens;

/// <summary>Where an issuer's keys are read from: a file, or the issuer's own address.</summary>
public interface IIssuerKeySource
{
    /// <summary>Reads them, within bounds of size and time.</summary>
    /// <exception cref="IOException">They cannot be had; the message says why.</exception>
    Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation);
}

/// <summary>The board on which the issuer's keys are pinned; logins read it.</summary>
public sealed class IssuerKeyBoard
{
    private IssuerKeys _current = IssuerKeys.None;

    /// <summary>The newest keys. One writer, any readers.</summary>
    public IssuerKeys Current
    {
        get => Volatile.Read(ref _current);
        internal set => Volatile.Write(ref _current, value);
    }
}

/// <summary>What the keys' actor is made with.</summary>
internal sealed record IssuerKeysContext(OAuthSettings Settings, IIssuerKeySource Source, IssuerKeyBoard Board, TimeProvider Time, Log Log)
{
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(Time);
}

/// <summary>
/// Keeps the keys of the token issuer: reads them at start and at intervals, and once more when a token comes that is signed by another, since
/// issuers change their keys; but not more often than every <c>auth.oauth.refetch-after</c>, or whoever makes up names of keys would have us ask
/// without end. Keys that cannot be read leave those of before in force.
/// </summary>
internal sealed class IssuerKeysActor : ReceiveActor
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    private readonly IssuerKeysContext _at;
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private readonly HashSet<IActorRef> _waiting = [];
    private ICancelable? _due;
    private TimeSpan _retry = FirstRetry;
    private long? _lastAsked;
    private bool _reading;

    public IssuerKeysActor(IssuerKeysContext at)
    {
        _at = at;
        Receive<Want>(_ => OnWant());
        Receive<Due>(_ => Read());
        Receive<KeysArrived>(m => OnArrived(m.Octets));
        Receive<ReadFailed>(m => OnFailed(m.Why));
    }

    protected override void PreStart() => Read();

    protected override void PostStop() => _due?.Cancel();

    private void OnWant()
    {
        if (!_reading && _lastAsked is { } last && _at.Time.GetElapsedTime(last) < _at.Settings.RefetchAfter)
        {
            Sender.Tell(Refreshed.Instance);
            return;
        }

        _waiting.Add(Sender);
        Read();
    }

    private void Read()
    {
        if (_reading)
        {
            return;
        }

        _reading = true;
        _lastAsked = _at.Time.GetTimestamp();
        _due?.Cancel();
        _at.Source.ReadAsync(CancellationToken.None).PipeTo(Self, success: octets => new KeysArrived(octets), failure: e => new ReadFailed(e.Message));
    }

    private void OnArrived(ReadOnlyMemory<byte> octets)
    {
        if (IssuerKeys.TryParse(octets, out var problem) is not { } keys)
        {
            OnFailed(problem);
            return;
        }

        _at.Board.Current = keys;
        _at.Log.IssuerKeysRead(_path, keys.Count, string.Join(", ", keys.Names));
        Context.System.EventStream.Publish(new KeysRead(keys.Count));
        _retry = FirstRetry;
        Next(_at.Settings.Refresh);
    }

    private void OnFailed(string why)
    {
        _at.Log.IssuerKeysUnreadable(_path, _at.Settings.Keys, why, _at.Board.Current.Count);
        Context.System.EventStream.Publish(new KeysUnreadable(why));
        Next(_retry < _at.Settings.Refresh ? _retry : _at.Settings.Refresh);
        _retry *= 2;
        _retry = _retry < _at.Settings.Refresh ? _retry : _at.Settings.Refresh;
    }

    private void Next(TimeSpan after)
    {
        _reading = false;
        _due = Context.System.Scheduler.ScheduleTellOnceCancelable(after, Self, Due.Instance, ActorRefs.NoSender);
        foreach (var asker in _waiting)
        {
            asker.Tell(Refreshed.Instance);
        }

        _waiting.Clear();
    }

    private sealed class Due
    {
        public static readonly Due Instance = new();
    }

    private sealed record KeysArrived(ReadOnlyMemory<byte> Octets) : INoSerializationVerificationNeeded;

    private sealed record ReadFailed(string Why);
}
