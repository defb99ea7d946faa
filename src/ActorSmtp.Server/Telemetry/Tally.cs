namespace ActorSmtp.Server.Telemetry;

/// <summary>A figure that only grows. Counting is one interlocked addition; whoever wants to know reads it then.</summary>
/// <param name="name">With dots, as OpenTelemetry has names: <c>actorsmtp.messages.accepted</c>.</param>
/// <param name="unit">In UCUM's form: <c>{message}</c>, <c>By</c>.</param>
/// <param name="label">What tells it from others of the same name; null: there are none.</param>
internal sealed class Tally(string name, string unit, string help, Label? label = null)
{
    private long _value;

    /// <summary>What tells it from others of the same name.</summary>
    public Label? Label => label;

    public string Name => name;

    public string Unit => unit;

    public string Help => help;

    public long Value => Volatile.Read(ref _value);

    public void Add(long n) => Interlocked.Add(ref _value, n);
}

/// <summary>A figure that is looked up when somebody asks.</summary>
/// <param name="grows">It only grows: a counter that somebody else keeps.</param>
/// <param name="label">What tells it from others of the same name; null: there are none.</param>
internal sealed class Gauge(string name, string unit, string help, bool grows, Func<double> read, Label? label = null)
{
    public Label? Label => label;

    public string Name => name;

    public string Unit => unit;

    public string Help => help;

    public bool Grows => grows;

    public double Read() => read();
}

/// <summary>Tells figures of one name apart. Values are words of ours from a fixed list, never what somebody sent.</summary>
internal sealed record Label(string Key, string Value);

/// <summary>Figures of one name, one for each value of an enumeration.</summary>
internal sealed class TallyFamily<T>(Func<T, Tally> make)
    where T : struct, Enum
{
    private readonly Dictionary<T, Tally> _all = Enum.GetValues<T>().ToDictionary(v => v, make);

    public Tally this[T value] => _all[value];

    public IEnumerable<Tally> All => _all.Values;
}
