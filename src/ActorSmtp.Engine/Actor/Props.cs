using System.Linq.Expressions;
using System.Reflection;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>Props</c>: how to make an actor, again and again. <c>Create(() => new A(x))</c> takes an expression tree, as Akka does,
/// whose arguments are evaluated once, here, and used for every instance. Left out: routers and surrogates.
/// </summary>
public class Props : IEquatable<Props>
{
    private static readonly object[] NoArguments = [];

    /// <summary>No props at all.</summary>
    public static readonly Props None = null;

    private readonly IIndirectActorProducer _producer;
    private ActorProducer _constructor;

    protected Props()
        : this(new EmptyProducer(), Deploy.Local, null, NoArguments)
    {
    }

    protected Props(Props copy)
    {
        _producer = copy._producer;
        _constructor = copy._constructor;
        Type = copy.Type;
        Arguments = copy.Arguments;
        Deploy = copy.Deploy;
        SupervisorStrategy = copy.SupervisorStrategy;
    }

    public Props(Type type)
        : this(type, NoArguments)
    {
    }

    public Props(Type type, object[] args)
        : this(Deploy.Local, type, args)
    {
    }

    public Props(Type type, SupervisorStrategy supervisorStrategy, IEnumerable<object> args)
        : this(type, supervisorStrategy, args.ToArray())
    {
    }

    public Props(Type type, SupervisorStrategy supervisorStrategy, params object[] args)
        : this(Deploy.Local, type, args)
    {
        SupervisorStrategy = supervisorStrategy;
    }

    public Props(Deploy deploy, Type type, IEnumerable<object> args)
        : this(deploy, type, args.ToArray())
    {
    }

    public Props(Deploy deploy, Type type, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!typeof(ActorBase).IsAssignableFrom(type))
        {
            throw new ArgumentException($"{type.FullName} is no actor: it does not derive from ActorBase.", nameof(type));
        }

        Deploy = deploy;
        Type = type;
        Arguments = args ?? NoArguments;
    }

    private Props(IIndirectActorProducer producer, Deploy deploy, SupervisorStrategy strategy, object[] args)
    {
        _producer = producer;
        Type = producer.ActorType;
        Arguments = args;
        Deploy = deploy;
        SupervisorStrategy = strategy;
    }

    /// <summary>Makes an actor that ignores nothing and handles nothing.</summary>
    public static Props Empty { get; } = new Props(new EmptyProducer(), Deploy.Local, null, NoArguments);

    public Type Type { get; }

    public string TypeName => Type.AssemblyQualifiedName;

    /// <summary>The constructor's arguments.</summary>
    public object[] Arguments { get; }

    public Deploy Deploy { get; protected set; }

    public SupervisorStrategy SupervisorStrategy { get; protected set; }

    /// <summary>The dispatcher's path in the configuration; null for the default.</summary>
    public string Dispatcher => Deploy.Dispatcher.Length == 0 ? null : Deploy.Dispatcher;

    public string Mailbox => Deploy.Mailbox.Length == 0 ? null : Deploy.Mailbox;

    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy supervisorStrategy = null)
        where TActor : ActorBase
    {
        if (factory.Body is not NewExpression creation)
        {
            throw new ArgumentException("The create function must be a 'new T (args)' expression", nameof(factory));
        }

        var arguments = new object[creation.Arguments.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = ConstantEvaluator.Evaluate(creation.Arguments[i]);
        }

        return new Props(typeof(TActor), supervisorStrategy, arguments) { _constructor = ActorProducer.For(creation.Constructor, typeof(TActor)) };
    }

    public static Props Create<TActor>(params object[] args)
        where TActor : ActorBase => new(typeof(TActor), args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy)
        where TActor : ActorBase, new() => new(typeof(TActor), supervisorStrategy);

    public static Props Create(Type type, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new Props(type, args);
    }

    /// <summary>Props whose instances a producer makes.</summary>
    public static Props CreateBy(IIndirectActorProducer producer, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return new Props(producer, Deploy.Local, null, args ?? NoArguments);
    }

    public Props WithDispatcher(string dispatcher) => Deployed(Deploy.WithDispatcher(dispatcher));

    public Props WithMailbox(string mailbox) => Deployed(Deploy.WithMailbox(mailbox));

    public Props WithStashCapacity(int stashCapacity) => Deployed(Deploy.WithStashCapacity(stashCapacity));

    public Props WithDeploy(Deploy deploy) => Deployed(deploy.WithFallback(Deploy));

    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy)
    {
        var copy = Copy();
        copy.SupervisorStrategy = supervisorStrategy;
        return copy;
    }

    /// <summary>A new instance; only inside an actor cell.</summary>
    public virtual ActorBase NewActor()
    {
        if (_producer != null)
        {
            return _producer.Produce();
        }

        _constructor ??= ActorProducer.For(Type, Arguments);
        try
        {
            return _constructor.Make(Arguments);
        }
        catch (Exception e) when (e is not ActorInitializationException)
        {
            throw new TypeLoadException(
                $"Error while creating actor instance of type {Type} with {Arguments.Length} args: ({string.Join(",", Arguments)})", e);
        }
    }

    internal void Release(ActorBase actor) => _producer?.Release(actor);

    public bool Equals(Props other) =>
        other is not null && Type == other.Type && Deploy.Equals(other.Deploy) && Equals(SupervisorStrategy, other.SupervisorStrategy)
        && ReferenceEquals(_producer, other._producer) && Arguments.SequenceEqual(other.Arguments);

    public override bool Equals(object obj) => Equals(obj as Props);

    public override int GetHashCode() => HashCode.Combine(Type, Arguments.Length);

    protected virtual Props Copy() => new(this);

    private Props Deployed(Deploy deploy)
    {
        var copy = Copy();
        copy.Deploy = deploy;
        return copy;
    }

    private sealed class EmptyProducer : IIndirectActorProducer
    {
        public Type ActorType => typeof(EmptyActor);

        public ActorBase Produce() => new EmptyActor();

        public void Release(ActorBase actor)
        {
        }
    }

    private sealed class EmptyActor : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }
}

/// <summary>The value of a constructor argument in a creation expression: fields of closures and constants without compiling anything.</summary>
internal static class ConstantEvaluator
{
    internal static object Evaluate(Expression expression) => expression switch
    {
        ConstantExpression constant => constant.Value,
        MemberExpression { Member: FieldInfo field } member => field.GetValue(member.Expression == null ? null : Evaluate(member.Expression)),
        MemberExpression { Member: PropertyInfo property, Expression: not null } member => ReadProperty(property, Evaluate(member.Expression)),
        UnaryExpression { NodeType: ExpressionType.Convert, Method: null } convert when convert.Type.IsAssignableFrom(convert.Operand.Type) =>
            Evaluate(convert.Operand),
        _ => Expression.Lambda<Func<object>>(Expression.Convert(expression, typeof(object))).Compile(preferInterpretation: true)(),
    };

    private static object ReadProperty(PropertyInfo property, object instance)
    {
        try
        {
            return property.GetValue(instance);
        }
        catch (TargetInvocationException e) when (e.InnerException != null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }
}
