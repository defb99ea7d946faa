namespace ActorSmtp.Server.Telemetry;

/// <summary>A figure that only grows. Counting is one interlocked addition; whoever wants to know reads it then.</summary>
/// <param name="name">With dots, as OpenTelemetry has names: <c>actorsmtp.messages.accepted</c>.</param>
/// <param name="unit">In UCUM's form: <c>{message}</c>, <c>By</c>.</param>
internal sealed class Tally(string name, string unit, string help)
{
    private long _value;

    public string Name => name;

    public string Unit => unit;

    public string Help => help;

    public long Value => Volatile.Read(ref _value);

    public void Add(long n) => Interlocked.Add(ref _value, n);
}

/// <summary>A figure that is looked up when somebody asks.</summary>
/// <param name="grows">It only grows: a counter that somebody else keeps.</param>
internal sealed class Gauge(string name, string unit, string help, bool grows, Func<double> read)
{
    public string Name => name;

    public string Unit => unit;

    public string Help => help;

    public bool Grows => grows;

    public double Read() => read();
}
