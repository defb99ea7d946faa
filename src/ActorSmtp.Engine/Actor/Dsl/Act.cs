namespace Akka.Actor.Dsl;

/// <summary>What an actor described in place can be told to do. Stands for Akka.Actor.Dsl.IActorDsl, complete.</summary>
public interface IActorDsl
{
    /// <summary>Runs in PostRestart, in place of the default.</summary>
    Action<Exception, IActorContext> OnPostRestart { get; set; }

    /// <summary>Runs in PreRestart, in place of the default.</summary>
    Action<Exception, object, IActorContext> OnPreRestart { get; set; }

    /// <summary>Runs in PostStop.</summary>
    Action<IActorContext> OnPostStop { get; set; }

    /// <summary>Runs in PreStart.</summary>
    Action<IActorContext> OnPreStart { get; set; }

    /// <summary>How children are supervised; null: the default.</summary>
    SupervisorStrategy Strategy { get; set; }

    /// <summary>Handles messages of the type.</summary>
    void Receive<T>(Action<T, IActorContext> handler);

    /// <summary>Handles messages of the type that fit.</summary>
    void Receive<T>(Action<T, IActorContext> handler, Predicate<T> shouldHandle);

    /// <summary>Handles messages of the type that fit.</summary>
    void Receive<T>(Predicate<T> shouldHandle, Action<T, IActorContext> handler);

    /// <summary>Handles what nothing before it does.</summary>
    void ReceiveAny(Action<object, IActorContext> handler);

    /// <summary>Handles messages of the type, the next one when the task has ended.</summary>
    void ReceiveAsync<T>(Func<T, IActorContext, Task> handler, Predicate<T> shouldHandle = null);

    /// <summary>Handles messages of the type that fit, the next one when the task has ended.</summary>
    void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, IActorContext, Task> handler);

    /// <summary>Handles what nothing before it does, the next one when the task has ended.</summary>
    void ReceiveAnyAsync(Func<object, IActorContext, Task> handler);

    /// <summary>What PreRestart does by default.</summary>
    void DefaultPreRestart(Exception reason, object message);

    /// <summary>What PostRestart does by default.</summary>
    void DefaultPostRestart(Exception reason);

    /// <summary>What PreStart does by default.</summary>
    void DefaultPreStart();

    /// <summary>What PostStop does by default.</summary>
    void DefaultPostStop();

    /// <summary>Replaces the behaviour.</summary>
    void Become(Action<object, IActorContext> handler);

    /// <summary>Puts a behaviour over the present one.</summary>
    void BecomeStacked(Action<object, IActorContext> handler);

    /// <summary>Goes back to the behaviour below.</summary>
    void UnbecomeStacked();

    /// <summary>A child described in place.</summary>
    IActorRef ActorOf(Action<IActorDsl> config, string name = null);
}

/// <summary>An actor described in place. Stands for Akka.Actor.Dsl.Act, complete.</summary>
public sealed class Act : ReceiveActor, IActorDsl
{
    /// <summary>Described by <paramref name="config"/>.</summary>
    public Act(Action<IActorDsl> config) => config(this);

    /// <summary>Described by <paramref name="config"/>.</summary>
    public Act(Action<IActorDsl, IActorContext> config) => config(this, Context);

    /// <inheritdoc/>
    public Action<Exception, IActorContext> OnPostRestart { get; set; }

    /// <inheritdoc/>
    public Action<Exception, object, IActorContext> OnPreRestart { get; set; }

    /// <inheritdoc/>
    public Action<IActorContext> OnPostStop { get; set; }

    /// <inheritdoc/>
    public Action<IActorContext> OnPreStart { get; set; }

    /// <inheritdoc/>
    public new SupervisorStrategy Strategy { get; set; }

    /// <inheritdoc/>
    public void Receive<T>(Action<T, IActorContext> handler) => Receive<T>(message => handler(message, Context));

    /// <inheritdoc/>
    public void Receive<T>(Action<T, IActorContext> handler, Predicate<T> shouldHandle) =>
        Receive(message => handler(message, Context), shouldHandle);

    /// <inheritdoc/>
    public void Receive<T>(Predicate<T> shouldHandle, Action<T, IActorContext> handler) =>
        Receive(shouldHandle, message => handler(message, Context));

    /// <inheritdoc/>
    public void ReceiveAny(Action<object, IActorContext> handler) => ReceiveAny(message => handler(message, Context));

    /// <inheritdoc/>
    public void ReceiveAsync<T>(Func<T, IActorContext, Task> handler, Predicate<T> shouldHandle = null) =>
        ReceiveAsync(message => handler(message, Context), shouldHandle);

    /// <inheritdoc/>
    public void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, IActorContext, Task> handler) =>
        ReceiveAsync(shouldHandle, message => handler(message, Context));

    /// <inheritdoc/>
    public void ReceiveAnyAsync(Func<object, IActorContext, Task> handler) => ReceiveAnyAsync(message => handler(message, Context));

    /// <inheritdoc/>
    public void DefaultPreRestart(Exception reason, object message) => base.PreRestart(reason, message);

    /// <inheritdoc/>
    public void DefaultPostRestart(Exception reason) => base.PostRestart(reason);

    /// <inheritdoc/>
    public void DefaultPreStart() => base.PreStart();

    /// <inheritdoc/>
    public void DefaultPostStop() => base.PostStop();

    /// <inheritdoc/>
    public void Become(Action<object, IActorContext> handler) => Become((UntypedReceive)(message => handler(message, Context)));

    /// <inheritdoc/>
    public void BecomeStacked(Action<object, IActorContext> handler) =>
        BecomeStacked((UntypedReceive)(message => handler(message, Context)));

    void IActorDsl.UnbecomeStacked() => UnbecomeStacked();

    /// <inheritdoc/>
    public IActorRef ActorOf(Action<IActorDsl> config, string name = null) => Context.ActorOf(Props.Create(() => new Act(config)), name);

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Strategy ?? base.SupervisorStrategy();

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (OnPreStart is { } hook)
            hook(Context);
        else
            base.PreStart();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (OnPostStop is { } hook)
            hook(Context);
        else
            base.PostStop();
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        if (OnPreRestart is { } hook)
            hook(reason, message, Context);
        else
            base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason)
    {
        if (OnPostRestart is { } hook)
            hook(reason, Context);
        else
            base.PostRestart(reason);
    }
}

/// <summary>Makes actors described in place. Stands for Akka.Actor.Dsl.ActExtensions, complete.</summary>
public static class ActExtensions
{
    /// <summary>A child of <paramref name="factory"/>.</summary>
    public static IActorRef ActorOf(this IActorRefFactory factory, Action<IActorDsl> config, string name = null) =>
        factory.ActorOf(Props.Create(() => new Act(config)), name);

    /// <summary>A child of <paramref name="factory"/>.</summary>
    public static IActorRef ActorOf(this IActorRefFactory factory, Action<IActorDsl, IActorContext> config, string name = null) =>
        factory.ActorOf(Props.Create(() => new Act(config)), name);
}
