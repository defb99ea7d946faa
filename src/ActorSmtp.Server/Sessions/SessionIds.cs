namespace ActorSmtp.Server.Sessions;

/// <summary>
/// Ids of sessions: short, unique on this server for years, fit for an actor's name. A random start (base32) keeps two runs apart, a counter
/// keeps sessions apart.
/// </summary>
internal sealed class SessionIds(int seed)
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private readonly uint _run = (uint)seed & 0xFFFFF;
    private long _count;

    /// <summary>What the ids of this run have in common: four characters.</summary>
    public string Run => TextOf(0)[1..5];

    /// <summary>The next id, such as <c>s7g2k-1f</c>.</summary>
    public string Next() => Next(out _);

    /// <inheritdoc cref="Next()"/>
    /// <param name="number">Grows from session to session.</param>
    public string Next(out long number)
    {
        number = Interlocked.Increment(ref _count);
        return TextOf(number);
    }

    /// <summary>The id of a session of this run, by its number.</summary>
    public string TextOf(long number)
    {
        var n = (ulong)number;
        Span<char> text = stackalloc char[20];
        var at = text.Length;
        do
        {
            text[--at] = Alphabet[(int)(n & 31)];
            n >>= 5;
        }
        while (n != 0);

        text[--at] = '-';
        for (var i = 0; i < 4; i++)
        {
            text[--at] = Alphabet[(int)((_run >> (5 * i)) & 31)];
        }

        text[--at] = 's';
        return new string(text[at..]);
    }

    /// <summary>The number of a session of this run, by its id in either case; 0 for any other text.</summary>
    public long NumberOf(string text)
    {
        var number = 0L;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || text.Length - dash > 13)
        {
            return 0;
        }

        foreach (var c in text.AsSpan(dash + 1))
        {
            var digit = Alphabet.IndexOf(char.ToLowerInvariant(c), StringComparison.Ordinal);
            if (digit < 0)
            {
                return 0;
            }

            number = (number << 5) | (uint)digit;
        }

        return text.Equals(TextOf(number), StringComparison.OrdinalIgnoreCase) ? number : 0;
    }
}
