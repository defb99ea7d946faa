using Akka.Actor;

namespace ActorSmtp.Simulation.Tests.Scale;

/// <summary>
/// A node as the database sees it: three writers that store whatever waits, up to 512 messages at a time; one delivery of up to 512 under way; a
/// look for work each half second, a sign of life, counts and sweeps. Its sessions send one message after another.
/// </summary>
internal sealed class NodeModel : ReceiveActor
{
    private const int Writers = 3;
    private const int MostInBatch = 512;

    // A turn of the node's processors takes so many messages at once, where so many wait: fewer events, the same sums.
    private const int Turn = 8;

    private readonly ScaleWorld _world;
    private readonly IActorRef _database;
    private readonly int _number;
    private int _toCompute;
    private bool _computes;
    private int _toStore;
    private int _writers;
    private int _toDeliver;
    private bool _delivers;
    private int _open;

    public NodeModel(ScaleWorld world, IActorRef database, int number)
    {
        (_world, _database, _number) = (world, database, number);
        Receive<Sent>(sent =>
        {
            _toCompute += sent.Messages;
            Compute();
        });
        Receive<Computed>(OnComputed);
        Receive<Answered>(OnAnswered);
        Receive<Again>(OnAgain);
    }

    protected override void PreStart()
    {
        // Sessions and routines do not all begin at once.
        for (var i = 0; i < _world.Machines.Sessions; i++)
        {
            _world.After(_world.Random.NextDouble() * 100_000, Self, new Sent(1));
        }

        foreach (var again in (Again[])[new(Work.Claim, 500_000), new(Work.Routine, 1_000_000), new(Work.Routine, 2_000_000), new(Work.Routine, 2_000_000), new(Work.Routine, 2_000_000)])
        {
            _world.After(_world.Random.NextDouble() * again.Period, Self, again);
        }
    }

    private void OnAgain(Again again)
    {
        Ask(again.Kind, 0, []);
        _world.After(again.Period * (0.5 + (_world.Random.NextDouble() / 2)), Self, again);       // as Database.Jittered
    }

    private void Compute()
    {
        if (_computes || _toCompute == 0)
        {
            return;
        }

        _computes = true;
        var messages = Math.Min(Turn, _toCompute);
        _toCompute -= messages;
        var takes = messages * _world.Costs.Node / _world.Machines.NodeCores;
        _world.Figures.NodesBusy += takes;
        _world.After(takes, Self, new Computed(messages));
    }

    private void OnComputed(Computed computed)
    {
        _computes = false;
        _toStore += computed.Messages;
        Store();
        Compute();
    }

    private void Store()
    {
        while (_writers < Writers && _toStore > 0)
        {
            var messages = Math.Min(MostInBatch, _toStore);
            _toStore -= messages;
            _writers++;
            Ask(Work.Store, messages, []);
        }
    }

    private void Deliver()
    {
        if (_delivers || _toDeliver == 0)
        {
            return;
        }

        var messages = Math.Min(MostInBatch, _toDeliver);
        _toDeliver -= messages;
        _delivers = true;
        var mailboxes = new SortedSet<int>();
        for (var i = 0; i < messages; i++)
        {
            mailboxes.Add(_world.Random.Next(_world.Machines.Mailboxes));
        }

        Ask(Work.Deliver, messages, [.. mailboxes]);
    }

    private void Ask(Work kind, int messages, int[] mailboxes)
    {
        _open++;
        _world.Figures.Asked(kind, _open);
        _world.After(_world.Costs.RoundTrip / 2, _database, new Statement(kind, _number, Self, messages, mailboxes, _world.Now));
    }

    private void OnAnswered(Answered answered)
    {
        var s = answered.Statement;
        _open--;
        _world.Figures.Answered(s, _world.Now);
        switch (s.Kind)
        {
            case Work.Store:
                _writers--;
                _toDeliver += s.Messages;
                for (var i = 0; i < s.Messages; i++)
                {
                    _world.After(_world.Around(_world.Costs.Client), Self, new Sent(1));      // who was answered together does not come back together
                }

                Store();
                break;
            case Work.Deliver:
                _delivers = false;
                break;
            case Work.Claim:
                _toDeliver += s.Messages;
                break;
            default:
                break;
        }

        Deliver();
    }

    private sealed record Sent(int Messages);

    private sealed record Computed(int Messages);

    private sealed record Again(Work Kind, double Period);
}
