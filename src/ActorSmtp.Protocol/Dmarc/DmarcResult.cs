namespace ActorSmtp.Protocol.Dmarc;

/// <summary>What DMARC says of a message (RFC 7489 §11.2).</summary>
public enum DmarcVerdict
{
    /// <summary>The author's domain has no policy.</summary>
    None,

    /// <summary>The author's domain sent it, or signed it.</summary>
    Pass,

    /// <summary>It did neither.</summary>
    Fail,

    /// <summary>The DNS did not answer; later it may.</summary>
    TempError,

    /// <summary>There is no author whose domain could be asked, or there are several; or the record cannot be used.</summary>
    PermError,
}

/// <summary>Why nobody can be asked about a message, where that may be on purpose.</summary>
public enum DmarcObstacle
{
    /// <summary>There is nothing of the kind.</summary>
    None,

    /// <summary>Which of them a reader sees is anybody's guess (RFC 7489 §6.6.1; RFC 5322 §3.6 forbids it).</summary>
    SeveralFromFields,

    /// <summary>One From field names several domains: each was asked (RFC 7489 §6.6.1).</summary>
    SeveralDomains,

    /// <summary>One From field names more domains, or addresses, than anybody asks about.</summary>
    TooManyDomains,

    /// <summary>There is no From field (RFC 5322 §3.6 wants one).</summary>
    NoFrom,

    /// <summary>From has no address with a domain: a name alone, an empty group, an address in brackets.</summary>
    NoDomain,

    /// <summary>A From field stands where some readers see it and others do not: behind a line that is no field, or behind a bare CR.</summary>
    HiddenFrom,

    /// <summary>From may stand behind what is looked at.</summary>
    HeaderTooLong,
}

/// <summary>What came of DMARC.</summary>
/// <param name="Verdict">The result.</param>
/// <param name="Author">The domain of From; empty: there is none.</param>
/// <param name="Record">What the domain, or its organization, wants; null: nothing that can be used.</param>
/// <param name="RecordAt">Where the record is: the domain, or its organization.</param>
/// <param name="Requested">What is asked for mail that fails.</param>
/// <param name="Applies">What is to be done with this message: as requested, less where it fell out of the percentage, nothing where it did not fail.</param>
/// <param name="AlignedSpf">The sender's domain, where SPF speaks for the author.</param>
/// <param name="AlignedDkim">The domain of a signature that speaks for the author.</param>
/// <param name="Reason">Why, in words for the log and for people; printable ASCII.</param>
public sealed record DmarcResult(
    DmarcVerdict Verdict, string Author, DmarcRecord? Record, string? RecordAt, DmarcPolicy Requested, DmarcPolicy Applies, string? AlignedSpf, string? AlignedDkim, string Reason)
{
    /// <summary>What stands in the way of knowing the one author; with <see cref="DmarcObstacle.SeveralDomains"/> beside what came of asking each, else with <see cref="DmarcVerdict.PermError"/>.</summary>
    public DmarcObstacle Obstacle { get; init; }

    /// <summary>Who passed the message on, saw it pass, and is believed: nothing <see cref="Applies"/>; null: nobody.</summary>
    public string? OverruledBy { get; init; }

    /// <summary>Who passed the message on may have seen it pass, and would be believed; that cannot be found out now.</summary>
    public bool MayBeOverruled { get; init; }

    /// <summary>Nothing is known of a message whose header is too long to be looked through.</summary>
    public static DmarcResult OfTooLong { get; } =
        new(DmarcVerdict.PermError, "", null, null, DmarcPolicy.None, DmarcPolicy.None, null, null, "the header is too long to be checked") { Obstacle = DmarcObstacle.HeaderTooLong };

    /// <summary>The word for it in Authentication-Results.</summary>
    public string Word => Verdict switch
    {
        DmarcVerdict.None => "none",
        DmarcVerdict.Pass => "pass",
        DmarcVerdict.Fail => "fail",
        DmarcVerdict.TempError => "temperror",
        _ => "permerror",
    };
}
