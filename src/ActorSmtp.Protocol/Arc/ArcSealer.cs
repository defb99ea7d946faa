using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Results;

namespace ActorSmtp.Protocol.Arc;

/// <summary>Adds a set to a chain (RFC 8617 §5.1): for servers that pass mail on and may have changed it.</summary>
public static class ArcSealer
{
    /// <summary>
    /// The three fields that go in front of the message, the seal first, with their line ends. Null where there is nothing to be added: the chain was broken before, has fifty sets
    /// already, or the message cannot be signed.
    /// </summary>
    /// <param name="signer">Whose key, of RSA: verifiers of chains know no other for sure; the same that signs for DKIM.</param>
    /// <param name="message">Whole, as it leaves; made with <see cref="Canonicalization.Relaxed"/> among its forms.</param>
    /// <param name="chain">What came of the chain when the message arrived.</param>
    /// <param name="results">What was found out when it arrived.</param>
    /// <param name="now">When it is sealed.</param>
    public static string? Seal(DkimSigner signer, SignedMessage message, ArcResult chain, AuthenticationResults results, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.IsTooLong ? null : Seal(signer, message.Header, message.BodyHash(Canonicalization.Relaxed), chain, results, now);
    }

    /// <summary>The same for a message that was changed since it came.</summary>
    /// <param name="signer">Whose key.</param>
    /// <param name="header">As it leaves.</param>
    /// <param name="body">The hash of the body as it leaves, in the relaxed form.</param>
    /// <param name="chain">What came of the chain when the message arrived.</param>
    /// <param name="results">What was found out when it arrived.</param>
    /// <param name="now">When it is sealed.</param>
    public static string? Seal(DkimSigner signer, HeaderList header, byte[] body, ArcResult chain, AuthenticationResults results, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(results);
        if (signer.Algorithm != DkimAlgorithm.RsaSha256 || header.First("From") is null || chain.Verdict == ArcVerdict.Fail
            || !ArcSet.TryCollect(header, out var sets, out _) || sets.Count >= ArcLimits.MostSets || (sets.Count == 0) != (chain.Verdict == ArcVerdict.None))
        {
            return null;
        }

        var instance = (sets.Count + 1).ToString(CultureInfo.InvariantCulture);
        var made = string.Create(CultureInfo.InvariantCulture, $"t={now.ToUnixTimeSeconds()};");
        var found = results.ToField(ArcSet.ResultsField, $"i={instance}; ");
        var fields = DkimSigner.Fields(header, DkimSigningForm.Usual);
        fields.AddRange(header.All(SignedMessage.DkimField).Take(20).Select(_ => "dkim-signature"));      // §4.1.2
        var signature = DkimSigner.Fold(
            SignedMessage.ArcField + ":",
            [
                $"i={instance};", "a=rsa-sha256;", "c=relaxed/relaxed;", $"d={signer.Domain};", $"s={signer.Selector};", made,
                .. ("h=" + string.Join(':', fields) + ";").Split(':').Select((f, i) => i == 0 ? f : ":" + f),
                $"bh={Convert.ToBase64String(body)};",
            ],
            "b=");
        signature += signer.SignHash(SignedHeader.Hash(header, fields, Canonicalization.Relaxed, Encoding.ASCII.GetBytes(signature), null)) + "\r\n";
        var seal = DkimSigner.Fold(
            ArcSet.SealField + ":",
            [$"i={instance};", "a=rsa-sha256;", $"cv={chain.Word};", $"d={signer.Domain};", $"s={signer.Selector};", made],
            "b=");
        sets.Add(new ArcSet(Field(found), Field(signature), Field(seal + "\r\n")));
        seal += signer.SignHash(ArcCheck.SealHash(sets, sets.Count - 1, Encoding.ASCII.GetBytes(seal))) + "\r\n";
        return seal + signature + found;
    }

    private static HeaderField Field(string text) => HeaderList.Read(Encoding.ASCII.GetBytes(text), MimeLimits.Ample)[0];
}
