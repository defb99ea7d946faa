using Akka.Configuration;
using Akka.Dispatch;

namespace ActorSmtp.Server.Threads;

/// <summary>
/// Runs an idle actor on the thread that told it something, so that an I/O thread which has read a command sees the
/// session's turn, its reply and its next request through without waking another thread (docs/decisions/0002).
/// </summary>
/// <remarks>
/// What is executed from within such a run waits behind it in a queue of the thread: the stack does not grow, and a turn is
/// never interrupted by another. Actors on this executor must not block or compute long. One that throws has its exception
/// handled by its mailbox; anything that escapes from there is a bug of the engine and ends up with the caller.
/// </remarks>
internal sealed class InlineExecutor(string id) : ExecutorService(id)
{
    [ThreadStatic]
    private static Trampoline? _trampoline;

    public override void Execute(IRunnable run) => (_trampoline ??= new Trampoline()).Run(run);

    /// <summary>Nothing to end: the threads are other people's.</summary>
    public override void Shutdown()
    {
    }

    private sealed class Trampoline
    {
        private readonly Queue<IRunnable> _waiting = new();
        private bool _running;

        public void Run(IRunnable run)
        {
            if (_running)
            {
                _waiting.Enqueue(run);
                return;
            }

            _running = true;
            try
            {
                do
                {
                    run.Run();
                }
                while (_waiting.TryDequeue(out run!));
            }
            finally
            {
                _running = false;
                Rescue();
            }
        }

        /// <summary>After an escaped exception the rest still has to run, or those actors would sleep for ever.</summary>
        private void Rescue()
        {
            while (_waiting.TryDequeue(out var left))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static r => r.Run(), left, preferLocal: false);
            }
        }
    }
}

/// <summary>Makes <see cref="InlineExecutor"/>s; named in the engine's settings by <see cref="TypeName"/>.</summary>
internal sealed class InlineExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <summary>What <c>executor = "…"</c> takes; engine settings in HOCON files name no types, so code puts it in.</summary>
    public static string TypeName { get; } =
        $"{typeof(InlineExecutorConfigurator).FullName}, {typeof(InlineExecutorConfigurator).Assembly.GetName().Name}";

    public override ExecutorService Produce(string id) => new InlineExecutor(id);
}
