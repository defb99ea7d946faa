using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Protocol.Dmarc;

/// <summary>
/// Does the domain that a reader sees in From stand behind the message (RFC 7489 §6.6)? It does where SPF or a signature passes for it, or for its organization. Where From names several
/// domains, each is asked, and of those that say no the strictest counts (§6.6.1). Two look-ups for each, of <see cref="MostAuthors"/> domains at most.
/// </summary>
public sealed class DmarcCheck : DnsDecision<DmarcResult>
{
    /// <summary>Domains in From that are asked; of a message with more nothing is known.</summary>
    public const int MostAuthors = 4;

    private readonly HeaderList _header;
    private readonly string? _hidden;
    private readonly SpfResult? _spf;
    private readonly IReadOnlyList<DkimResult> _signatures;
    private readonly PublicSuffixes _suffixes;
    private readonly int _luck;
    private DmarcResult? _last;

    /// <param name="header">Of the message.</param>
    /// <param name="spf">Of the sender of MAIL, or of HELO where that is nobody; null: not checked.</param>
    /// <param name="signatures">What came of each signature.</param>
    /// <param name="suffixes">Which domains are one owner's.</param>
    /// <param name="luck">0 to 99, by chance: whether the message is among those to which a policy applies (pct=).</param>
    /// <param name="hidden">Where another From stands that some readers show, in words (<see cref="SignedMessage.HiddenAuthor"/>); null: nowhere.</param>
    public DmarcCheck(HeaderList header, SpfResult? spf, IReadOnlyList<DkimResult> signatures, PublicSuffixes suffixes, int luck, string? hidden = null) =>
        (_header, _hidden, _spf, _signatures, _suffixes, _luck) = (header, hidden, spf, signatures, suffixes, luck);

    protected override IEnumerable<DnsQuestion> Steps()
    {
        var authors = AuthorsOf(_header, _hidden, out var problem, out var obstacle);
        if (authors.Length == 0)
        {
            Conclude(new DmarcResult(DmarcVerdict.PermError, "", null, null, DmarcPolicy.None, DmarcPolicy.None, null, null, problem) { Obstacle = obstacle });
            yield break;
        }

        DmarcResult? worst = null;
        foreach (var author in authors)
        {
            foreach (var question in Ask(author))
            {
                yield return question;
            }

            worst = worst is null || Weight(_last!) > Weight(worst) ? _last : worst;
        }

        Conclude(worst! with { Obstacle = obstacle, Reason = obstacle == DmarcObstacle.None ? worst.Reason : $"{problem}: {worst.Reason}" });
    }

    /// <summary>What one domain says. Sets <see cref="_last"/>.</summary>
    private IEnumerable<DnsQuestion> Ask(string author)
    {
        // §6.6.3: the domain's record, else the organization's.
        DmarcRecord? record = null;
        var at = author;
        var organization = _suffixes.OrganizationOf(author);
        string[] places = organization == author ? [author] : [author, organization];
        foreach (var place in places)
        {
            if (DnsName.TryParse("_dmarc." + place) is not { } name)
            {
                continue;
            }

            yield return new DnsQuestion(name, DnsType.Txt);
            if (Answer is DnsFailed failed)
            {
                End(DmarcVerdict.TempError, author, null, null, $"the policy of {place} cannot be looked up now: {failed.Words}");
                yield break;
            }

            var texts = Answer is DnsFound found ? found.Records.OfType<TxtRecord>().Select(r => r.Text).Where(DmarcRecord.IsRecord).ToArray() : [];
            if (texts.Length > 1)                                   // §6.6.3, 5: DMARC is not applied
            {
                End(DmarcVerdict.PermError, author, null, place, $"{place} has {texts.Length} DMARC records");
                yield break;
            }

            if (texts.Length == 1)
            {
                at = place;
                record = DmarcRecord.TryParse(texts[0], out var problem);
                if (record is null)
                {
                    End(DmarcVerdict.PermError, author, null, place, $"the DMARC record of {place} cannot be used: {Reply.Clean(problem)}");
                    yield break;
                }

                break;
            }
        }

        if (record is null)
        {
            End(DmarcVerdict.None, author, null, null, $"{author} has no DMARC record");
            yield break;
        }

        var spf = _spf is { Verdict: SpfVerdict.Pass } sent && IsAligned(sent.Domain, author, record.StrictSpf) ? sent.Domain : null;
        var dkim = _signatures.FirstOrDefault(s => s.Verdict == DkimVerdict.Pass && IsAligned(s.Signature!.Domain, author, record.StrictDkim))?.Signature!.Domain;
        if (spf is not null || dkim is not null)
        {
            End(DmarcVerdict.Pass, author, record, at, dkim is not null ? $"signed by {dkim}" : $"sent by {spf}", spf, dkim);
        }
        else if ((_spf is { Verdict: SpfVerdict.TempError } unknown && IsAligned(unknown.Domain, author, record.StrictSpf))
            || _signatures.Any(s => s is { Verdict: DkimVerdict.TempError, Signature: { } own } && IsAligned(own.Domain, author, record.StrictDkim)))
        {
            End(DmarcVerdict.TempError, author, record, at, "what could speak for the author cannot be looked up now");
        }
        else
        {
            End(DmarcVerdict.Fail, author, record, at, $"neither SPF nor a signature speaks for {author}");
        }
    }

