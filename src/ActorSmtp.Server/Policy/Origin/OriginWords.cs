using System.Collections.Immutable;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>The checks of a message's origin, as <c>checks</c> of a listener, findings and log name them.</summary>
internal static class OriginWords
{
    /// <summary>The client's address has a name that leads back to it (RFC 8601 §3).</summary>
    public const string Names = "iprev";

    /// <summary>The sender's domain lets the client send for it (RFC 7208).</summary>
    public const string Spf = "spf";

    /// <summary>The message is as a domain signed it (RFC 6376).</summary>
    public const string Dkim = "dkim";

    /// <summary>Who passed the message on says how it had come (RFC 8617).</summary>
    public const string Arc = "arc";

    /// <summary>What the author's domain wants done with mail that is not its own (RFC 7489).</summary>
    public const string Dmarc = "dmarc";

    /// <summary>All of them, in the order in which they are asked and told.</summary>
    public static ImmutableArray<string> All { get; } = [Names, Spf, Dkim, Arc, Dmarc];

    /// <summary>Whether a word of <c>checks</c> is one of them.</summary>
    public static bool IsOne(string word) => All.Contains(word);
}
