namespace ActorSmtp.Protocol.Dns;

/// <summary>
/// Something that is decided by look-ups one after another: it says what to ask, is told the outcome, and asks on or ends. It asks nobody itself, so the same
/// decision runs beside a resolver, in a simulation, and in a test on paper. Used once, by one caller at a time.
/// </summary>
/// <typeparam name="T">What comes of it. Whatever the DNS does is part of it, never an exception.</typeparam>
public abstract class DnsDecision<T>
    where T : class
{
    private IEnumerator<DnsQuestion>? _steps;
    private DnsOutcome? _answer;
    private T? _result;

    /// <summary>What came of it; there once there is nothing more to ask.</summary>
    /// <exception cref="InvalidOperationException">There still is.</exception>
    public T Result => _result ?? throw new InvalidOperationException("The decision is not made yet.");

    /// <summary>What the last question brought.</summary>
    protected DnsOutcome Answer => _answer ?? throw new InvalidOperationException("Nothing was asked yet.");

    /// <summary>The first question; null: nothing has to be asked, <see cref="Result"/> is there.</summary>
    public DnsQuestion? Begin()
    {
        if (_steps is not null)
        {
            throw new InvalidOperationException("The decision was begun already.");
        }

        _steps = Steps().GetEnumerator();
        return Next();
    }

    /// <summary>Takes what the last question brought, and says the next; null: <see cref="Result"/> is there.</summary>
    public DnsQuestion? Continue(DnsOutcome answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _answer = answer;
        return Next();
    }

    /// <summary>The questions, in order. Each finds what it brought in <see cref="Answer"/>; before the end, <see cref="Conclude"/> is called.</summary>
    protected abstract IEnumerable<DnsQuestion> Steps();

    /// <summary>Says what came of it.</summary>
    protected void Conclude(T result) => _result = result;

    private DnsQuestion? Next()
    {
        if (_steps is null || _result is not null)
        {
            throw new InvalidOperationException("There is no question open.");
        }

        return _steps.MoveNext() ? _steps.Current
            : _result is null ? throw new InvalidOperationException("The decision ended without a result.")
            : null;
    }
}
