using Akka.Dispatch;

namespace Akka.Actor.Internal;

/// <summary>
/// The one seam through which the engine reaches threads, time and chance. Nothing else in the engine starts a thread, queues to
/// the pool, reads a clock or rolls dice, so that a whole system can be run on one thread under virtual time by putting another
/// environment behind it (<see cref="EngineSetup"/>). No counterpart in Akka.
/// </summary>
internal class EngineEnvironment
{
    internal static readonly EngineEnvironment Default = new();

    /// <summary>Every reading of a clock and every timer.</summary>
    internal virtual TimeProvider Time => TimeProvider.System;

    /// <summary>Where the continuations of tasks run that the engine itself awaits (PipeTo, GracefulStop, ReceiveAsync).</summary>
    internal virtual TaskScheduler Continuations => TaskScheduler.Default;

    /// <summary>
    /// Everything runs on one thread, which must never wait: loggers are not waited for at the start, and what awaits an answer goes on in a piece of
    /// work of its own instead of on the pool.
    /// </summary>
    internal virtual bool SingleThreaded => false;

    /// <summary>How tasks are made that others await: their continuations must not run where they are completed, unless there is one thread only.</summary>
    internal TaskCreationOptions Awaited => SingleThreaded ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Queues work for any thread. With <paramref name="preferLocal"/> the calling worker is the likeliest to run it.</summary>
    internal virtual void Queue(IRunnable run, bool preferLocal) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal);

    /// <summary>Starts a thread of a dispatcher that has its own.</summary>
    internal virtual void StartThread(Action body, string name, bool background) =>
        new Thread(() => body()) { Name = name, IsBackground = background }.Start();

    /// <summary>A number in [0, 1).</summary>
    internal virtual double NextRandom() => Random.Shared.NextDouble();

    /// <summary>An exception that reached the end of a thread of the engine: a bug, or a custom executor's.</summary>
    internal virtual void ReportFailure(Exception e) => Console.Error.WriteLine(e);
}

/// <summary>Gives a system another environment: <c>setup.And(new EngineSetup(environment))</c>.</summary>
internal sealed class EngineSetup(EngineEnvironment environment) : Setup.Setup
{
    internal EngineEnvironment Environment { get; } = environment;
}
