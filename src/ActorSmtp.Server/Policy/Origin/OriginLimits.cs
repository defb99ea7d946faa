using System.Collections.Immutable;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>Which checks of the origin a listener names, and the most that may come of each; null: it does not name it.</summary>
internal sealed record OriginLimits(CheckLimit? Names, CheckLimit? Spf, CheckLimit? Dkim, CheckLimit? Arc, CheckLimit? Dmarc)
{
    /// <summary>Those of a listener; null: it names none.</summary>
    public static OriginLimits? Of(ImmutableArray<CheckChoice> choices)
    {
        var limits = new OriginLimits(Of(OriginWords.Names), Of(OriginWords.Spf), Of(OriginWords.Dkim), Of(OriginWords.Arc), Of(OriginWords.Dmarc));
        return limits == new OriginLimits(null, null, null, null, null) ? null : limits;

        CheckLimit? Of(string word) => choices.FirstOrDefault(c => c.Name == word)?.Most;
    }

    /// <summary>What has to be found out, also for the sake of another.</summary>
    /// <param name="hasAddress">There is a client's address.</param>
    /// <param name="trustsSealers">Some who pass mail on are believed.</param>
    public OriginParts Parts(bool hasAddress, bool trustsSealers) =>
        (Names is null || !hasAddress ? OriginParts.None : OriginParts.Names)
        | (Spf is null || !hasAddress ? OriginParts.None : OriginParts.Spf)
        | (Dkim is null ? OriginParts.None : OriginParts.Dkim)
        | (Arc is null && !(Dmarc is not null && trustsSealers) ? OriginParts.None : OriginParts.Arc)
        | (Dmarc is null ? OriginParts.None : OriginParts.Dmarc);

    /// <summary>Something of it is to be seen in the message; else all of it is only tried.</summary>
    public bool Shows => Shown(Names) || Shown(Spf) || Shown(Dkim) || Shown(Arc) || Shown(Dmarc);

    /// <summary>Mail may be answered with no.</summary>
    public bool Refuses => RefusesSenders || Dkim >= CheckLimit.Defer || Dmarc >= CheckLimit.Defer;

    /// <summary>MAIL may be answered with no.</summary>
    public bool RefusesSenders => Names >= CheckLimit.Defer || Spf >= CheckLimit.Defer;

    /// <summary>What is done by the policy of the author's domain, as far as this listener lets it: a mark is as much as to set it apart.</summary>
    public DmarcPolicy Done(DmarcResult? result) => (result?.Applies ?? DmarcPolicy.None, Dmarc) switch
    {
        (DmarcPolicy.None, _) or (_, null or CheckLimit.Log) => DmarcPolicy.None,
        (DmarcPolicy.Reject, CheckLimit.Reject) => DmarcPolicy.Reject,
        _ => DmarcPolicy.Quarantine,
    };

    /// <summary>What the message may tell: all but what is only tried, and with DMARC what it rests on.</summary>
    public OriginFindings Visible(OriginFindings findings)
    {
        var dmarc = Shown(Dmarc);
        var spf = Spf is null ? dmarc : Shown(Spf);
        return findings with
        {
            Names = Shown(Names) ? findings.Names : null,
            Helo = spf ? findings.Helo : null,
            Spf = spf ? findings.Spf : null,
            Signatures = (Dkim is null ? dmarc : Shown(Dkim)) ? findings.Signatures : default,
            Chain = (Arc is null ? dmarc : Shown(Arc)) ? findings.Chain : null,
            Dmarc = dmarc ? findings.Dmarc : null,
        };
    }

    private static bool Shown(CheckLimit? limit) => limit > CheckLimit.Log;
}
