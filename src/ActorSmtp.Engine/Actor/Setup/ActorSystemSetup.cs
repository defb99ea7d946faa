using Akka.Util;

namespace Akka.Actor.Setup;

/// <summary>Stands for Akka's <c>Setup</c>: settings given in code; one of each type.</summary>
public abstract class Setup
{
    public ActorSystemSetup And(Setup other) => ActorSystemSetup.Create(this, other);
}

/// <summary>Stands for Akka's <c>ActorSystemSetup</c>: setups by their type, immutable.</summary>
public sealed class ActorSystemSetup
{
    public static readonly ActorSystemSetup Empty = new(new Dictionary<Type, Setup>());

    private readonly Dictionary<Type, Setup> _setups;

    private ActorSystemSetup(Dictionary<Type, Setup> setups)
    {
        _setups = setups;
    }

    /// <summary>Of two of one type the later counts.</summary>
    public static ActorSystemSetup Create(params Setup[] setup)
    {
        var setups = new Dictionary<Type, Setup>();
        foreach (var each in setup)
        {
            setups[each.GetType()] = each;
        }

        return new ActorSystemSetup(setups);
    }

    public Option<T> Get<T>()
        where T : Setup => _setups.TryGetValue(typeof(T), out var setup) ? Option<T>.Create((T)setup) : Option<T>.None;

    public ActorSystemSetup WithSetup<T>(T setup)
        where T : Setup => new(new Dictionary<Type, Setup>(_setups) { [setup.GetType()] = setup });

    public ActorSystemSetup And<T>(T setup)
        where T : Setup => WithSetup(setup);

    public override string ToString() => $"ActorSystemSetup({string.Join(",", _setups.Keys.Select(t => t.Name))})";
}
