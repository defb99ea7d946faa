using System.Collections.Concurrent;
using System.Reflection;

namespace Akka.Actor;

/// <summary>Calls a constructor fast: one invoker per constructor for the whole process. No public counterpart in Akka, which reflects.</summary>
internal sealed class ActorProducer
{
    private static readonly ConcurrentDictionary<ConstructorInfo, ActorProducer> Known = new();

    private readonly ConstructorInvoker _invoker;
    private readonly Type _type;

    private ActorProducer(ConstructorInfo constructor)
    {
        _invoker = ConstructorInvoker.Create(constructor);
        _type = constructor.DeclaringType;
    }

    private ActorProducer(Type type)
    {
        _type = type;
    }

    internal static ActorProducer For(ConstructorInfo constructor, Type type) =>
        constructor == null ? new ActorProducer(type) : Known.GetOrAdd(constructor, static c => new ActorProducer(c));

    /// <summary>For a constructor that must first be found by its arguments.</summary>
    internal static ActorProducer For(Type type, object[] arguments)
    {
        var candidates = type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(c => c.GetParameters().Length == arguments.Length).ToArray();
        return candidates.Length == 1 ? For(candidates[0], type) : new ActorProducer(type);
    }

    internal ActorBase Make(object[] arguments)
    {
        if (_invoker != null)
        {
            return (ActorBase)_invoker.Invoke(arguments.AsSpan());
        }

        // Several constructors of that many parameters: the binder picks by the arguments' types, and complains where it cannot.
        const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        try
        {
            return (ActorBase)Activator.CreateInstance(_type, Any, null, arguments, null);
        }
        catch (TargetInvocationException e) when (e.InnerException != null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }
}
