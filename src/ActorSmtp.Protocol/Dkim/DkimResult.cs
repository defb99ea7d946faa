namespace ActorSmtp.Protocol.Dkim;

/// <summary>What came of a signature, in the words of RFC 8601 §2.7.1.</summary>
public enum DkimVerdict
{
    /// <summary>The message is not signed.</summary>
    None,

    /// <summary>It is the domain's, and the message is as it was signed.</summary>
    Pass,

    /// <summary>The message is not as it was signed, or the signature is not the key's, or its time is over.</summary>
    Fail,

    /// <summary>It may be right, but we do not take such: it covers a part of the body only.</summary>
    Policy,

    /// <summary>It cannot be read.</summary>
    Neutral,

    /// <summary>The key cannot be looked up now.</summary>
    TempError,

    /// <summary>It can never be verified: there is no key, or one that nobody should use, or From is not signed.</summary>
    PermError,
}

/// <summary>What came of one signature.</summary>
/// <param name="Verdict">The result.</param>
/// <param name="Reason">Why, in words for the log and for people; printable ASCII.</param>
/// <param name="Signature">As far as it could be read; null: not at all.</param>
/// <param name="KeyBits">Of an RSA key; 0: it was not looked at, or is of Ed25519.</param>
/// <param name="IsTesting">The domain says it only tries (t=y in the key): a failure means nothing (RFC 6376 §3.6.1).</param>
public sealed record DkimResult(DkimVerdict Verdict, string Reason, DkimSignature? Signature, int KeyBits, bool IsTesting)
{
    /// <summary>The word for it in Authentication-Results.</summary>
    public string Word => ToWord(Verdict);

    /// <summary>The word of a verdict.</summary>
    public static string ToWord(DkimVerdict verdict) => verdict switch
    {
        DkimVerdict.None => "none",
        DkimVerdict.Pass => "pass",
        DkimVerdict.Fail => "fail",
        DkimVerdict.Policy => "policy",
        DkimVerdict.Neutral => "neutral",
        DkimVerdict.TempError => "temperror",
        _ => "permerror",
    };
}

/// <summary>What is taken of signatures.</summary>
/// <param name="MostSignatures">So many are verified, the topmost first; each costs a look-up and some computing.</param>
/// <param name="MostHeaderOctets">Of a longer header no signature is verified.</param>
/// <param name="LeastRsaBits">RFC 8301 §3.2: shorter keys are worth nothing; never below 1024.</param>
/// <param name="TakesPartialBodies">Signatures whose l= leaves a part of the body out count as whole ones (RFC 6376 §8.2 says why they should not).</param>
public sealed record DkimOptions(int MostSignatures, int MostHeaderOctets, int LeastRsaBits, bool TakesPartialBodies)
{
    /// <summary>What honest mail needs, and little enough for hostile mail.</summary>
    public static DkimOptions Usual { get; } = new(MostSignatures: 8, MostHeaderOctets: 256 * 1024, LeastRsaBits: 1024, TakesPartialBodies: false);
}
