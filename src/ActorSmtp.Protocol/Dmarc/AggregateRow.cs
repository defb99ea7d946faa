using System.Net;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Protocol.Dmarc;

/// <summary>What of a message goes into an aggregate report (RFC 7489 §7.2): messages that agree in all of it are one row, with their number.</summary>
/// <param name="Source">The client's address.</param>
/// <param name="Disposition">What was done with it by the policy.</param>
/// <param name="Dkim">A signature spoke for the author.</param>
/// <param name="Spf">SPF spoke for the author.</param>
/// <param name="Override">Why not what the policy asks for was done: <c>local_policy</c>, <c>sampled_out</c>, <c>trusted_forwarder</c>; empty: it was.</param>
/// <param name="Comment">A few words about that; empty: none.</param>
/// <param name="From">The domain of From.</param>
/// <param name="Sender">The domain of MAIL; empty: nobody sent it.</param>
/// <param name="Helo">What the client called itself, where SPF was asked of that; else empty.</param>
/// <param name="SpfResult">What SPF says.</param>
/// <param name="Signatures">Each verified signature as <c>domain/selector/result</c>, with blanks between; empty: none.</param>
public sealed record AggregateRow(
    IPAddress Source, DmarcPolicy Disposition, bool Dkim, bool Spf, string Override, string Comment, string From, string Sender, string Helo, SpfVerdict SpfResult, string Signatures)
{
    /// <summary>Signatures that a row tells.</summary>
    public const int MostSignatures = 4;

    private const int LongestName = 253;

    /// <summary>A row of what was found out.</summary>
    /// <param name="source">The client's address.</param>
    /// <param name="dmarc">What came of DMARC; with a record.</param>
    /// <param name="done">What was done by the policy.</param>
    /// <param name="sender">The domain of MAIL, in ASCII; empty: nobody.</param>
    /// <param name="spf">What SPF says; null: it was not asked.</param>
    /// <param name="signatures">What came of signatures.</param>
    public static AggregateRow Of(IPAddress source, DmarcResult dmarc, DmarcPolicy done, string sender, SpfResult? spf, IReadOnlyList<DkimResult> signatures)
    {
        ArgumentNullException.ThrowIfNull(dmarc);
        ArgumentNullException.ThrowIfNull(signatures);
        var (reason, comment) = dmarc.OverruledBy is { } trusted ? ("local_policy", $"arc=pass, sealed by {trusted}")       // RFC 8617 §7.2.2
            : done == dmarc.Applies ? dmarc.Verdict == DmarcVerdict.Fail && dmarc.Applies != dmarc.Requested ? ("sampled_out", "") : ("", "")
            : ("local_policy", "");
        return new AggregateRow(
            source, done, dmarc.AlignedDkim is not null, dmarc.AlignedSpf is not null, reason, comment, Clean(dmarc.Author), Clean(sender), spf is { IsHelo: true } ? Clean(spf.Domain) : "",
            spf?.Verdict ?? SpfVerdict.None,
            string.Join(' ', signatures.Where(s => s.Signature is not null).Take(MostSignatures).Select(s => $"{Clean(s.Signature!.Domain)}/{Clean(s.Signature.Selector)}/{s.Word}")));
    }

    /// <summary>Memory that it takes, about.</summary>
    public int Octets => 250 + (2 * (From.Length + Sender.Length + Helo.Length + Signatures.Length + Comment.Length));

    /// <summary>As it may stand in a file of lines and in a report: what cannot is left out.</summary>
    private static string Clean(string name) => string.Concat((name.Length > LongestName ? name[..LongestName] : name).Where(c => c is > ' ' and < '\x7f' and not ('/' or '<' or '>' or '&' or '"')));
}
