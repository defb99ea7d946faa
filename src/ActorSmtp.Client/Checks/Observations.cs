namespace ActorSmtp.Client.Checks;

/// <summary>
/// What was seen of the form of all replies of a check: for each flaw the first reply that had it, and what it answered. The clauses on replies
/// in general judge by it at the end.
/// </summary>
internal sealed class Observations
{
    private readonly Dictionary<ReplyFlaws, string> _first = [];

    /// <summary>Replies heard, other than greetings and answers to HELO and EHLO.</summary>
    public int Replies { get; private set; }

    /// <summary>Takes a reply in.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="answers">What was said before it; empty for a greeting.</param>
    public void Add(WireReply reply, string answers)
    {
        // RFC 2034 §4: no enhanced codes in greetings and in answers to HELO and EHLO.
        var isHello = answers.Length == 0 || answers.StartsWith("EHLO", StringComparison.OrdinalIgnoreCase) || answers.StartsWith("HELO", StringComparison.OrdinalIgnoreCase);
        var flaws = isHello ? reply.Flaws & ~(ReplyFlaws.NoEnhanced | ReplyFlaws.EnhancedClass | ReplyFlaws.EnhancedChanges) : reply.Flaws;
        Replies += isHello ? 0 : 1;
        foreach (var flaw in Enum.GetValues<ReplyFlaws>())
        {
            if (flaw != ReplyFlaws.None && flaws.HasFlag(flaw))
            {
                _first.TryAdd(flaw, $"'{reply}' answers '{(answers.Length == 0 ? "the connection" : answers)}'");
            }
        }
    }

    /// <summary>The first reply with a flaw; null where none had it.</summary>
    public string? First(ReplyFlaws flaw) => _first.GetValueOrDefault(flaw);
}
