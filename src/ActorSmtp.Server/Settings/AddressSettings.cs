using System.Collections.Immutable;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Addresses;

namespace ActorSmtp.Server.Settings;

/// <summary>
/// Reads aliases and tags. Refused is what could never be meant: keys that are not ours, targets that no route leads to, circles, too many. Which
/// names are accounts is not known here: that is told when the accounts are read (<see cref="Auth.AccountDirectory.LostAliases"/>).
/// </summary>
/// <param name="r">Stands at <c>actorsmtp</c>.</param>
/// <param name="readFile">The bytes of a file, or null where there is none.</param>
internal sealed class AddressSettings(SettingsReader r, ImmutableArray<string> domains, RouteTable routes, int mostRecipients, Func<string, byte[]?> readFile)
{
    private const string Key = "aliases";
    private const string Files = "alias-files";
    private const string DelimiterCharacters = "+-=_.#~!";

    private const int MostTold = 100;       // mistakes of one file

    private const string KeyExpected =
        "expected NAME, NAME@DOMAIN, @DOMAIN or \"*\" before the targets (in quotes, with a domain of ours)";

    private const string TargetExpected = "expected a name, an address or @DOMAIN";

    private readonly Dictionary<string, Written> _read = new(StringComparer.Ordinal);
    private readonly HashSet<string> _domains = [.. domains.Select(Protocol.Smtp.DomainName.ToCanonical)];

    /// <summary>All of them; what is wrong is noted with the reader.</summary>
    public AddressRules Read()
    {
        var delimiters = r.Text("recipient-delimiter");
        if (delimiters.Any(c => !DelimiterCharacters.Contains(c)))
        {
            r.Refuse("recipient-delimiter", $"expected some of {string.Join(' ', DelimiterCharacters.ToCharArray())}, or nothing for no tags");
        }

        var section = r.Section(Key);
        foreach (var name in section.Keys)
        {
            var mistakes = r.Mistakes.Count;
            var targets = section.TextList(name);
            if (r.Mistakes.Count == mistakes)
            {
                Take(name, targets, problem => section.Refuse(name, problem), "in the configuration");
            }
        }

        foreach (var file in r.TextList(Files))
        {
            ReadFile(file);
        }

        var table = new AliasTable(_read.Values.Select(w => w.Alias));
        new AliasCheck(table, delimiters, _domains.Contains("*") ? null : _domains, mostRecipients).Find((alias, problem) => _read[alias.Key].Refuse(problem));
        return new AddressRules(delimiters, table, mostRecipients);
    }

    private void ReadFile(string name)
    {
        byte[]? octets;
        try
        {
            octets = readFile(name);
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            r.Refuse(Files, $"{name} cannot be read: {cannot.Message.TrimEnd('.')}");
            return;
        }

        if (octets is null)
        {
            r.Refuse(Files, $"there is no file {name}");
            return;
        }

        var (entries, mistakes) = AliasFile.Read(octets);
        foreach (var mistake in mistakes.Take(MostTold))
        {
            r.RefuseAt(Files, Origin(mistake.Line), mistake.Problem);
        }

        foreach (var entry in entries)
        {
            var at = Origin(entry.Line);
            Take(entry.Key, entry.Targets, problem => r.RefuseAt(Files, at, $"{entry.Key}: {problem}"), at.ToString());
        }

        HoconOrigin Origin(int line) => new(name, line, 1);
    }

    private void Take(string name, ImmutableArray<string> targets, Action<string> refuse, string where)
    {
        if (AliasTable.KeyOf(name) is not { } key)
        {
            refuse($"\"{name}\" is no address: {KeyExpected}");
            return;
        }

        if (AliasTable.DomainOf(key) is { } domain && !IsLocal(domain))
        {
            refuse($"{domain} is no domain of ours: add it to domains, or leave this out");
            return;
        }

        if (_read.TryGetValue(key, out var before))
        {
            refuse($"{key} has an alias already, {before.Where}: put all targets into one");
            return;
        }

        var led = ImmutableArray.CreateBuilder<AliasTarget>(targets.Length);
        foreach (var text in targets)
        {
            if (AliasTarget.Parse(text) is not { } target)
            {
                refuse($"\"{text}\": {TargetExpected}");
            }
            else if (DomainOf(target) is { } to && !IsLocal(to.Canonical) && routes.Find(to) is null)
            {
                refuse($"\"{text}\": no mail goes there; give {to} a route in outbound.routes, or add it to domains");
            }
            else
            {
                led.Add(target);
            }
        }

        if (targets.IsEmpty)
        {
            refuse("expected at least one target");
        }
        else if (led.Count > 0)
        {
            _read.Add(key, new Written(new Alias(key, led.ToImmutable()), refuse, where));
        }
    }

    private bool IsLocal(string domain) => _domains.Contains("*") || _domains.Contains(domain);

    private static MailDomain? DomainOf(AliasTarget target) => target switch
    {
        AliasTarget.At at => at.Mailbox.Domain,
        AliasTarget.SameAt same => same.Domain,
        _ => null,
    };

    /// <summary>An alias, how to tell what is wrong with it, and where it stands.</summary>
    private sealed record Written(Alias Alias, Action<string> Refuse, string Where);
}