    /// <summary>The domains of the authors that can be asked; none, and why (§6.6.1).</summary>
    private static string[] AuthorsOf(HeaderList header, string? hidden, out string problem, out DmarcObstacle obstacle)
    {
        var fields = header.All("From").Take(2).Count();
        var all = fields == 1 && hidden is null ? AddressParser.Flatten(header.From).ToArray() : [];
        var domains = all.Select(a => DomainName.ToCanonical(a.Domain)).Distinct(StringComparer.Ordinal).ToArray();
        var authors = domains.Where(PublicSuffixes.IsName).ToArray();
        var areTooMany = authors.Length > MostAuthors || all.Length >= AddressParser.MaxAddresses;
        (obstacle, problem) = hidden is not null ? (DmarcObstacle.HiddenFrom, hidden)
            : fields > 1 ? (DmarcObstacle.SeveralFromFields, "there are several From fields")
            : fields == 0 ? (DmarcObstacle.NoFrom, "there is no From field")
            : areTooMany ? (DmarcObstacle.TooManyDomains, "From names too many to ask them all")
            : authors.Length == 0 ? (DmarcObstacle.NoDomain, "From names no domain")
            : domains.Length > 1 ? (DmarcObstacle.SeveralDomains, "From names several domains")
            : (DmarcObstacle.None, "");
        return obstacle is DmarcObstacle.None or DmarcObstacle.SeveralDomains ? authors : [];
    }

    /// <summary>Of several domains the one counts that wants most done, then the one of which least is known.</summary>
    private static int Weight(DmarcResult result) => (10 * (int)result.Applies) + result.Verdict switch
    {
        DmarcVerdict.TempError when result.Record is null || result.Requested != DmarcPolicy.None => 9,
        DmarcVerdict.Fail => 4,
        DmarcVerdict.TempError => 3,
        DmarcVerdict.PermError => 2,
        DmarcVerdict.None => 1,
        _ => 0,
    };

    private bool IsAligned(string domain, string author, bool strict) =>
        string.Equals(domain, author, StringComparison.OrdinalIgnoreCase) || (!strict && PublicSuffixes.IsName(domain) && _suffixes.AreOneOrganization(domain, author));

    private void End(DmarcVerdict verdict, string author, DmarcRecord? record, string? at, string reason, string? spf = null, string? dkim = null)
    {
        var requested = record is null ? DmarcPolicy.None : at == author ? record.Policy : record.SubdomainPolicy;
        var applies = verdict != DmarcVerdict.Fail ? DmarcPolicy.None
            : _luck < record!.Percent ? requested
            : requested == DmarcPolicy.Reject ? DmarcPolicy.Quarantine : DmarcPolicy.None;       // §6.6.4
        _last = new DmarcResult(verdict, author, record, at, requested, applies, spf, dkim, reason);
    }
}
