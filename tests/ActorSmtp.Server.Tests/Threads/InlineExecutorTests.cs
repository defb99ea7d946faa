using Akka.Dispatch;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Tests.Threads;

/// <summary>Runs in place; what is executed meanwhile comes after, on the same thread.</summary>
public sealed class InlineExecutorTests
{
    private readonly InlineExecutor _executor = new("test");
    private readonly List<string> _order = [];

    [Fact]
    public void Work_runs_on_the_calling_thread_before_the_call_returns()
    {
        var thread = 0;
        _executor.Execute(new Work(() => thread = Environment.CurrentManagedThreadId));

        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void Work_given_from_within_work_waits_for_its_end_and_keeps_its_order()
    {
        _executor.Execute(new Work(() =>
        {
            _order.Add("first begins");
            _executor.Execute(new Work(() =>
            {
                _order.Add("second");
                _executor.Execute(new Work(() => _order.Add("fourth")));
            }));
            _executor.Execute(new Work(() => _order.Add("third")));
            _order.Add("first ends");
        }));

        Assert.Equal(["first begins", "first ends", "second", "third", "fourth"], _order);
    }

    [Fact]
    public void A_long_chain_does_not_grow_the_stack()
    {
        var left = 1_000_000;
        Work? work = null;
        work = new Work(() =>
        {
            if (--left > 0)
            {
                _executor.Execute(work!);
            }
        });
        _executor.Execute(work);

        Assert.Equal(0, left);
    }

    [Fact]
    public void What_escapes_ends_up_with_the_caller_and_what_waited_runs_all_the_same()
    {
        using var ran = new ManualResetEventSlim();
        Assert.Throws<InvalidOperationException>(() => _executor.Execute(new Work(() =>
        {
            _executor.Execute(new Work(ran.Set));
            throw new InvalidOperationException();
        })));

        Assert.True(ran.Wait(TimeSpan.FromSeconds(60)));
        _executor.Execute(new Work(() => _order.Add("works again")));
        Assert.Single(_order);
    }

    [Fact]
    public void Two_executors_on_one_thread_share_its_trampoline()
    {
        var other = new InlineExecutor("other");
        _executor.Execute(new Work(() =>
        {
            other.Execute(new Work(() => _order.Add("other")));
            _order.Add("first");
        }));

        Assert.Equal(["first", "other"], _order);
    }

    private sealed class Work(Action work) : IRunnable
    {
        public void Run() => work();

        public void Execute() => work();
    }
}
