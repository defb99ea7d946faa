using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Spf;

/// <summary>
/// check_host() of RFC 7208 §4: may this client send for this domain? Asks nobody itself. Bounded whatever strangers publish: ten terms that need look-ups, ten hosts of
/// an mx, ten names of a ptr, two look-ups that find nothing (§4.6.4), so that 10 + 10·10 questions are the most there can ever be, and a dozen is usual.
/// </summary>
public sealed partial class SpfCheck : DnsDecision<SpfResult>
{
    private const int MostTerms = 10;
    private const int MostHosts = 10;
    private const int MostVoids = 2;
    private const int MostExplanation = 400;

    private readonly SpfSubject _subject;
    private readonly IPAddress _client;
    private readonly string _localPart;
    private readonly bool _isPlainLocalPart;
    private IReadOnlyList<DnsName>? _validated;                     // of the client, once somebody asked
    private bool _hasMatched;
    private int _terms;
    private int _voids;
    private Ending _ending = new(SpfVerdict.None, "nothing was looked up");

    /// <param name="subject">Who is checked.</param>
    public SpfCheck(SpfSubject subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        _subject = subject;
        _client = subject.Client.IsIPv4MappedToIPv6 ? subject.Client.MapToIPv4() : subject.Client;
        _localPart = subject.LocalPart.Length == 0 ? "postmaster" : subject.LocalPart;
        _isPlainLocalPart = Ascii.IsValid(_localPart);
    }

    /// <summary>How one record ended; of nested ones the last counts.</summary>
    private sealed record Ending(SpfVerdict Verdict, string Reason, string? Term = null, MacroString? Explanation = null, string Domain = "");

    protected override IEnumerable<DnsQuestion> Steps()
    {
        if (!IsWholeDomain(_subject.Domain))
        {
            _ending = new(SpfVerdict.None, $"{Shown(_subject.Domain)} is no whole domain name");        // §4.3
        }
        else
        {
            foreach (var question in CheckHost(_subject.Domain))
            {
                yield return question;
            }
        }

        string? explanation = null;
        var ending = _ending;
        if (ending is { Verdict: SpfVerdict.Fail, Explanation: { } where })
        {
            foreach (var question in Validate(where.NeedsValidatedName))
            {
                yield return question;
            }

            if (Target(where, ending.Domain) is { } name)
            {
                yield return new DnsQuestion(name, DnsType.Txt);
                if (Answer is DnsFound { Records: [TxtRecord { Text: var words }] } && MacroString.TryParseExplanation(words) is { } told)       // §6.2
                {
                    foreach (var question in Validate(told.NeedsValidatedName))
                    {
                        yield return question;
                    }

                    explanation = Words(told.Expand(Values(ending.Domain), 8 * MostExplanation));
                }
            }
        }

        Conclude(new SpfResult(ending.Verdict, _subject.Domain, _subject.IsHelo, ending.Term is { } term ? Shown(term) : null, ending.Reason, explanation, _terms, _voids));
    }

    /// <summary>One record, with those that it includes or goes on with. Sets <see cref="_ending"/>.</summary>
    private IEnumerable<DnsQuestion> CheckHost(string domain)
    {
        if (ToName(domain) is not { } name)
        {
            _ending = new(SpfVerdict.None, $"{Shown(domain)} is no name that could be looked up");
            yield break;
        }

        yield return new DnsQuestion(name, DnsType.Txt);
        if (Answer is DnsFailed failed)                             // §4.4
        {
            _ending = new(SpfVerdict.TempError, $"the record of {Shown(domain)} cannot be looked up now: {failed.Words}");
            yield break;
        }

        var records = Answer is DnsFound found ? found.Records.OfType<TxtRecord>().Select(r => r.Text).Where(SpfRecordParser.IsRecord).ToArray() : [];
        if (records.Length != 1)                                    // §4.5
        {
            _ending = records.Length > 1 ? new(SpfVerdict.PermError, $"{Shown(domain)} has {records.Length} SPF records")
                : new(SpfVerdict.None, Answer is DnsNoName ? $"{Shown(domain)} does not exist" : $"{Shown(domain)} has no SPF record");
            yield break;
        }

        if (SpfRecordParser.TryParse(records[0], out var problem) is not { } record)
        {
            _ending = new(SpfVerdict.PermError, $"the SPF record of {Shown(domain)} cannot be read: {Shown(problem)}");
            yield break;
        }

        foreach (var term in record.Terms)
        {
            _ending = new(SpfVerdict.Neutral, "");
            _hasMatched = false;
            foreach (var question in Evaluate(term, domain))
            {
                yield return question;
            }

            if (_ending.Verdict is SpfVerdict.TempError or SpfVerdict.PermError)
            {
                yield break;
            }

            if (_hasMatched)
            {
                _ending = new(term.Verdict, $"{Shown(domain)} says {Shown(term.Text)}", term.Text, record.Explanation, domain);
                yield break;
            }
        }

        _ending = new(SpfVerdict.Neutral, $"nothing in the SPF record of {Shown(domain)} matches {_client}");    // §4.7
        if (record.Redirect is not { } redirect)
        {
            yield break;
        }

        if (!TakeTerm())                                            // §6.1
        {
            yield break;
        }

        foreach (var question in Validate(redirect.NeedsValidatedName))
        {
            yield return question;
        }

        foreach (var question in CheckHost(Expanded(redirect, domain)))
        {
            yield return question;
        }

        if (_ending.Verdict == SpfVerdict.None)
        {
            _ending = new(SpfVerdict.PermError, $"redirect= of {Shown(domain)} leads nowhere: {_ending.Reason}");
        }
    }

