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

    /// <summary>The next id, such as <c>s7g2k-1f</c>.</summary>
    public string Next()
    {
        var n = (ulong)Interlocked.Increment(ref _count);
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
}
