using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Telemetry;
using static ActorSmtp.Server.Certificates.CertificatesMessages;

namespace ActorSmtp.Server.Certificates;

/// <summary>What the certificates actor is made with.</summary>
/// <param name="Opened">What was read at the start.</param>
internal sealed record CertificatesContext(
    CertificateBoard Board, CertificateLook Look, ImmutableArray<SourceState> Opened, TimeSpan LookEvery, Log Log)
{
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);
}

/// <summary>
/// Looks at the files of certificates and authorities every now and then, and puts on the board what changed and is right. What is wrong is
/// told in the log, and what was in force stays so. One look at a time.
/// </summary>
internal sealed class CertificatesActor : ReceiveActor, IWithTimers
{
    private readonly CertificatesContext _at;
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private ImmutableArray<SourceState> _states;
    private bool _looking;
    private bool _askedMeanwhile;

    public CertificatesActor(CertificatesContext at)
    {
        _at = at;
        _states = at.Opened;
        Receive<Look>(_ => OnLook(asked: false));
        Receive<LookNow>(_ => OnLook(asked: true));
        Receive<Seen>(OnSeen);
        Receive<LookFailed>(OnLookFailed);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Look.Instance, Look.Instance, TimeSpan.Zero, _at.LookEvery);

    private void OnLook(bool asked)
    {
        if (_looking)
        {
            _askedMeanwhile |= asked;
            return;
        }

        _looking = true;
        _at.Look.Again(_states, asked).PipeTo(Self, success: s => new Seen(s.Now, s.Findings, asked), failure: e => new LookFailed(e.Message));
    }

    private void OnSeen(Seen m)
    {
        _states = m.Now;
        foreach (var finding in m.Findings)
        {
            Tell(finding);
        }

        if (m.Findings.OfType<Finding.Replaced>().Any())
        {
            _at.Board.Publish(_states.ToDictionary(s => s.Source, s => s.Content));
        }
        else if (m.Asked && !m.Findings.OfType<Finding.Refused>().Any())
        {
            _at.Log.CertificatesUnchanged(_path);
        }

        GoOn();
    }

    private void OnLookFailed(LookFailed m)
    {
        _at.Log.CertificatesNotSeen(_path, m.Why);
        GoOn();
    }

    private void GoOn()
    {
        _looking = false;
        if (_askedMeanwhile)
        {
            _askedMeanwhile = false;
            OnLook(asked: true);
        }
    }

    private void Tell(Finding finding)
    {
        switch (finding)
        {
            case Finding.Replaced m:
                _at.Log.CertificateReplaced(_path, m.Source.ToString()!, m.Content.ToString());
                Context.System.EventStream.Publish(new CertificateReplaced(m.Source.ToString()!, m.Content.ToString(), m.Content.NotAfter));
                break;
            case Finding.Refused m:
                _at.Log.CertificateRefused(_path, m.Reason);
                break;
            case Finding.Expiring m:
                _at.Log.CertificateExpiring(_path, m.Source.ToString()!, m.NotAfter);
                break;
        }
    }

    private sealed record Seen(ImmutableArray<SourceState> Now, ImmutableArray<Finding> Findings, bool Asked) : INoSerializationVerificationNeeded;

    private sealed record LookFailed(string Why) : INoSerializationVerificationNeeded;
}
