using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Signing.SigningMessages;

namespace ActorSmtp.Server.Signing;

/// <summary>What the signing actor is made with.</summary>
/// <param name="Store">Where keys are.</param>
/// <param name="Resolver">Who says whether a key is in the DNS; null: nobody, and none is asked for.</param>
/// <param name="Opened">What was read at the start.</param>
internal sealed record SigningContext(
    DkimSettings Settings, SigningBoard Board, ISigningKeyStore Store, IResolver? Resolver, SigningKeys Opened, TimeProvider Time, Log Log)
{
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);

    /// <summary>
    /// Those that may sign, now or later: where the DNS is asked, of two of a kind the later one only once it was seen there, or has signed for long. The first of a kind signs in any
    /// case: a signature that cannot be verified is worth no less than none.
    /// </summary>
    /// <param name="seen">In the DNS.</param>
    /// <param name="waiting">Those that wait to be seen.</param>
    public ImmutableArray<KeptSigningKey> Fit(ImmutableArray<KeptSigningKey> keys, IReadOnlySet<KeptSigningKey> seen, out ImmutableArray<KeptSigningKey> waiting)
    {
        var trusted = Time.GetUtcNow() - Settings.KeepFor;
        waiting = Resolver is null || !Settings.ChecksDns
            ? []
            : [.. keys.GroupBy(k => (k.Domain, k.Key.Algorithm)).SelectMany(kind => kind.OrderBy(k => k.ActiveFrom).Skip(1).Where(k => k.ActiveFrom > trusted && !seen.Contains(k)))];
        return keys.RemoveRange(waiting);
    }
}

/// <summary>
/// Looks at the keys every now and then, and puts on the board those that may sign. A key that takes over from another one does so only once its record was seen in the DNS: until then
/// the other goes on, and the log says why. What cannot be read is told, and whatever else can is used. One look at a time.
/// </summary>
internal sealed class SigningActor : ReceiveActor, IWithTimers
{
    private const int MostQuestions = 32;

    private readonly SigningContext _at;
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private readonly Dictionary<string, string> _unseen = new(StringComparer.Ordinal);      // due, and why it does not sign yet
    private readonly HashSet<KeptSigningKey> _seen = [];                                    // in the DNS
    private ImmutableArray<string> _problems = [];
    private ImmutableArray<KeptSigningKey> _signing = [];
    private SigningKeys _keys;
    private bool _looking;
    private bool _askedMeanwhile;

    public SigningActor(SigningContext at)
    {
        (_at, _keys) = (at, at.Opened);
        Receive<Look>(_ => OnLook(asked: false));
        Receive<LookNow>(_ => OnLook(asked: true));
        Receive<Loaded>(OnLoaded);
        Receive<LoadFailed>(OnLoadFailed);
        Receive<Answered>(OnAnswered);
        Take(asked: false);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Look.Instance, Look.Instance, TimeSpan.Zero, _at.Settings.LookEvery);

    private void OnLook(bool asked)
    {
        if (_looking)
        {
            _askedMeanwhile |= asked;
            return;
        }

        _looking = true;
        _at.Store.LoadAsync(_at.Settings.Keys, CancellationToken.None).PipeTo(Self, success: keys => new Loaded(keys, asked), failure: e => new LoadFailed(e.Message));
    }

    private void OnLoaded(Loaded m)
    {
        _keys = m.Keys;
        Take(m.Asked);
        GoOn();
    }

    private void OnLoadFailed(LoadFailed m)
    {
        _looking = false;
        _at.Log.SigningKeysNotSeen(_path, m.Why);
        GoOn();
    }

    private void GoOn()
    {
        if (!_looking && _askedMeanwhile)
        {
            _askedMeanwhile = false;
            OnLook(asked: true);
        }
    }

    /// <summary>Puts up what there is, and asks the DNS for what is due.</summary>
    private void Take(bool asked)
    {
        var now = _at.Time.GetUtcNow();
        _seen.IntersectWith(_keys.Keys);
        var fit = _at.Fit(_keys.Keys, _seen, out var waiting);
        Tell(fit, asked);
        _at.Board.Current = new SigningTable(fit);
        var due = waiting.Where(k => k.ActiveFrom <= now).Take(MostQuestions).ToImmutableArray();
        foreach (var gone in _unseen.Keys.Where(name => !due.Any(k => k.DnsName == name)).ToArray())
        {
            _unseen.Remove(gone);
        }

        _looking = !due.IsEmpty;
        if (_looking)
        {
            Task.WhenAll(due.Select(SeeAsync)).PipeTo(Self, success: all => new Answered(due, [.. all], asked), failure: e => new LoadFailed(e.Message));
        }
    }

    private void OnAnswered(Answered m)
    {
        _looking = false;
        var isNew = false;
        for (var i = 0; i < m.Due.Length; i++)
        {
            var (key, why) = (m.Due[i], m.Why[i]);
            if (why.Length == 0)
            {
                isNew |= _seen.Add(key);
                _unseen.Remove(key.DnsName);
            }
            else if (!_unseen.TryGetValue(key.DnsName, out var before) || before != why)
            {
                _unseen[key.DnsName] = why;
                _at.Log.SigningKeyNotPublished(_path, key.DnsName, why);
            }
        }

        if (isNew)
        {
            Take(m.Asked);
        }

        GoOn();
    }

    /// <summary>Empty: its record is there. Else why it does not count.</summary>
    private async Task<string> SeeAsync(KeptSigningKey key) => PublishedKey.Problem(key.Key, await _at.Resolver!.ResolveAsync(new DnsQuestion(DnsName.Parse(key.DnsName), DnsType.Txt)));

    private void Tell(ImmutableArray<KeptSigningKey> fit, bool asked)
    {
        foreach (var problem in _keys.Problems.Except(asked ? [] : _problems))
        {
            _at.Log.SigningKeyRefused(_path, problem);
        }

        foreach (var key in fit.Except(_signing))
        {
            _at.Log.SigningKeyTaken(_path, key.DnsName, key.Key.AlgorithmWord, key.ActiveFrom > _at.Time.GetUtcNow() ? $"from {key.ActiveFrom.UtcDateTime:yyyy-MM-dd HH:mm} UTC on" : "now");
        }

        foreach (var key in _signing.Where(k => !fit.Any(f => f.DnsName == k.DnsName)))
        {
            _at.Log.SigningKeyGone(_path, key.DnsName);
        }

        (_problems, _signing) = (_keys.Problems, fit);
    }

    private sealed record Loaded(SigningKeys Keys, bool Asked) : INoSerializationVerificationNeeded;

    private sealed record LoadFailed(string Why) : INoSerializationVerificationNeeded;

    private sealed record Answered(ImmutableArray<KeptSigningKey> Due, ImmutableArray<string> Why, bool Asked) : INoSerializationVerificationNeeded;
}
