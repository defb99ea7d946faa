using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Arc;

/// <summary>What one server on the way added (RFC 8617 §4.1): what it had found out, a signature of the message, a seal over all sets so far.</summary>
/// <param name="Results">ARC-Authentication-Results.</param>
/// <param name="Message">ARC-Message-Signature.</param>
/// <param name="Seal">ARC-Seal.</param>
internal sealed record ArcSet(HeaderField Results, HeaderField Message, HeaderField Seal)
{
    public const string ResultsField = "ARC-Authentication-Results";
    public const string SealField = "ARC-Seal";

    /// <summary>
    /// The sets of a message in order, empty where there is none; false, and why, where they are not one whole row from 1 on (§5.2, 1 and 3).
    /// </summary>
    public static bool TryCollect(HeaderList header, [NotNullWhen(true)] out List<ArcSet>? sets, out string problem)
    {
        sets = null;
        problem = "";
        var found = new Dictionary<int, HeaderField?[]>();
        string[] names = [ResultsField, SignedMessage.ArcField, SealField];
        for (var kind = 0; kind < names.Length; kind++)
        {
            foreach (var field in header.All(names[kind]))
            {
                if (InstanceOf(field) is not { } instance)
                {
                    problem = $"a field {names[kind]} has no instance from 1 to {ArcLimits.MostSets}";
                    return false;
                }

                if (!found.TryGetValue(instance, out var set))
                {
                    found.Add(instance, set = new HeaderField?[names.Length]);
                }

                if (set[kind] is not null)
                {
                    problem = $"set {instance} has two fields {names[kind]}";
                    return false;
                }

                set[kind] = field;
            }
        }

        var row = new List<ArcSet>();
        for (var instance = 1; instance <= found.Count; instance++)
        {
            if (found.GetValueOrDefault(instance) is not [{ } results, { } message, { } seal])
            {
                problem = $"set {instance} is not whole";
                return false;
            }

            row.Add(new ArcSet(results, message, seal));
        }

        sets = row;
        return true;
    }

    /// <summary>i= of any of the three: it may stand anywhere in the two with tags, and first in the results.</summary>
    private static int? InstanceOf(HeaderField field)
    {
        foreach (var tag in field.Value.Split(';'))
        {
            var parts = tag.Split('=', 2);
            if (parts.Length == 2 && parts[0].Trim() == "i")
            {
                return int.TryParse(parts[1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var instance) && instance is >= 1 and <= ArcLimits.MostSets ? instance : null;
            }
        }

        return null;
    }
}

/// <summary>A seal that can be read (§4.1.3).</summary>
internal sealed record ArcSeal(DkimAlgorithm Algorithm, string ChainWord, string Domain, DnsName KeyName, byte[] Signature)
{
    /// <summary>Reads a field; what is wrong where null comes back.</summary>
    public static ArcSeal? TryParse(HeaderField field, out string problem)
    {
        if (!TagList.TryParse(Encoding.UTF8.GetString(field.RawValue.Span), out var tags, out problem))
        {
            return null;
        }

        var domain = DomainName.ToCanonical(tags.Compact("d") ?? "");
        var algorithm = tags["a"] switch { "rsa-sha256" => DkimAlgorithm.RsaSha256, "ed25519-sha256" => DkimAlgorithm.Ed25519Sha256, _ => (DkimAlgorithm?)null };
        problem = tags["h"] is not null || tags["bh"] is not null ? "it says what it signs"      // §4.1.3: it must not
            : algorithm is null ? "its algorithm is unknown"
            : tags["cv"] is not ("none" or "pass" or "fail") ? "its cv= makes no sense"
            : "";
        if (problem.Length > 0 || DnsName.TryParse(domain) is not { IsHost: true } || DnsName.TryParse($"{tags.Compact("s")}._domainkey.{domain}") is not { IsHost: true } key
            || !DkimSignature.TryBase64(tags.Compact("b"), out var signature))
        {
            problem = problem.Length > 0 ? problem : "its d=, s= or b= makes no sense";
            return null;
        }

        return new ArcSeal(algorithm!.Value, tags["cv"]!, domain, key, signature);
    }
}
