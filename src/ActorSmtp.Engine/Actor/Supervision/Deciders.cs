namespace Akka.Actor;

/// <summary>What to do with a child that failed. Stands for Akka's <c>Directive</c>.</summary>
public enum Directive
{
    /// <summary>Go on with the same instance; the failing message is lost.</summary>
    Resume = 0,

    /// <summary>Go on with a new instance.</summary>
    Restart = 1,

    /// <summary>Fail oneself with the child's exception.</summary>
    Escalate = 2,

    Stop = 3,
}

/// <summary>Stands for Akka's <c>IDecider</c>.</summary>
public interface IDecider
{
    Directive Decide(Exception cause);
}

/// <summary>Stands for Akka's <c>DirectiveExtensions</c>.</summary>
public static class DirectiveExtensions
{
    /// <summary>A pair for <see cref="Decider.From(Directive, KeyValuePair{Type, Directive}[])"/>.</summary>
    public static KeyValuePair<Type, Directive> When<TException>(this Directive self)
        where TException : Exception => new(typeof(TException), self);
}

/// <summary>Stands for Akka's <c>Decider</c>.</summary>
public static class Decider
{
    /// <summary>The first pair whose type the exception is, in the order given (not the most specific), else the default.</summary>
    public static DeployableDecider From(Directive defaultDirective, params KeyValuePair<Type, Directive>[] pairs) =>
        new(defaultDirective, pairs);

    public static DeployableDecider From(Directive defaultDirective, IEnumerable<KeyValuePair<Type, Directive>> pairs) =>
        new(defaultDirective, pairs);

    public static LocalOnlyDecider From(Func<Exception, Directive> localOnlyDecider) => new(localOnlyDecider);
}

/// <summary>Stands for Akka's <c>LocalOnlyDecider</c>: a function.</summary>
public class LocalOnlyDecider : IDecider
{
    private readonly Func<Exception, Directive> _decide;

    public LocalOnlyDecider(Func<Exception, Directive> decider)
    {
        _decide = decider;
    }

    public Directive Decide(Exception cause) => _decide(cause);
}

/// <summary>Stands for Akka's <c>DeployableDecider</c>: a list of exception types.</summary>
public class DeployableDecider : IDecider, IEquatable<DeployableDecider>
{
    protected DeployableDecider()
        : this(Directive.Escalate)
    {
    }

    public DeployableDecider(Directive defaultDirective, params KeyValuePair<Type, Directive>[] pairs)
    {
        DefaultDirective = defaultDirective;
        Pairs = pairs;
    }

    public DeployableDecider(Directive defaultDirective, IEnumerable<KeyValuePair<Type, Directive>> pairs)
        : this(defaultDirective, pairs.ToArray())
    {
    }

    public Directive DefaultDirective { get; private set; }

    public KeyValuePair<Type, Directive>[] Pairs { get; private set; }

    public Directive Decide(Exception cause)
    {
        foreach (var (type, directive) in Pairs)
        {
            if (type.IsInstanceOfType(cause))
            {
                return directive;
            }
        }

        return DefaultDirective;
    }

    public bool Equals(DeployableDecider other) =>
        other is not null && DefaultDirective == other.DefaultDirective && Pairs.SequenceEqual(other.Pairs);

    public override bool Equals(object obj) => Equals(obj as DeployableDecider);

    public override int GetHashCode() => HashCode.Combine(DefaultDirective, Pairs.Length);
}
