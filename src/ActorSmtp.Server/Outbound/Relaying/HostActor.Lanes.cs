using Akka.Actor;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// Whose turn it is. Those who want the server in the same way (its name, TLS, login) stand in one lane and use each other's connections, a relay after the other; connections go to the lane
/// that has the fewest of them for the relays that wait in it. Where there may be no more, a lane with several gives one of them up to a lane with none, and one with a single one when that
/// has carried its slice: so a lane never waits for another one's work to end.
/// </summary>
internal sealed partial class HostActor
{
    /// <summary>Messages that the only connection of a lane carries while others have none.</summary>
    private const int Slice = 10;

    /// <summary>Or so long.</summary>
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(30);

    private readonly Dictionary<NextHop, Lane> _lanes = [];             // with jobs that wait, or connections that stand
    private int _jobs;                                                  // that wait, all together
    private long _turns;

    private Lane Add(Job job, bool first)
    {
        if (!_lanes.TryGetValue(job.Take.Hop, out var lane))
        {
            _lanes[job.Take.Hop] = lane = new Lane(job.Take.Hop) { Turn = ++_turns };
        }

        lane.Add(job, first);
        _jobs++;
        return lane;
    }

    private Job Next(Lane lane)
    {
        _jobs--;
        return lane.Next();
    }

    private void Forget(Lane lane)
    {
        if (lane is { Jobs: 0, Lines.Count: 0 } && _lanes.GetValueOrDefault(lane.Hop) == lane)
        {
            _lanes.Remove(lane.Hop);
        }
    }

    /// <summary>Connections that are about to end: each makes room for one.</summary>
    private int Leaving => _lines.Count - _lanes.Values.Sum(l => l.Lines.Count);

    private void OpenMore()
    {
        while (_jobs > 0 && !(_restsUntil > Now))
        {
            if (_lines.Count >= _pace.Limit)
            {
                // Somebody's idle connection makes room for who has none at all.
                if (_lanes.Count == 1 || Idlest() is not { } other || _lanes.Values.Count(l => l.IsBare) <= Leaving)
                {
                    return;
                }

                Leave(other);
            }
            else if (Neediest(null) is { } lane)
            {
                Open(lane);
            }
            else
            {
                return;
            }
        }
    }

    private Line? Idlest()
    {
        Line? idlest = null;
        foreach (var line in _lines.Values)
        {
            if (line.State == LineState.Idle && !(idlest?.IdleSince <= line.IdleSince))
            {
                idlest = line;
            }
        }

        return idlest;
    }

    /// <summary>The lane that wants a further connection and has the fewest for those who wait in it; of several the one that has waited longest.</summary>
    /// <param name="but">Not this one.</param>
    private Lane? Neediest(Lane? but)
    {
        Lane? neediest = null;
        foreach (var lane in _lanes.Values)
        {
            if (lane != but && lane.Jobs > lane.Opening && (neediest is null || lane.IsNeedierThan(neediest)))
            {
                neediest = lane;
            }
        }

        return neediest;
    }

    /// <summary>A connection that has carried a message is left although its lane could use it: another lane's need is greater, and there may be no more of them.</summary>
    private bool GivesWay(Line line)
    {
        var lane = line.Lane;
        if (_jobs == lane.Jobs || _lines.Count < _pace.Limit || _restsUntil > Now)
        {
            return false;
        }

        var (bare, leaving) = (_lanes.Values.Count(l => l.IsBare), Leaving);
        return bare > 0
            ? bare > leaving && (lane.Lines.Count > 1 || lane.Jobs == 0 || line.Sent >= Slice || _at.Time.GetElapsedTime(line.OpenedAt) >= s_slice)
            : leaving == 0 && lane.Jobs > 0 && Neediest(but: lane) is { } needier && (needier.Lines.Count + 1) * lane.Relays <= (lane.Lines.Count - 1) * needier.Relays;
    }

    /// <summary>Those who want the server in one way.</summary>
    private sealed class Lane(NextHop hop)
    {
        private readonly Dictionary<IActorRef, LinkedList<Job>> _waiting = [];
        private readonly Queue<IActorRef> _turns = new();               // each relay that waits, once

        public NextHop Hop => hop;

        /// <summary>Connections that stand or are being made; those that are being left do not count.</summary>
        public List<Line> Lines { get; } = [];

        /// <summary>That wait.</summary>
        public int Jobs { get; private set; }

        /// <summary>That have some of them.</summary>
        public int Relays => _waiting.Count;

        /// <summary>When it got its last connection, or came; a lower number has waited longer.</summary>
        public long Turn { get; set; }

        public bool IsBare => Jobs > 0 && Lines.Count == 0;

        public int Opening
        {
            get
            {
                var opening = 0;
                foreach (var line in Lines)
                {
                    opening += line.State == LineState.Opening ? 1 : 0;
                }

                return opening;
            }
        }

        public bool IsNeedierThan(Lane other)
        {
            var (mine, its) = (Lines.Count * other.Relays, other.Lines.Count * Relays);
            return mine < its || (mine == its && Turn < other.Turn);
        }

        public void Add(Job job, bool first)
        {
            if (!_waiting.TryGetValue(job.Relay, out var jobs))
            {
                _waiting[job.Relay] = jobs = new LinkedList<Job>();
                _turns.Enqueue(job.Relay);
            }

            Jobs++;
            if (first)
            {
                jobs.AddFirst(job);
            }
            else
            {
                jobs.AddLast(job);
            }
        }

        /// <summary>Of the relay whose turn it is.</summary>
        public Job Next()
        {
            var relay = _turns.Dequeue();
            var jobs = _waiting[relay];
            var job = jobs.First!.Value;
            jobs.RemoveFirst();
            Jobs--;
            if (jobs.Count == 0)
            {
                _waiting.Remove(relay);
            }
            else
            {
                _turns.Enqueue(relay);
            }

            return job;
        }

        /// <summary>The connection that was used last, of those without work; null: all have some.</summary>
        public Line? Idle()
        {
            Line? latest = null;
            foreach (var line in Lines)
            {
                if (line.State == LineState.Idle && !(latest?.IdleSince >= line.IdleSince))
                {
                    latest = line;
                }
            }

            return latest;
        }
    }
}
