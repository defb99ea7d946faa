using Akka.Actor;
using ActorSmtp.Client;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What dialogues tell: that they stand, what became of a transaction, that they broke.</summary>
internal sealed partial class HostActor
{
    private static readonly TimeSpan s_firstRest = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_longestRest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(10);

    private long? _slowedAt;

    private void OnReady(ClientMessages.Ready m)
    {
        if (!_lines.TryGetValue(Sender, out var line) || line.State != LineState.Opening)
        {
            return;
        }

        if (WhyNotInClear(line.Hop, m) is { } downgraded)
        {
            line.Actor.Tell(ClientMessages.Finish.Instance);
            OnOpeningFailed(line, downgraded);
            return;
        }

        line.Session = new HopSession(m.Tls, m.Offered, IsNew: true);
        line.Most = Math.Min(line.Hop.Messages, m.Offered.Limits.MailMax ?? int.MaxValue);     // RFC 9422 §4.1
        line.State = LineState.Idle;
        line.IdleSince = Stamp;
        _restsUntil = null;
        _rests = 0;
        _pace.Good();
        Serve(line.Lane);
    }

    /// <summary>Where TLS is taken as it comes: a server that had it and has it no more is not believed for a while.</summary>
    private ClientMessages.Failed? WhyNotInClear(NextHop hop, ClientMessages.Ready m)
    {
        if (!hop.IsOpportunistic)
        {
            return null;
        }

        if (m.Tls is not null)
        {
            _at.TlsMemory.HasTls(hop, Now);
            return null;
        }

        switch (_at.TlsMemory.LacksTls(hop, Now))
        {
            case Downgrade.Doubted:
                _at.Log.TlsIsGone(_path, hop.ToString());
                return new ClientMessages.Failed(ClientState.Introducing, "the server has offered STARTTLS before and does not now", null, MayRetry: true, MayBeSent: false) { LacksTls = true };

            case Downgrade.Believed:
                _at.Log.TlsIsGoneForGood(_path, hop.ToString());
                return null;

            default:
                return null;
        }
    }

    private void OnSent(ClientMessages.Sent m)
    {
        if (!_lines.TryGetValue(Sender, out var line) || line.Job is not { } job)
        {
            return;
        }

        line.Job = null;
        line.Sent++;
        job.Relay.Tell(new Settled(job.Take.Ticket, line.Session, m.Results, null));
        if (m.Final is { Code: 421 })
        {
            Slow(line);
        }
        else if (_slowedAt is null || _at.Time.GetElapsedTime(_slowedAt.Value) >= s_recovery)
        {
            _slowedAt = Stamp;
            _pace.Recover();
        }

        if (m.IsLast)
        {
            line.State = LineState.Leaving;
            line.Lane.Lines.Remove(line);
            Forget(line.Lane);
        }
        else if (line.Sent >= line.Most || _at.Time.GetElapsedTime(line.OpenedAt) >= _at.Settings.ConnectionAge || GivesWay(line))
        {
            Leave(line);
        }
        else
        {
            line.Session = line.Session with { IsNew = false };
            line.State = LineState.Idle;
            line.IdleSince = Stamp;
        }

        Serve(line.Lane);
    }

    private void OnFailed(ClientMessages.Failed m)
    {
        if (!TakeOut(Sender, out var line))
        {
            return;
        }

        if (line.State == LineState.Opening)
        {
            OnOpeningFailed(line, m);
            return;
        }

        if (m.Reply is { Code: 421 })
        {
            Slow(line);
        }

        Lane? again = null;
        if (line.Job is { } job)
        {
            if (WasDeadAlready(line, job, m))
            {
                again = Add(job with { IsAgain = true }, first: true);
            }
            else
            {
                job.Relay.Tell(new Settled(job.Take.Ticket, line.Session, m.Results, m));
            }
        }

        Serve(again);
    }

    /// <summary>A connection that was idle meanwhile: the server had hung up, or says so now. Nobody's fate was decided, no content sent.</summary>
    private static bool WasDeadAlready(Line line, Job job, ClientMessages.Failed m) =>
        line.Sent > 0 && !job.IsAgain && m.Phase is ClientState.Ready or ClientState.Envelope && m.Reply is null or { Code: 421 }
        && m.Results.All(r => r.Broken);

    private void OnTerminated(Terminated m)
    {
        if (!TakeOut(m.ActorRef, out var line))
        {
            return;
        }

        if (line.State == LineState.Opening)
        {
            OnOpeningFailed(line, Broke(ClientState.Connecting, mayBeSent: false));
            return;
        }

        if (line.Job is { } job)
        {
            job.Relay.Tell(new Settled(job.Take.Ticket, line.Session, [], Broke(ClientState.Deciding, mayBeSent: true)));
        }

        Serve();
    }

    private bool Slow(Line line)
    {
        _slowedAt = Stamp;
        return _pace.Bad(line.Number);
    }

    /// <summary>
    /// No connection. While others of the kind stand or are being made, they serve who waits, and there are fewer from now on. Else who waits hears it; and where it was the
    /// server itself that could not be reached, it rests.
    /// </summary>
    private void OnOpeningFailed(Line line, ClientMessages.Failed why)
    {
        TakeOut(line.Actor, out _);
        var isNew = Slow(line);
        if (_lanes.GetValueOrDefault(line.Hop) is { Lines.Count: > 0 })
        {
            if (isNew)
            {
                _at.Log.HostSlowed(_path, line.Hop.ToString(), why.Why, _pace.Limit);
            }

            Serve();
            return;
        }

        var isDown = (why.Phase is ClientState.Connecting or ClientState.Greeting or ClientState.Introducing && why is { MayRetry: true, LacksTls: false })
            || why.Phase == ClientState.Authenticating;                 // the same password again and again locks us out
        if (isDown)
        {
            var rest = TimeSpan.FromTicks(Math.Min(s_longestRest.Ticks, s_firstRest.Ticks << Math.Min(_rests++, 10)));
            _restsUntil = Now + rest;
            _whyItRests = why;
            Timers.StartSingleTimer(RestIsOver.Instance, RestIsOver.Instance, rest);
        }

        TellWhoWaits(line.Hop, why, isDown);
        Serve();
    }

    /// <summary>One of those who wait has tried; for the others, where the server rests, it was not tried.</summary>
    private void TellWhoWaits(NextHop hop, ClientMessages.Failed why, bool isDown)
    {
        var tried = true;
        foreach (var lane in _lanes.Values.Where(l => l.Hop == hop || (isDown && IsResting(l.Hop))).OrderBy(l => l.Hop != hop).ToArray())
        {
            while (lane.Jobs > 0)
            {
                var job = Next(lane);
                job.Relay.Tell(new Unreached(job.Take.Ticket, why, WasTried: tried || !isDown, _restsUntil > Now ? _restsUntil : null));
                tried = false;
            }

            Forget(lane);
        }
    }
}
