using Akka.Actor;

namespace ActorSmtp.Server.Outbound;

/// <summary>How relays end: because they have nothing to do, because their destination rests, or because they failed.</summary>
internal sealed partial class OutboundWork
{
    /// <summary>Seconds that a relay without work is kept: the next message to the same place comes soon.</summary>
    private const uint Linger = 10;

    /// <summary>Seconds that a destination rests whose relay failed, at first and at most.</summary>
    private const uint FirstBreak = 5, LongestBreak = 300;

    private readonly LinkedList<(Destination Destination, uint Since)> _idle = [];      // relays without work, the one that lingers longest first
    private readonly List<Destination> _touched = [];

    /// <summary>It was stopped, or it broke: what it had goes back.</summary>
    public void OnRelayEnded(IActorRef relay)
    {
        End(relay, isOrderly: false);
    }

    private void End(IActorRef relay, bool isOrderly)
    {
        if (!_relays.Remove(relay, out var destination))
        {
            return;
        }

        if (!isOrderly && !destination.IsEnding && !_isDraining)
        {
            Break(destination);
        }

        (destination.Relay, destination.Room, destination.Given, destination.IsLeaving, destination.IsEnding) = (null, 0, 0, false, false);
        NotIdle(destination);
        GiveUpPlace(destination);
        TakeBack(destination);
        Want(destination);
        _index.Forget(destination);
    }

    /// <summary>A relay that fails at what it is given would fail again at once: its destination rests, longer from time to time, and others have the machine.</summary>
    private void Break(Destination destination)
    {
        var now = QueueIndex.Seconds(Now);
        destination.RestsUntil = Math.Max(destination.RestsUntil, now + Math.Min(LongestBreak, FirstBreak << Math.Min(destination.Breakdowns++, 10)));
        destination.Rests++;
        destination.Why = "its relay failed, which is this server's fault; the log says how";
        _at.Log.RelayBroke(QueueNews.Path, destination.Name, QueueIndex.Time(destination.RestsUntil));
        Rest(destination);
    }

    /// <summary>After a restart of the actor: its relays are gone.</summary>
    private void ForgetRelays()
    {
        foreach (var relay in _relays.Keys.ToArray())
        {
            End(relay, isOrderly: true);
        }
    }

    /// <summary>No more for this relay; it ends now.</summary>
    private void Dismiss(Destination destination)
    {
        Stop(destination);                          // first: nothing that comes back is given to it again
        TakeBack(destination);
    }

    /// <summary>What its relay has and has not reported goes back as it was.</summary>
    private void TakeBack(Destination destination)
    {
        if (destination.Carried.Count == 0)
        {
            return;
        }

        OpenMessage[] carried = [.. destination.Carried.Cast<OpenMessage>()];
        destination.Carried.Clear();
        foreach (var open in carried)
        {
            open.Carried.Remove(destination.Name);
            var leg = open.IsGone ? -1 : _index.LegOf(open.Slot, destination.Name);
            if (leg >= 0)
            {
                SetWaiting(leg, open.Record.Destinations.Find(record => record.Name == destination.Name));
            }

            Release(open);
        }
    }

    /// <summary>Ends relays without work: those that have lingered long enough, and while others stand in line as many as are wanted. Answers when the next one will have.</summary>
    private uint? StopIdle(uint now)
    {
        foreach (var destination in _index.TakeTouched(_touched))
        {
            if (destination is { Relay: null } or { Out: > 0 } or { Ready: > 0, IsLeaving: false })
            {
                NotIdle(destination);
            }
            else if (destination.IsLeaving)
            {
                NotIdle(destination);
                Stop(destination);
            }
            else
            {
                destination.Idle ??= _idle.AddLast((destination, now));
            }
        }

        for (var wanted = InLine; _idle.First is { Value: var (idle, since) } && (wanted-- > 0 || now - since >= Linger);)
        {
            NotIdle(idle);
            idle.IsSlow = false;                    // it did all there was within its slice
            Stop(idle);
        }

        return _idle.First?.Value.Since + Linger;
    }

    private void NotIdle(Destination destination)
    {
        if (destination.Idle is { } idle)
        {
            _idle.Remove(idle);
            destination.Idle = null;
        }
    }

    private void Stop(Destination destination)
    {
        (destination.IsLeaving, destination.IsEnding) = (true, true);
        _shell.Stop(destination.Relay!);
    }
}
