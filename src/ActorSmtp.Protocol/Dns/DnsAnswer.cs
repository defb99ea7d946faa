using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Dns;

/// <summary>What one answer says about a question: its outcome, or the name to ask for next where the server left the end of the aliases to us.</summary>
/// <param name="Outcome">Null where <paramref name="AskNext"/> is not.</param>
/// <param name="AskNext">The alias's end, whose records did not come with it.</param>
/// <param name="Aliases">How many aliases were followed.</param>
/// <param name="AliasTtl">The shortest life of those.</param>
/// <param name="Holds">It may be kept: it is no failure, and a negative one says how long (RFC 2308 §5).</param>
public readonly record struct DnsAnswer(DnsOutcome? Outcome, DnsName? AskNext, int Aliases, TimeSpan AliasTtl, bool Holds)
{
    /// <summary>Aliases that are followed for one question.</summary>
    public const int MostAliases = 12;

    /// <summary>
    /// Reads an answer that <see cref="DnsQuery.Judge"/> took. Records that are neither at the name asked for nor on the way of its aliases count for nothing,
    /// whoever put them there.
    /// </summary>
    /// <param name="aliasesBefore">Followed by answers before this one.</param>
    public static DnsAnswer Read(DnsMessage message, DnsQuestion question, int aliasesBefore = 0)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(question);
        var (name, aliases, aliasTtl) = (question.Name, 0, int.MaxValue);
        if (message.Code is not (DnsResponseCode.NoError or DnsResponseCode.NameError))
        {
            return Failed(message.Code == DnsResponseCode.Refused ? DnsFailure.Refused : DnsFailure.ServerFailure, Words.Of(message.Code), name);
        }

        while (true)
        {
            var here = name;
            var records = message.Answers.Where(r => r.Type == question.Type && r is not OtherRecord && r.Name == here).Distinct().ToImmutableArray();
            if (!records.IsEmpty)
            {
                return message.Code == DnsResponseCode.NameError
                    ? Failed(DnsFailure.BadAnswer, "NXDOMAIN with records of the name", name)
                    : Of(new DnsFound(records, Seconds(Math.Min(aliasTtl, records.Min(r => r.Ttl)))) { Name = name, IsAuthentic = message.IsAuthentic });
            }

            var alias = message.Answers.OfType<PointerRecord>().Where(r => r.Type == DnsType.Cname && r.Name == here).ToArray();
            if (alias.Length == 0)
            {
                break;
            }

            if (alias.Any(a => a.Target != alias[0].Target))
            {
                return Failed(DnsFailure.BadAnswer, $"{name} is an alias of several names", name);      // RFC 2181 §10.1
            }

            if (aliasesBefore + ++aliases > MostAliases)
            {
                return Failed(DnsFailure.AliasLoop, $"more than {MostAliases} aliases, or a circle of them, from {question.Name}", name);
            }

            (name, aliasTtl) = (alias[0].Target, Math.Min(aliasTtl, alias[0].Ttl));
        }

        var end = name;
        var soa = message.Authorities.OfType<SoaRecord>().FirstOrDefault(s => end.IsAtOrBelow(s.Name));
        var negative = soa is null ? 0 : Math.Min(aliasTtl, Math.Min(soa.Ttl, soa.Minimum));            // RFC 2308 §5
        if (message.Code == DnsResponseCode.NameError)
        {
            return Of(new DnsNoName(Seconds(negative)) { Name = name, IsAuthentic = message.IsAuthentic }) with { Holds = soa is not null };
        }

        if (soa is null && aliases > 0)
        {
            return new DnsAnswer(null, name, aliases, Seconds(aliasTtl), false);
        }

        // RFC 2308 §2.2: without an SOA it is a referral if there are NS records, "no data" if not.
        return soa is null && message.Authorities.Any(r => r.Type == DnsType.Ns)
            ? Failed(DnsFailure.Refused, "a referral: it does not look names up for us", name)
            : Of(new DnsNoData(Seconds(negative), question.Type) { Name = name, IsAuthentic = message.IsAuthentic }) with { Holds = soa is not null };

        DnsAnswer Of(DnsOutcome outcome) => new(outcome, null, aliases, Seconds(aliasTtl), true);

        DnsAnswer Failed(DnsFailure failure, string detail, DnsName at) =>
            new(new DnsFailed(failure, detail, TimeSpan.Zero) { Name = at }, null, aliases, Seconds(aliasTtl), false);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
