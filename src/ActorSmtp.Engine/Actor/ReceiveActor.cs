using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>ReceiveActor</c>: handlers by message type, tried in the order of registration, first match wins. Handlers are
/// registered in the constructor or inside Become only.
/// </summary>
public abstract class ReceiveActor : UntypedActor, IInitializable
{
    private Handlers _handlers = new();
    private bool _registering = true;

    protected ReceiveActor()
    {
    }

    void IInitializable.Init() => EndRegistration();

    protected sealed override void OnReceive(object message) => TryHandle(_handlers, message);

    /// <summary>Replaces the handlers by those that <paramref name="configure"/> registers.</summary>
    protected void Become(Action configure)
    {
        var handlers = Register(configure);
        base.Become(m => TryHandle(handlers, m));
    }

    protected void BecomeStacked(Action configure)
    {
        var handlers = Register(configure);
        base.BecomeStacked(m => TryHandle(handlers, m));
    }

    protected void Receive<T>(Action<T> handler, Predicate<T> shouldHandle = null) =>
        Add(new Handler<T>(shouldHandle, handler, null));

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    /// <summary>A handler that answers false has not handled: the search goes on.</summary>
    protected void Receive<T>(Func<T, bool> handler) => Add(new Handler<T>(null, null, handler));

    protected void Receive(Type messageType, Action<object> handler, Predicate<object> shouldHandle = null) =>
        Add(new TypeHandler(messageType, shouldHandle, handler, null));

    protected void Receive(Type messageType, Predicate<object> shouldHandle, Action<object> handler) =>
        Receive(messageType, handler, shouldHandle);

    protected void Receive(Type messageType, Func<object, bool> handler) => Add(new TypeHandler(messageType, null, null, handler));

    protected void ReceiveAny(Action<object> handler) => Receive<object>(handler);

    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T> shouldHandle = null) => Receive(Async(handler), shouldHandle);

    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => Receive(Async(handler), shouldHandle);

    protected void ReceiveAsync(Type messageType, Func<object, Task> handler, Predicate<object> shouldHandle = null) =>
        Receive(messageType, Async(handler), shouldHandle);

    protected void ReceiveAsync(Type messageType, Predicate<object> shouldHandle, Func<object, Task> handler) =>
        Receive(messageType, Async(handler), shouldHandle);

    protected void ReceiveAnyAsync(Func<object, Task> handler) => ReceiveAny(Async(handler));

    private static Action<T> Async<T>(Func<T, Task> handler) => message => ActorTaskScheduler.Run(CurrentCell(), handler, message);

    private void TryHandle(Handlers handlers, object message)
    {
        if (!handlers.TryHandle(message))
        {
            Unhandled(message);
        }
    }

    private void Add(Handler handler)
    {
        if (!_registering)
        {
            throw new InvalidOperationException("You may only call Receive-methods when constructing the actor and inside Become().");
        }

        _handlers.Add(handler);
    }

    private void EndRegistration()
    {
        _registering = false;
        _handlers.Trim();
    }

    private Handlers Register(Action configure)
    {
        var (before, registering) = (_handlers, _registering);
        var fresh = new Handlers();
        (_handlers, _registering) = (fresh, true);
        try
        {
            configure();
        }
        finally
        {
            (_handlers, _registering) = (before, registering);
        }

        fresh.Trim();
        return fresh;
    }

    private sealed class Handlers
    {
        private Handler[] _items = [];
        private int _count;
        private bool _closed;

        internal void Add(Handler handler)
        {
            if (_closed)
            {
                throw new InvalidOperationException("A handler that catches all messages has been added. No handler can be added after that.");
            }

            if (_count == _items.Length)
            {
                Array.Resize(ref _items, Math.Max(4, _count * 2));
            }

            _items[_count++] = handler;
            _closed = handler.CatchesAll;
        }

        internal void Trim() => Array.Resize(ref _items, _count);

        internal bool TryHandle(object message)
        {
            var items = _items;
            for (var i = 0; i < items.Length; i++)
            {
                if (items[i].TryHandle(message))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private abstract class Handler
    {
        internal abstract bool CatchesAll { get; }

        internal abstract bool TryHandle(object message);
    }

    private sealed class Handler<T>(Predicate<T> shouldHandle, Action<T> action, Func<T, bool> function) : Handler
    {
        internal override bool CatchesAll => typeof(T) == typeof(object) && shouldHandle == null && function == null;

        internal override bool TryHandle(object message)
        {
            if (message is not T typed || (shouldHandle != null && !shouldHandle(typed)))
            {
                return false;
            }

            if (action == null)
            {
                return function(typed);
            }

            action(typed);
            return true;
        }
    }

    private sealed class TypeHandler(Type type, Predicate<object> shouldHandle, Action<object> action, Func<object, bool> function) : Handler
    {
        internal override bool CatchesAll => type == typeof(object) && shouldHandle == null && function == null;

        internal override bool TryHandle(object message)
        {
            if (!type.IsInstanceOfType(message) || (shouldHandle != null && !shouldHandle(message)))
            {
                return false;
            }

            if (action == null)
            {
                return function(message);
            }

            action(message);
            return true;
        }
    }
}
