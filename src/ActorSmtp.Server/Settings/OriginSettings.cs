using System.Collections.Immutable;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Server.Policy.Origin;

namespace ActorSmtp.Server.Settings;

/// <summary>How it is found out who sent a message, where a listener's checks want to know (docs/policy.md).</summary>
/// <param name="Server">Who says so in Authentication-Results; empty: the hostname.</param>
/// <param name="Deadline">For all look-ups at MAIL, and again for all at the end of the content; what is not known then has failed for now.</param>
/// <param name="Dkim">Which signatures are verified.</param>
/// <param name="Memory">Octets of messages that may be held for it, of all sessions together.</param>
/// <param name="TrustedSealers">Domains that are believed in what they sealed, in lower case.</param>
/// <param name="Authors">What is wanted with mail whose author is not one domain that can be asked.</param>
/// <param name="TrustedResults">Other servers that say what they found out in our name: theirs stays.</param>
public sealed record OriginSettings(
    string Server, TimeSpan Deadline, DkimOptions Dkim, long Memory, ImmutableArray<string> TrustedSealers, AuthorRules Authors, TrustedNetworks TrustedResults)
{
    /// <summary>r stands at <c>origin</c>.</summary>
    internal static OriginSettings From(SettingsReader r, IReadOnlyCollection<ListenerSettings> listeners, GatekeepingSettings gatekeeping)
    {
        var settings = Read(r);
        if (settings.Deadline >= gatekeeping.Timeout && r.Mistakes.Count == 0 && listeners.Any(l => l.Checks.Any(c => OriginWords.IsOne(c.Name))))
        {
            r.Refuse("deadline", "expected less than gatekeeping.timeout, after which no answer of a check counts");
        }

        return settings;
    }

    private static OriginSettings Read(SettingsReader r)
    {
        var server = r.Text("authserv-id");
        if (server.Length > 0 && !DomainName.IsValid(server))
        {
            r.Refuse("authserv-id", "expected a domain name, or nothing for the hostname");
        }

        var sealers = r.ParsedList("trusted-sealers", "a domain name, such as lists.example.org", static text => DomainName.IsValid(text) ? Protocol.Smtp.DomainName.ToCanonical(text) : null);
        return new OriginSettings(
            Server: server,
            Deadline: r.Duration("deadline", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            Dkim: new DkimOptions(
                MostSignatures: r.Int("signatures", min: 1, max: 50),
                MostHeaderOctets: (int)r.Bytes("header", min: 16 << 10, max: 4 << 20),
                LeastRsaBits: r.Int("rsa-bits", min: 1024, max: 4096),                      // RFC 8301 §3.2
                TakesPartialBodies: false),
            Memory: r.Bytes("memory", min: 256 << 10, max: 1L << 40),
            TrustedSealers: sealers,
            Authors: new AuthorRules(Wish("without-author"), Wish("several-authors")),
            TrustedResults: TrustedNetworks.From(r, "trusted-results"));

        CheckLimit Wish(string key) => r.Choice(key, ("reject", CheckLimit.Reject), ("defer", CheckLimit.Defer), ("tag", CheckLimit.Tag), ("log", CheckLimit.Log));
    }
}

/// <summary>What is wanted with mail whose author is not one domain that can be asked; what may come of it is <c>dmarc</c>'s limit at the listener.</summary>
/// <param name="Unknown">None can be told: no From or several, one without a domain, or one that not all readers see.</param>
/// <param name="Several">From names several domains, and none of them wants more.</param>
public sealed record AuthorRules(CheckLimit Unknown, CheckLimit Several);
