namespace ActorSmtp.Protocol.Spf;

/// <summary>What SPF says of a client (RFC 7208 §2.6).</summary>
public enum SpfVerdict
{
    /// <summary>The domain says nothing, or there is none to ask.</summary>
    None,

    /// <summary>The domain does not want to say.</summary>
    Neutral,

    /// <summary>The client may send for the domain.</summary>
    Pass,

    /// <summary>The client may not.</summary>
    Fail,

    /// <summary>The client probably may not.</summary>
    SoftFail,

    /// <summary>The DNS did not answer; later it may.</summary>
    TempError,

    /// <summary>What the domain published cannot be read, or asks for too much.</summary>
    PermError,
}

/// <summary>What came of a check.</summary>
/// <param name="Verdict">The result.</param>
/// <param name="Domain">Whose record was read first: of the sender, or of HELO.</param>
/// <param name="IsHelo">The name of HELO was checked, not the sender.</param>
/// <param name="Term">The term that decided, as it stands in the record; null: none did.</param>
/// <param name="Reason">Why, in words for the log and for people; printable ASCII.</param>
/// <param name="Explanation">With <see cref="SpfVerdict.Fail"/>: what the domain wants the sender to be told (§6.2), printable ASCII, bounded. A stranger wrote it.</param>
/// <param name="Lookups">Terms that needed look-ups; at most 11, the last one too many.</param>
/// <param name="Voids">Look-ups that found nothing.</param>
public sealed record SpfResult(
    SpfVerdict Verdict, string Domain, bool IsHelo, string? Term, string Reason, string? Explanation, int Lookups, int Voids)
{
    /// <summary>The word for it in Authentication-Results (RFC 8601 §2.7.2) and Received-SPF.</summary>
    public string Word => ToWord(Verdict);

    /// <summary>The word of a verdict.</summary>
    public static string ToWord(SpfVerdict verdict) => verdict switch
    {
        SpfVerdict.None => "none",
        SpfVerdict.Neutral => "neutral",
        SpfVerdict.Pass => "pass",
        SpfVerdict.Fail => "fail",
        SpfVerdict.SoftFail => "softfail",
        SpfVerdict.TempError => "temperror",
        _ => "permerror",
    };
}
