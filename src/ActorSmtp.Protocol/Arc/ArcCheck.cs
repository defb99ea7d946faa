using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Arc;

/// <summary>What a chain is worth (RFC 8617 §4.4).</summary>
public enum ArcVerdict
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>It is whole, and the message is as the last of it passed it on.</summary>
    Pass,

    /// <summary>It is not.</summary>
    Fail,
}

/// <summary>What came of a chain.</summary>
/// <param name="Verdict">The result.</param>
/// <param name="Reason">Why, in words for the log and for people; printable ASCII.</param>
/// <param name="Sealers">Who sealed, the first first; as far as seals could be read. Whether any of them is to be believed is another question.</param>
/// <param name="IsTemporary">It failed since a key cannot be looked up now.</param>
public sealed record ArcResult(ArcVerdict Verdict, string Reason, ImmutableArray<string> Sealers, bool IsTemporary)
{
    /// <summary>The word for it in Authentication-Results (§10.1) and in cv=.</summary>
    public string Word => Verdict switch { ArcVerdict.None => "none", ArcVerdict.Pass => "pass", _ => "fail" };
}

/// <summary>Validates the chain of a message (RFC 8617 §5.2): its row, the last message signature, each seal. At most 51 look-ups, each key once.</summary>
public sealed class ArcCheck : DnsDecision<ArcResult>
{
    private readonly SignedMessage _message;
    private readonly DkimOptions _options;
    private readonly DateTimeOffset _now;

    /// <param name="message">Whole.</param>
    /// <param name="options">Which keys are taken.</param>
    /// <param name="now">The time.</param>
    public ArcCheck(SignedMessage message, DkimOptions options, DateTimeOffset now) => (_message, _options, _now) = (message, options, now);

    protected override IEnumerable<DnsQuestion> Steps()
    {
        if (_message.IsTooLong)
        {
            End(ArcVerdict.Fail, "the header is too long to be checked");
            yield break;
        }

        if (!ArcSet.TryCollect(_message.Header, out var sets, out var problem))
        {
            End(ArcVerdict.Fail, problem);
            yield break;
        }

        if (sets.Count == 0)
        {
            End(ArcVerdict.None, "there is no chain");
            yield break;
        }

        var seals = new ArcSeal[sets.Count];
        for (var i = 0; i < sets.Count; i++)
        {
            if (ArcSeal.TryParse(sets[i].Seal, out problem) is not { } seal)
            {
                End(ArcVerdict.Fail, $"seal {Number(i)} cannot be read: {problem}");
                yield break;
            }

            seals[i] = seal;
        }

        var sealers = seals.Select(s => s.Domain).ToImmutableArray();
        if (seals[^1].ChainWord == "fail")                          // §5.2, 2
        {
            End(ArcVerdict.Fail, $"{sealers[^1]} says that the chain was broken already", sealers);
            yield break;
        }

        for (var i = 0; i < seals.Length; i++)                      // §5.2, 3 C
        {
            if (seals[i].ChainWord != (i == 0 ? "none" : "pass"))
            {
                End(ArcVerdict.Fail, $"seal {Number(i)} says cv={seals[i].ChainWord}", sealers);
                yield break;
            }
        }

        var signature = _message.ArcSignatures.FirstOrDefault(s => ReferenceEquals(s.Field, sets[^1].Message));
        if (signature.Signature is not { } last || last.Fields.Contains(ArcSet.SealField, StringComparer.OrdinalIgnoreCase))
        {
            End(ArcVerdict.Fail, $"the last message signature cannot be read: {(signature.Signature is null ? signature.Problem : "it signs seals")}", sealers);
            yield break;
        }

        var check = DkimCheck.OfArc(_message, _options, last, _now);
        for (var question = check.Begin(); question is not null; question = check.Continue(Answer))
        {
            yield return question;
        }

        if (check.Result.Verdict != DkimVerdict.Pass)               // §5.2, 4
        {
            End(ArcVerdict.Fail, $"the last message signature: {check.Result.Reason}", sealers, check.Result.Verdict == DkimVerdict.TempError);
            yield break;
        }

        var keys = new Dictionary<DnsName, DnsOutcome>();
        for (var i = seals.Length - 1; i >= 0; i--)                 // §5.2, 6
        {
            var seal = seals[i];
            if (!keys.TryGetValue(seal.KeyName, out var outcome))
            {
                yield return new DnsQuestion(seal.KeyName, DnsType.Txt);
                keys.Add(seal.KeyName, outcome = Answer);
            }

            if (DkimKey.Of(outcome, seal.Algorithm, _options.LeastRsaBits, out problem) is not { } key || problem.Length > 0)
            {
                End(ArcVerdict.Fail, $"seal {Number(i)} of {seal.Domain}: {problem}", sealers, outcome is DnsFailed);
                yield break;
            }

            if (!key.Verify(SealHash(sets, i, sets[i].Seal.Raw.Span), seal.Signature))
            {
                End(ArcVerdict.Fail, $"seal {Number(i)} of {seal.Domain} is broken", sealers);
                yield break;
            }
        }

        End(ArcVerdict.Pass, "", sealers);
    }

    /// <summary>What a seal is over (§5.1.1): all sets up to its own in order, each as results, signature, seal; its own seal last, without its b=.</summary>
    /// <param name="own">The seal's field; of a seal in the making, with an empty b=.</param>
    internal static byte[] SealHash(IReadOnlyList<ArcSet> sets, int upTo, ReadOnlySpan<byte> own)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i <= upTo; i++)
        {
            HeaderCanonicalizer.Append(hash, sets[i].Results, Canonicalization.Relaxed);
            HeaderCanonicalizer.Append(hash, sets[i].Message, Canonicalization.Relaxed);
            if (i < upTo)
            {
                HeaderCanonicalizer.Append(hash, sets[i].Seal, Canonicalization.Relaxed);
            }
        }

        HeaderCanonicalizer.AppendSignature(hash, own, Canonicalization.Relaxed);
        return hash.GetHashAndReset();
    }

    private static string Number(int place) => (place + 1).ToString(CultureInfo.InvariantCulture);

    private void End(ArcVerdict verdict, string reason, ImmutableArray<string> sealers = default, bool isTemporary = false) =>
        Conclude(new ArcResult(verdict, reason, sealers.IsDefault ? [] : sealers, isTemporary));
}