    /// <summary>One more term that needs look-ups; false, and the end of it all, where it is one too many (§4.6.4).</summary>
    private bool TakeTerm()
    {
        if (++_terms <= MostTerms)
        {
            return true;
        }

        _ending = new(SpfVerdict.PermError, $"more than {MostTerms} terms need look-ups");
        return false;
    }

    /// <summary>Whether the last answer lets the check go on: it is no failure, and not one "nothing" too many.</summary>
    private bool Goes(string what)
    {
        switch (Answer)
        {
            case DnsFailed failed:                                  // §5: temperror
                _ending = new(SpfVerdict.TempError, $"{Shown(what)} cannot be looked up now: {failed.Words}");
                return false;
            case DnsFound:
                return true;
        }

        if (++_voids <= MostVoids)
        {
            return true;
        }

        _ending = new(SpfVerdict.PermError, $"more than {MostVoids} look-ups found nothing");
        return false;
    }

    private string Expanded(MacroString text, string domain)
    {
        var expanded = text.Expand(Values(domain), 1_000);
        expanded = expanded.EndsWith('.') ? expanded[..^1] : expanded;
        while (expanded.Length > 253 && expanded.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot)    // §7.3: labels from the left
        {
            expanded = expanded[(dot + 1)..];
        }

        return expanded;
    }

    /// <summary>The name that a domain-spec means; null where it is none, or its macros have none in ASCII (RFC 8616 §4): nothing matches then.</summary>
    private DnsName? Target(MacroString? text, string domain) =>
        text is null ? ToName(domain)
        : text.NeedsLocalPart && !_isPlainLocalPart ? null
        : ToName(Expanded(text, domain));

    private MacroString.Values Values(string domain)
    {
        var domainName = ToName(domain);
        var best = _validated is not { Count: > 0 } names ? null
            : names.FirstOrDefault(n => n == domainName) ?? names.FirstOrDefault(n => domainName is not null && n.IsAtOrBelow(domainName)) ?? names[0];
        var isIp4 = _client.AddressFamily == AddressFamily.InterNetwork;
        return new(
            $"{_localPart}@{_subject.Domain}", _localPart, _subject.Domain, domain,
            isIp4 ? _client.ToString() : string.Join('.', Convert.ToHexString(_client.GetAddressBytes()).AsEnumerable()),
            best?.ToString() ?? "unknown",
            isIp4 ? "in-addr" : "ip6",
            _subject.Helo, _client.ToString(), _subject.Receiver, _subject.Now.ToUnixTimeSeconds());
    }

    /// <summary>A domain of several labels that can be asked for (§4.3).</summary>
    private static bool IsWholeDomain(string domain) => !domain.StartsWith('[') && ToName(domain) is { Labels: > 1 };

    /// <summary>In a record a backslash is a character like any other.</summary>
    private static DnsName? ToName(string text) => DnsName.TryParse(text.Replace("\\", "\\\\", StringComparison.Ordinal)) is { IsRoot: false } name ? name : null;

    private static string Shown(string text) => Reply.Clean(text.Length > 200 ? text[..200] + "..." : text);

    private static string? Words(string text) => text.Length == 0 ? null : Reply.Clean(text.Length > MostExplanation ? text[..MostExplanation] + "..." : text);
}
