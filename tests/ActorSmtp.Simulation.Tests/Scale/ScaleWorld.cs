using Akka.Actor;
using ActorSmtp.Testing.Simulation;

namespace ActorSmtp.Simulation.Tests.Scale;

/// <summary>Many nodes and their database on one thread in virtual time; what that says of a cluster that nobody has at hand.</summary>
internal sealed class ScaleWorld(Testing.Simulation.Simulation simulation, Machines machines, Costs costs)
{
    /// <summary>The lease, in microseconds: that of the campaigns of tests/crash.</summary>
    public const double Lease = 3_000_000;

    public Machines Machines => machines;

    public Costs Costs => costs;

    public Figures Figures { get; private set; } = new();

    public Random Random => simulation.Random;

    /// <summary>Microseconds since the beginning.</summary>
    public double Now => simulation.Elapsed.TotalMicroseconds;

    /// <summary>A time by chance, from half of it to one and a half: things that are always alike fall into step.</summary>
    public double Around(double microseconds) => microseconds * (0.5 + Random.NextDouble());

    /// <summary>Tells it after so many microseconds. Not by the system's scheduler, which tells times apart by the millisecond.</summary>
    public void After(double microseconds, IActorRef to, object message) =>
        simulation.Outside.Post("after", to, () => to.Tell(message, ActorRefs.NoSender), TimeSpan.FromMicroseconds(microseconds));

    /// <summary>Runs it for two seconds until it is steady, then for so many; answers what came of these.</summary>
    /// <param name="dies">A node dies at the end, and it goes on until all that it held is taken over, or for two leases.</param>
    public static Outcome Run(Machines machines, Costs costs, double seconds = 3, bool dies = false, int seed = 1)
    {
        Outcome? outcome = null;
        Simulated.Run(seed, async simulation =>
        {
            simulation.MaxSteps = long.MaxValue;
            var world = new ScaleWorld(simulation, machines, costs);
            var system = simulation.Outside.CreateSystem();
            var database = system.ActorOf(Props.Create(() => new DatabaseModel(world)), "database");
            var nodes = Enumerable.Range(0, machines.Nodes).Select(i => system.ActorOf(Props.Create(() => new NodeModel(world, database, i)), $"node-{i}")).ToArray();
            await Task.Delay(TimeSpan.FromSeconds(2), simulation.Outside.Time);
            world.Figures = new Figures { OpenMost = world.Figures.OpenMost };
            var began = world.Now;
            await Task.Delay(TimeSpan.FromSeconds(seconds), simulation.Outside.Time);
            var figures = world.Figures;
            outcome = figures.Over((world.Now - began) / 1e6, machines);
            if (dies)
            {
                nodes[0].Tell(PoisonPill.Instance);
                database.Tell(new NodeDied(0));
                figures.DiedAt = world.Now;
                await Task.Delay(TimeSpan.FromMicroseconds(Lease + 2_000_000), simulation.Outside.Time);
                outcome = outcome with { TakenOver = figures.TakenOverMessages, TakenOverMost = figures.TakenOverLast / 1e6 };
            }

            await system.Terminate();
        });
        return outcome!;
    }
}
