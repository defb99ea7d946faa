using Akka.Actor;

namespace ActorSmtp.Simulation.Tests.Scale;

/// <summary>
/// The database as nodes see it: statements wait for the mailboxes' rows that others have locked, then for a processor, then for a flush of the
/// log that they share with whoever waits for one; then they are answered. Locks are held from before the processor until the flush is done, which
/// is longer than in PostgreSQL. What is accepted is kept by node, in order, to be claimed when its lease has ended.
/// </summary>
internal sealed class DatabaseModel : ReceiveActor
{
    private const int MostClaimed = 256;

    private readonly ScaleWorld _world;
    private readonly Queue<Statement> _ready = new();
    private readonly List<Statement> _unflushed = [];
    private readonly Dictionary<int, Queue<Statement>> _locks = [];
    private readonly Queue<(double Due, int Messages)>[] _accepted;
    private readonly bool[] _dead;
    private readonly Queue<(double At, int Messages)> _stored = new();
    private long _inWindow;
    private int _free;
    private bool _flushes;

    public DatabaseModel(ScaleWorld world)
    {
        _world = world;
        _free = world.Machines.DatabaseCores;
        _accepted = [.. Enumerable.Range(0, world.Machines.Nodes).Select(_ => new Queue<(double, int)>())];
        _dead = new bool[world.Machines.Nodes];
        Receive<Statement>(Lock);
        Receive<Computed>(OnComputed);
        Receive<Flushed>(OnFlushed);
        Receive<NodeDied>(died => _dead[died.Node] = true);
    }

    /// <summary>Takes the locks in order and waits at the first that another one has, with those it holds: as the statement does.</summary>
    private void Lock(Statement s)
    {
        while (s.Locked < s.Mailboxes.Length)
        {
            var mailbox = s.Mailboxes[s.Locked];
            if (_locks.TryGetValue(mailbox, out var waiting))
            {
                waiting.Enqueue(s);
                return;
            }

            _locks[mailbox] = new Queue<Statement>();
            s.Locked++;
        }

        _ready.Enqueue(s);
        Compute();
    }

    private void Compute()
    {
        while (_free > 0 && _ready.TryDequeue(out var next))
        {
            _free--;
            var cost = _world.Around(CostOf(next));
            _world.Figures.DatabaseBusy += cost;
            _world.After(cost, Self, new Computed(next));
        }
    }

    private double CostOf(Statement s) => s.Kind switch
    {
        Work.Store => _world.Costs.Statement + (s.Messages * _world.Costs.Store),
        Work.Deliver => _world.Costs.Statement + (s.Messages * _world.Costs.Deliver),
        Work.Claim => _world.Costs.Routine + (Due(take: false) * _world.Costs.Store / 2) + (Passed() * _world.Costs.DeadEntry),
        _ => _world.Costs.Routine,
    };

    private void OnComputed(Computed computed)
    {
        _free++;
        var s = computed.Statement;
        if (s.Kind == Work.Claim)
        {
            s.Messages = Due(take: true);
        }

        if (s.Messages > 0)
        {
            _unflushed.Add(s);
            Flush();
        }
        else
        {
            Answer(s);
        }

        Compute();
    }

    private void Flush()
    {
        if (_flushes || _unflushed.Count == 0)
        {
            return;
        }

        _flushes = true;
        var octets = _unflushed.Sum(s => s.Kind == Work.Claim ? 0 : s.Messages * _world.Costs.LogOctets / 2);
        var takes = _world.Around(_world.Costs.Flush) + (octets / _world.Costs.LogRate * 1e6);
        _world.Figures.LogOctets += octets;
        _world.Figures.Flushes++;
        _world.After(takes, Self, new Flushed([.. _unflushed]));
        _unflushed.Clear();
    }

    private void OnFlushed(Flushed flushed)
    {
        _flushes = false;
        foreach (var s in flushed.Statements)
        {
            if (s.Kind == Work.Store)
            {
                _stored.Enqueue((_world.Now, s.Messages));
                _inWindow += s.Messages;
                _accepted[s.Node].Enqueue((_world.Now + ScaleWorld.Lease, s.Messages));
            }
            else if (s.Kind == Work.Deliver)
            {
                Remove(_accepted[s.Node], s.Messages);
                Unlock(s);
            }
            else
            {
                _accepted[s.Node].Enqueue((_world.Now + ScaleWorld.Lease, s.Messages));
                _world.Figures.TakenOver(s.Messages, _world.Now);
            }

            Answer(s);
        }

        Flush();
    }

    private void Unlock(Statement s)
    {
        var next = new List<Statement>();
        foreach (var mailbox in s.Mailboxes)
        {
            if (_locks[mailbox].TryDequeue(out var waiting))
            {
                waiting.Locked++;                   // it is the one who waits now that has it
                next.Add(waiting);
            }
            else
            {
                _locks.Remove(mailbox);
            }
        }

        next.ForEach(Lock);
    }

    /// <summary>Entries in the part of the index that a look for work goes through: as many as were stored in such a time.</summary>
    private long Passed()
    {
        while (_stored.TryPeek(out var oldest) && oldest.At < _world.Now - _world.Costs.Window)
        {
            _inWindow -= _stored.Dequeue().Messages;
        }

        return _inWindow;
    }

    /// <summary>How much of dead nodes' mail is due, at most as much as one claim takes. What a node that lives has is renewed.</summary>
    private int Due(bool take)
    {
        var found = 0;
        for (var node = 0; node < _dead.Length && found < MostClaimed; node++)
        {
            if (!_dead[node])
            {
                continue;
            }

            var all = _accepted[node];
            var due = Math.Min(MostClaimed - found, all.TakeWhile(a => a.Due <= _world.Now).Sum(a => a.Messages));
            found += due;
            if (take)
            {
                Remove(all, due);
            }
        }

        return found;
    }

    private static void Remove(Queue<(double Due, int Messages)> all, int messages)
    {
        while (messages > 0)
        {
            var (due, first) = all.Dequeue();
            if (first > messages)
            {
                var rest = all.ToArray();
                all.Clear();
                all.Enqueue((due, first - messages));
                Array.ForEach(rest, all.Enqueue);
            }

            messages -= Math.Min(first, messages);
        }
    }

    private void Answer(Statement s) => _world.After(_world.Costs.RoundTrip / 2, s.From, new Answered(s));

    private sealed record Computed(Statement Statement);

    private sealed record Flushed(Statement[] Statements);
}

/// <summary>What a node asks.</summary>
internal enum Work
{
    Store,
    Deliver,
    Claim,
    Routine,
}

/// <summary>One statement on its way.</summary>
internal sealed class Statement(Work kind, int node, IActorRef from, int messages, int[] mailboxes, double asked) : INoSerializationVerificationNeeded
{
    public Work Kind => kind;

    public int Node => node;

    public IActorRef From => from;

    /// <summary>Those stored, delivered or claimed.</summary>
    public int Messages { get; set; } = messages;

    /// <summary>Whose rows are written, in order and each once.</summary>
    public int[] Mailboxes => mailboxes;

    /// <summary>How many of them are locked.</summary>
    public int Locked { get; set; }

    /// <summary>When it left its node.</summary>
    public double Asked => asked;
}

internal sealed record Answered(Statement Statement) : INoSerializationVerificationNeeded;

internal sealed record NodeDied(int Node);
