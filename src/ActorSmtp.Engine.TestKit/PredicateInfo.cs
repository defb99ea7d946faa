namespace Akka.TestKit;

/// <summary>A predicate together with the type it judges. Stands for Akka.TestKit.PredicateInfo, complete.</summary>
public class PredicateInfo
{
    private readonly Func<object, bool> _fits;

    private PredicateInfo(Delegate predicate, Type type, Func<object, bool> fits)
    {
        PredicateT = predicate;
        Type = type;
        _fits = fits;
    }

    /// <summary>The predicate.</summary>
    public Delegate PredicateT { get; }

    /// <summary>What it judges; messages of other types do not fit.</summary>
    public Type Type { get; }

    /// <summary>Wraps a predicate.</summary>
    public static PredicateInfo Create<T>(Predicate<T> predicateT) =>
        new(predicateT, typeof(T), message => message is T typed && predicateT(typed));

    /// <inheritdoc/>
    public override string ToString() => $"predicate on {Type}";

    internal bool Fits(object message) => _fits(message);
}

/// <summary>Makes a <see cref="PredicateInfo"/> of a predicate. Stands for Akka.TestKit.PredicateInfoFactory.</summary>
public static class PredicateInfoFactory
{
    /// <summary>Wraps a predicate.</summary>
    public static PredicateInfo CreatePredicateInfo<T>(this Predicate<T> predicateT) => PredicateInfo.Create(predicateT);
}
