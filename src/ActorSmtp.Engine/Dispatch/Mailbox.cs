using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>
/// The messages of one actor and the turn that handles them; stands for Akka's <c>Mailbox</c> (public there). It is the
/// <see cref="IRunnable"/> given to executors. One status word says whether it is closed, scheduled or suspended; whoever
/// turns "idle with work" into "scheduled" hands it to the dispatcher, so that an actor never runs twice at once.
/// <para>
/// A turn is: all system messages; then up to <c>throughput</c> user messages, the system queue looked at after each. With messages left it
/// goes back to the executor, behind others. Runs may nest on one thread (an executor that runs inline): the current cell is put back after each.
/// </para>
/// </summary>
internal sealed class Mailbox(ActorCell cell, MessageDispatcher dispatcher) : IRunnable
{
    private const int Closed = 1;
    private const int Scheduled = 2;
    private const int Awaiting = 4;
    private const int SuspendUnit = 8;

    private int _status;
    private UserQueue _user;
    private SystemQueue _system;
    private EnvelopeStack _front;

    internal MessageDispatcher Dispatcher { get; } = dispatcher;

    internal bool IsClosed => (Volatile.Read(ref _status) & Closed) != 0;

    internal bool IsSuspended => Volatile.Read(ref _status) >= SuspendUnit;

    internal bool HasMessages => _front is { Count: > 0 } || _user.HasMessages;

    internal int NumberOfMessages => _user.Count + (_front?.Count ?? 0);

    /// <summary>Adds a user message; false when the actor has stopped and the message is a dead letter.</summary>
    internal bool Post(object message, IActorRef sender)
    {
        if (!_user.TryEnqueue(message, sender))
        {
            return false;
        }

        if (_status == 0)
        {
            Schedule();
        }

        return true;
    }

    /// <summary>Adds a system message; false when the actor has stopped.</summary>
    internal bool PostSystem(SystemMessage message)
    {
        if (!_system.TryEnqueue(message))
        {
            return false;
        }

        if ((_status & (Scheduled | Closed)) == 0)
        {
            Schedule();
        }

        return true;
    }

    /// <summary>Puts messages before all others, the first of <paramref name="envelopes"/> first. The actor itself only.</summary>
    internal void Prepend(IReadOnlyList<Envelope> envelopes)
    {
        _front ??= new EnvelopeStack();
        for (var i = envelopes.Count - 1; i >= 0; i--)
        {
            _front.Push(envelopes[i]);
        }
    }

    internal void Suspend() => Interlocked.Add(ref _status, SuspendUnit);

    /// <summary>Takes back one <see cref="Suspend"/>; more resumes than suspends do nothing.</summary>
    internal void Resume()
    {
        int status;
        do
        {
            status = Volatile.Read(ref _status);
            if (status < SuspendUnit)
            {
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _status, status - SuspendUnit, status) != status);

        ScheduleIfNeeded();
    }

    /// <summary>No user message is handled until the running asynchronous handler has ended.</summary>
    internal void SuspendForTask() => Interlocked.Or(ref _status, Awaiting);

    internal void ResumeAfterTask()
    {
        Interlocked.And(ref _status, ~Awaiting);
        ScheduleIfNeeded();
    }

    /// <summary>Closes for good; what is left becomes dead letters, stashed messages first. The actor's own turn only.</summary>
    internal void CleanUp()
    {
        Interlocked.Or(ref _status, Closed);
        var deadLetters = cell.SystemImpl.DeadLetterRef;
        for (var message = _system.Close(); message != null;)
        {
            var next = message.Next;
            message.Next = null;
            deadLetters.SendSystem(message);
            message = next;
        }

        _user.Close();
        while (TryDequeue(ref _user.Position, out var left, out var sender))
        {
            deadLetters.Tell(new Akka.Event.DeadLetter(left, sender ?? deadLetters, cell.Self), sender);
        }
    }

    public void Run()
    {
        var previous = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = cell;
        var again = false;
        try
        {
            again = Turn();
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = previous;
        }

        if (again)
        {
            Dispatcher.ExecuteAgain(this);
        }
    }

    void IThreadPoolWorkItem.Execute() => Run();

    /// <summary>Whose it is.</summary>
    public override string ToString() => cell.Self.Path.ToStringWithoutAddress();

    /// <summary>True when work is left after a full turn: still scheduled, to be executed again.</summary>
    private bool Turn()
    {
        var left = Dispatcher.Throughput;
        var began = Dispatcher.HasDeadline ? Time.GetTimestamp() : 0;
        while (true)
        {
            var before = left;
            HandleSystemMessages();
            left = HandleUserMessages(left, began);
            if (left <= 0 && (_status & ~(Scheduled | Closed)) == 0 && HasMessages)
            {
                return true;
            }

            _user.ShrinkAfter(before - left);
            Interlocked.And(ref _status, ~Scheduled);
            if (!HasWork || !TrySetScheduled())
            {
                return false;
            }

            if (left <= 0)
            {
                return true;
            }
        }
    }

    private int HandleUserMessages(int left, long began)
    {
        var position = _user.Position;
        while (left > 0 && Volatile.Read(ref _status) == Scheduled && TryDequeue(ref position, out var message, out var sender))
        {
            cell.Invoke(message, sender);
            left--;
            if (_system.HasMessages)
            {
                _user.Position = position;
                HandleSystemMessages();
                position = _user.Position;
            }

            if (began != 0 && Dispatcher.IsTurnOver(Time, began))
            {
                left = 0;
            }
        }

        _user.Position = position;
        return left;
    }

    private void HandleSystemMessages()
    {
        while (_system.TakeAll() is { } message)
        {
            while (message != null)
            {
                var next = message.Next;
                message.Next = null;
                if (IsClosed)
                {
                    cell.SystemImpl.DeadLetterRef.SendSystem(message);
                }
                else
                {
                    cell.SystemInvoke(message);
                }

                message = next;
            }
        }
    }

    private bool TryDequeue(ref int position, out object message, out IActorRef sender)
    {
        if (_front is { Count: > 0 })
        {
            var envelope = _front.Pop();
            message = envelope.Message;
            sender = envelope.Sender;
            return true;
        }

        return _user.TryDequeue(ref position, out message, out sender);
    }

    private TimeProvider Time => cell.SystemImpl.Environment.Time;

    private bool HasWork => _system.HasMessages || ((_status & ~Scheduled) == 0 && HasMessages);

    private void ScheduleIfNeeded()
    {
        if ((_status & (Scheduled | Closed)) == 0 && HasWork)
        {
            Schedule();
        }
    }

    private void Schedule()
    {
        if (TrySetScheduled())
        {
            try
            {
                Dispatcher.Execute(this);
            }
            catch (RejectedExecutionException)
            {
                Interlocked.And(ref _status, ~Scheduled);
                throw;
            }
        }
    }

    private bool TrySetScheduled()
    {
        while (true)
        {
            var status = Volatile.Read(ref _status);
            if ((status & (Scheduled | Closed)) != 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _status, status | Scheduled, status) == status)
            {
                return true;
            }
        }
    }
}
