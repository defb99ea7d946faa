using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Protocol.Dmarc;

/// <summary>
/// Does the domain that a reader sees in From stand behind the message (RFC 7489 §6.6)? It does where SPF or a signature passes for it, or for its organization.
/// Two look-ups at most.
/// </summary>
public sealed class DmarcCheck : DnsDecision<DmarcResult>
{
    private readonly HeaderList _header;
    private readonly SpfResult? _spf;
    private readonly IReadOnlyList<DkimResult> _signatures;
    private readonly PublicSuffixes _suffixes;
    private readonly int _luck;

    /// <param name="header">Of the message.</param>
    /// <param name="spf">Of the sender of MAIL, or of HELO where that is nobody; null: not checked.</param>
    /// <param name="signatures">What came of each signature.</param>
    /// <param name="suffixes">Which domains are one owner's.</param>
    /// <param name="luck">0 to 99, by chance: whether the message is among those to which a policy applies (pct=).</param>
    public DmarcCheck(HeaderList header, SpfResult? spf, IReadOnlyList<DkimResult> signatures, PublicSuffixes suffixes, int luck) =>
        (_header, _spf, _signatures, _suffixes, _luck) = (header, spf, signatures, suffixes, luck);

    protected override IEnumerable<DnsQuestion> Steps()
    {
        if (AuthorOf(_header, out var problem, out var obstacle) is not { } author)
        {
            Conclude(new DmarcResult(DmarcVerdict.PermError, "", null, null, DmarcPolicy.None, DmarcPolicy.None, null, null, problem) { Obstacle = obstacle });
            yield break;
        }

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
                record = DmarcRecord.TryParse(texts[0], out problem);
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

    /// <summary>The domain of the only author; null, and why there is none (§6.6.1).</summary>
    private static string? AuthorOf(HeaderList header, out string problem, out DmarcObstacle obstacle)
    {
        var fields = header.All("From").Take(2).Count();
        var domains = AddressParser.Flatten(header.From).Select(a => DomainName.ToCanonical(a.Domain)).Distinct(StringComparer.Ordinal).Take(2).ToArray();
        obstacle = fields > 1 ? DmarcObstacle.SeveralFromFields : domains.Length > 1 ? DmarcObstacle.SeveralDomains : DmarcObstacle.None;
        problem = fields > 1 ? "there are several From fields"
            : domains.Length > 1 ? "From names several domains"
            : fields == 0 ? "there is no From field"
            : domains.Length == 0 || !PublicSuffixes.IsName(domains[0]) ? "From names no domain"
            : "";
        return problem.Length == 0 ? domains[0] : null;
    }

    private bool IsAligned(string domain, string author, bool strict) =>
        string.Equals(domain, author, StringComparison.OrdinalIgnoreCase) || (!strict && PublicSuffixes.IsName(domain) && _suffixes.AreOneOrganization(domain, author));

    private void End(DmarcVerdict verdict, string author, DmarcRecord? record, string? at, string reason, string? spf = null, string? dkim = null)
    {
        var requested = record is null ? DmarcPolicy.None : at == author ? record.Policy : record.SubdomainPolicy;
        var applies = verdict != DmarcVerdict.Fail ? DmarcPolicy.None
            : _luck < record!.Percent ? requested
            : requested == DmarcPolicy.Reject ? DmarcPolicy.Quarantine : DmarcPolicy.None;       // §6.6.4
        Conclude(new DmarcResult(verdict, author, record, at, requested, applies, spf, dkim, reason));
    }
}
