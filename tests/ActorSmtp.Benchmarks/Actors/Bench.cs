using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;

namespace ActorSmtp.Benchmarks.Actors;

/// <summary>What the benchmarks share: a quiet system and a clock.</summary>
internal static class Bench
{
    internal static ActorSystem System() => ActorSystem.Create("bench", ConfigurationFactory.ParseString("""
        akka.loglevel = WARNING
        akka.log-dead-letters = off
        """));

    /// <summary>Runs a body in a system of its own and gives the seconds it took, without making and ending the system.</summary>
    internal static double Seconds(Action<ActorSystem> body)
    {
        var system = System();
        try
        {
            return Seconds(() => body(system));
        }
        finally
        {
            system.Terminate().Wait();
        }
    }

    internal static double Seconds(Action body)
    {
        var start = Stopwatch.GetTimestamp();
        body();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>Makes actors without reflection, as the server does.</summary>
internal sealed class Made<T>(Func<T> make) : IIndirectActorProducer
    where T : ActorBase
{
    public Type ActorType => typeof(T);

    public ActorBase Produce() => make();

    public void Release(ActorBase actor)
    {
    }

    internal static Props Props(Func<T> make) => Akka.Actor.Props.CreateBy(new Made<T>(make));
}
