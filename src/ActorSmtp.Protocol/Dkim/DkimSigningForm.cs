using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>How signatures are made. The whole body is signed in any case: there is no l= (RFC 6376 §8.2).</summary>
/// <param name="Header">Canonicalization of the header.</param>
/// <param name="Body">Canonicalization of the body.</param>
/// <param name="Always">Fields that are signed once more than they are there, also where they are not, so that none can be added (RFC 6376 §8.15).</param>
/// <param name="Present">Fields that are signed where they are there, then once more likewise.</param>
/// <param name="ExpiresAfter">How long a signature is good (x=); zero: without end.</param>
public sealed record DkimSigningForm(
    Canonicalization Header, Canonicalization Body, ImmutableArray<string> Always, ImmutableArray<string> Present, TimeSpan ExpiresAfter)
{
    /// <summary>Relaxed, over what a reader sees or acts on (RFC 6376 §5.4.1).</summary>
    public static DkimSigningForm Usual { get; } = new(
        Canonicalization.Relaxed,
        Canonicalization.Relaxed,
        ["From", "Reply-To", "Subject", "To", "Cc"],
        [
            "Sender", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "In-Reply-To", "References",
            "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive",
        ],
        TimeSpan.Zero);

    /// <summary>c=.</summary>
    internal string Word => $"{WordOf(Header)}/{WordOf(Body)}";

    /// <summary>Whether a field may be among the signed ones: others change on the way, or are our own (RFC 6376 §3.5, §5.4.1; RFC 8617 §4.1).</summary>
    public static bool MaySign(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return field.Length > 0 && field.All(c => c is > ' ' and <= '~' and not (':' or ';'))
            && !field.StartsWith("ARC-", StringComparison.OrdinalIgnoreCase)
            && field.ToLowerInvariant() is not ("return-path" or "received" or "dkim-signature" or "authentication-results" or "bcc" or "x-policy");
    }

    private static string WordOf(Canonicalization form) => form == Canonicalization.Simple ? "simple" : "relaxed";
}
