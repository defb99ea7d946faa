using Akka.Actor;
using Akka.Event;

namespace Akka.Pattern;

/// <summary>Stands for Akka's <c>BackoffSupervisorBase</c>: begins with a child. The rest of it is in the one class that is.</summary>
public abstract class BackoffSupervisorBase : ActorBase
{
    private protected BackoffSupervisorBase()
    {
    }

    protected override void PreStart() => Bring();

    private protected abstract void Bring();
}

/// <summary>
/// Stands for Akka's <c>BackoffSupervisor</c> and <c>BackoffOnRestartSupervisor</c>: passes messages to its one child and brings the child back after a
/// pause. While there is none, messages are dead letters, or answered with <c>ReplyWhileStopped</c>. Made from options or <see cref="Props(BackoffOptions)"/>
/// only; the public constructors are left out.
/// </summary>
public sealed class BackoffSupervisor : BackoffSupervisorBase
{
    private readonly BackoffPlan _plan;
    private IActorRef _child;
    private int _restarts;
    private bool _finalStop;

    private BackoffSupervisor(BackoffPlan plan)
    {
        _plan = plan;
    }

    /// <summary>Asks for <see cref="CurrentChild"/>.</summary>
    public sealed class GetCurrentChild
    {
        public static readonly GetCurrentChild Instance = new();

        private GetCurrentChild()
        {
        }
    }

    /// <summary>The child, or nobody.</summary>
    public sealed class CurrentChild
    {
        public CurrentChild(IActorRef @ref)
        {
            Ref = @ref;
        }

        public IActorRef Ref { get; }
    }

    /// <summary>From a child with a manual reset: all is well, the pauses begin anew.</summary>
    public sealed class Reset
    {
        public static readonly Reset Instance = new();

        private Reset()
        {
        }
    }

    /// <summary>Asks for <see cref="RestartCount"/>.</summary>
    public sealed class GetRestartCount
    {
        public static readonly GetRestartCount Instance = new();

        private GetRestartCount()
        {
        }
    }

    /// <summary>How often the child was brought back since the pauses began.</summary>
    public sealed class RestartCount
    {
        public RestartCount(int count)
        {
            Count = count;
        }

        public int Count { get; }
    }

    private sealed record StartChild : IDeadLetterSuppression;

    private sealed record ResetRestarts(int Current) : IDeadLetterSuppression;

    public static Props Props(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor) =>
        Props(Backoff.OnStop(childProps, childName, minBackoff, maxBackoff, randomFactor, -1));

    public static Props Props(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor,
        int maxNrOfRetries) => Props(Backoff.OnStop(childProps, childName, minBackoff, maxBackoff, randomFactor, maxNrOfRetries));

    public static Props Props(BackoffOptions options) => options.Props;

    protected override SupervisorStrategy SupervisorStrategy()
    {
        var given = _plan.Strategy;
        return new OneForOneStrategy(-1, -1, cause =>
        {
            var directive = given.Decider.Decide(cause);
            return directive switch
            {
                // A restart happens here as a stop now and a start after the pause.
                Directive.Restart when MayBringAgain => Directive.Stop,
                Directive.Restart => Spent(),
                _ => directive,
            };
        });
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Terminated terminated when terminated.ActorRef.Equals(_child):
                ChildGone();
                return true;
            case StartChild:
                Bring();
                if (_plan.Reset is AutoReset auto)
                {
                    Context.System.Scheduler.ScheduleTellOnce(auto.After, Self, new ResetRestarts(_restarts), Self);
                }

                return true;
            case ResetRestarts reset:
                _restarts = reset.Current == _restarts ? 0 : _restarts;
                return true;
            case Reset:
                if (_plan.Reset is ManualReset)
                {
                    _restarts = 0;
                }
                else
                {
                    Unhandled(message);
                }

                return true;
            case GetCurrentChild:
                Sender.Tell(new CurrentChild(_child ?? ActorRefs.Nobody));
                return true;
            case GetRestartCount:
                Sender.Tell(new RestartCount(_restarts));
                return true;
            default:
                Pass(message);
                return true;
        }
    }

    private bool MayBringAgain => _plan.Strategy.MaxNumberOfRetries < 0 || _restarts < _plan.Strategy.MaxNumberOfRetries;

    private Directive Spent()
    {
        _finalStop = true;
        return Directive.Stop;
    }

    private void Pass(object message)
    {
        if (_child != null && Equals(Sender, _child))
        {
            Context.Parent.Forward(message);
        }
        else if (_child != null)
        {
            _child.Forward(message);
            _finalStop |= _plan.IsFinalStop?.Invoke(message) ?? false;
        }
        else if (_plan.ReplyWhileStopped != null)
        {
            Sender.Tell(_plan.ReplyWhileStopped);
        }
        else
        {
            Context.System.DeadLetters.Forward(message);
        }
    }

    private protected override void Bring()
    {
        if (_child == null)
        {
            _child = Context.Watch(Context.ActorOf(_plan.Child, _plan.ChildName));
        }
    }

    private void ChildGone()
    {
        _child = null;
        if (_finalStop || !MayBringAgain)
        {
            Context.Stop(Self);
            return;
        }

        Context.System.Scheduler.ScheduleTellOnce(Pause(_restarts), Self, new StartChild(), Self);
        _restarts++;
    }

    private TimeSpan Pause(int restarts)
    {
        var chance = 1.0 + Cell.SystemImpl.Environment.NextRandom() * _plan.RandomFactor;
        var pause = Math.Min(_plan.Max.TotalMilliseconds, _plan.Min.TotalMilliseconds * Math.Pow(2, Math.Min(restarts, 30)));
        return TimeSpan.FromMilliseconds(pause * chance);
    }

    internal sealed class Producer(BackoffPlan plan) : IIndirectActorProducer
    {
        public Type ActorType => typeof(BackoffSupervisor);

        public ActorBase Produce() => new BackoffSupervisor(plan);

        public void Release(ActorBase actor)
        {
        }
    }
}
