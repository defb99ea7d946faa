using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Protocol.Results;

/// <summary>Everything that was found out of a message's origin. What was not checked is null.</summary>
/// <param name="Client">Whose address it came from.</param>
/// <param name="Sender">Of MAIL; null: nobody.</param>
/// <param name="Names">Of the client's address.</param>
/// <param name="Helo">SPF of the name of HELO.</param>
/// <param name="Spf">SPF of the sender; of HELO where there is none.</param>
/// <param name="Signatures">DKIM; empty and not default: the message is not signed.</param>
/// <param name="SurplusSignatures">Signatures that were not verified since there are so many.</param>
/// <param name="Dmarc">DMARC.</param>
/// <param name="Chain">ARC.</param>
public sealed record OriginFindings(
    IPAddress Client, Mailbox? Sender, ReverseNamesResult? Names, SpfResult? Helo, SpfResult? Spf, ImmutableArray<DkimResult> Signatures, int SurplusSignatures, DmarcResult? Dmarc,
    ArcResult? Chain)
{
    /// <summary>The field that says so to the recipient (RFC 8601).</summary>
    /// <param name="server">This server's name.</param>
    public AuthenticationResults ToResults(string server) => new(server, [.. Results()]);

    private IEnumerable<MethodResult> Results()
    {
        if (Names is { } names)                                     // §2.7.3, §3
        {
            yield return new MethodResult(
                "iprev",
                names.Word,
                names.Valid.IsEmpty ? null : names.Valid[0].ToString(),
                null,
                [new ResultProperty("policy", "iprev", (Client.IsIPv4MappedToIPv6 ? Client.MapToIPv4() : Client).ToString())]);
        }

        if (Helo is { } helo && Spf is not { IsHelo: true })        // §2.7.2
        {
            yield return new MethodResult("spf", helo.Word, null, WhyNot(helo), [new ResultProperty("smtp", "helo", helo.Domain)]);
        }

        if (Spf is { } spf)
        {
            yield return new MethodResult(
                "spf", spf.Word, null, WhyNot(spf),
                [spf.IsHelo ? new ResultProperty("smtp", "helo", spf.Domain) : new ResultProperty("smtp", "mailfrom", Sender is { IsInternational: false } sender ? sender.ToString() : spf.Domain)]);
        }

        if (!Signatures.IsDefault)                                  // §2.7.1
        {
            foreach (var signature in Signatures)
            {
                yield return new MethodResult(
                    "dkim", signature.Word,
                    signature.KeyBits > 0 ? string.Create(CultureInfo.InvariantCulture, $"{signature.KeyBits} bits") + (signature.IsTesting ? ", only tries" : "") : signature.IsTesting ? "only tries" : null,
                    signature.Verdict == DkimVerdict.Pass || signature.Reason.Length == 0 ? null : signature.Reason,
                    signature.Signature is not { } signed ? [] :
                    [
                        new ResultProperty("header", "d", signed.Domain),
                        new ResultProperty("header", "s", signed.Selector),
                        new ResultProperty("header", "a", signed.Algorithm == DkimAlgorithm.RsaSha256 ? "rsa-sha256" : "ed25519-sha256"),
                        new ResultProperty("header", "b", signed.Start),        // RFC 6008
                    ]);
            }

            if (Signatures.IsEmpty)
            {
                yield return new MethodResult("dkim", "none", null, null, []);
            }
        }

        if (Chain is { Verdict: not ArcVerdict.None } chain)        // RFC 8617 §10.1
        {
            yield return new MethodResult(
                "arc", chain.Word,
                chain.Sealers.IsEmpty ? null : string.Create(CultureInfo.InvariantCulture, $"i={chain.Sealers.Length} by {chain.Sealers[^1]}"),
                chain.Verdict == ArcVerdict.Pass ? null : chain.Reason, []);
        }

        if (Dmarc is { } dmarc)                                     // RFC 7489 §11.1
        {
            yield return new MethodResult(
                "dmarc", dmarc.Word,
                dmarc.Record is null ? null : $"p={DmarcRecord.ToWord(dmarc.Requested)} dis={DmarcRecord.ToWord(dmarc.Applies)}",
                dmarc.Verdict is DmarcVerdict.TempError or DmarcVerdict.PermError ? dmarc.Reason : null,
                dmarc.Author.Length == 0 ? [] : [new ResultProperty("header", "from", dmarc.Author)]);
        }
    }

    private static string? WhyNot(SpfResult spf) => spf.Verdict is SpfVerdict.TempError or SpfVerdict.PermError ? spf.Reason : null;
}
