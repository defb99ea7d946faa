using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// Verifies one signature of a message (RFC 6376 §6.1): all that can be known without the key is judged before anybody is asked for it.
/// </summary>
public sealed class DkimCheck : DnsDecision<DkimResult>
{
    private readonly SignedMessage _message;
    private readonly DkimOptions _options;
    private readonly DkimSignature? _signature;
    private readonly string _problem;
    private readonly DateTimeOffset _now;

    private DkimCheck(SignedMessage message, DkimOptions options, DkimSignature? signature, string problem, DateTimeOffset now) =>
        (_message, _options, _signature, _problem, _now) = (message, options, signature, problem, now);

    /// <summary>A check for each signature of a message that is whole, the topmost first, as many as the options allow; they do not need each other.</summary>
    public static IReadOnlyList<DkimCheck> Of(SignedMessage message, DkimOptions options, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(options);
        return [.. message.DkimSignatures.Select(s => new DkimCheck(message, options, s.Signature, s.Problem, now))];
    }

    /// <summary>The same for a message signature of ARC.</summary>
    internal static DkimCheck OfArc(SignedMessage message, DkimOptions options, DkimSignature signature, DateTimeOffset now) => new(message, options, signature, "", now);

    protected override IEnumerable<DnsQuestion> Steps()
    {
        if (_message.IsTooLong)
        {
            End(DkimVerdict.PermError, "the header is too long to be checked");
            yield break;
        }

        if (_signature is not { } signature)
        {
            End(DkimVerdict.Neutral, $"the signature cannot be read: {_problem}");
            yield break;
        }

        if (!signature.Fields.Contains("from", StringComparer.OrdinalIgnoreCase))
        {
            End(DkimVerdict.PermError, "From is not signed");            // §6.1.1
            yield break;
        }

        if (signature.Expires is { } expires && expires < _now.ToUnixTimeSeconds())
        {
            End(DkimVerdict.Fail, "its time is over");
            yield break;
        }

        var (bodyHash, octets) = _message.Body(signature.BodyForm, signature.BodyLength);
        if (signature.BodyLength > octets)
        {
            End(DkimVerdict.Fail, "the body is shorter than what was signed");
            yield break;
        }

        yield return new DnsQuestion(signature.KeyName, DnsType.Txt);
        var key = DkimKey.Of(Answer, signature.Algorithm, _options.LeastRsaBits, out var problem);
        if (!bodyHash.AsSpan().SequenceEqual(signature.BodyHash))
        {
            End(DkimVerdict.Fail, "the body was changed", key);      // the key says at most that the domain only tries
            yield break;
        }

        if (key is null || problem.Length > 0)
        {
            End(Answer is DnsFailed ? DkimVerdict.TempError : DkimVerdict.PermError, problem, key);
            yield break;
        }

        if (key.IsStrict && !signature.Identity.EndsWith("@" + signature.Domain, StringComparison.OrdinalIgnoreCase))
        {
            End(DkimVerdict.PermError, "the key is not for names below its domain", key);
            yield break;
        }

        var hash = SignedHeader.Hash(_message.Header, signature.Fields, signature.HeaderForm, signature.Field.Raw.Span, signature.Field);
        if (!key.Verify(hash, signature.Signature))
        {
            End(DkimVerdict.Fail, "the signature is not the key's, or a signed field was changed", key);
        }
        else if (signature.BodyLength < octets && !_options.TakesPartialBodies)
        {
            End(DkimVerdict.Policy, $"{octets - signature.BodyLength} octets at the end of the body are not signed (l=)", key);
        }
        else
        {
            End(DkimVerdict.Pass, key.IsTesting ? "the domain only tries (t=y)" : "", key);
        }
    }

    private void End(DkimVerdict verdict, string reason, DkimKey? key = null) =>
        Conclude(new DkimResult(verdict, reason, _signature, key?.RsaBits ?? 0, key?.IsTesting == true));
}
