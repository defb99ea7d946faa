using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Storage.Files;

/// <summary>
/// The form of the file <c>users</c>: one line per account, UTF-8, lines ended by LF; empty lines and those that begin with <c>#</c>
/// are skipped (and not kept when the program writes the file).
/// <code>
/// line       = name ":" [ verifier ] ":" [ attribute *( ";" attribute ) ]
/// verifier   = "SCRAM-SHA-256$" iterations ":" salt "$" StoredKey ":" ServerKey        ; the last three in base64
/// attribute  = "addresses=" address *( "," address ) / "sends-as=" sender *( "," sender )
///            / "certificates=" fingerprint *( "," fingerprint ) / "disabled" / "admin"
/// sender     = address / "@" domain / "*"
/// fingerprint = 64HEXDIG                                     ; SHA-256, also in pairs with colons between
/// </code>
/// Example: <c>barbie:SCRAM-SHA-256$4096:c2FsdA==$…=:…=:addresses=b@example.com;admin</c>. An account without a verifier receives
/// mail and cannot log in. An unknown attribute is an error: it might be a right or a limit.
/// </summary>
internal static class UserLine
{
    private const string Scheme = "SCRAM-SHA-256$";
    private const int LongestPart = 1024;

    /// <exception cref="FormatException">What is wrong, without the line's number.</exception>
    public static UserAccount Parse(string line)
    {
        var end = line.IndexOf(':', StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormatException("expected NAME:VERIFIER:ATTRIBUTES");
        }

        var name = line[..end];
        CheckName(name);
        var rest = line[(end + 1)..];
        string password;
        if (rest.StartsWith(Scheme, StringComparison.Ordinal))
        {
            // The verifier itself holds two colons.
            var colon = rest.IndexOf(':', StringComparison.Ordinal);
            colon = colon < 0 ? -1 : rest.IndexOf(':', colon + 1);
            var last = colon < 0 ? -1 : rest.IndexOf(':', colon + 1);
            password = last < 0 ? throw new FormatException("the verifier is not complete") : rest[..last];
            rest = rest[(last + 1)..];
            CheckVerifier(password);
        }
        else if (rest.StartsWith(':'))
        {
            (password, rest) = ("", rest[1..]);
        }
        else
        {
            throw new FormatException("the verifier has to be empty or begin with SCRAM-SHA-256$ (set it by 'actorsmtp user password')");
        }

        return Attributes(new UserAccount(name, password, [], Disabled: false, Admin: false), rest);
    }

    /// <exception cref="FormatException">A part would not survive in this form.</exception>
    public static string Write(UserAccount account)
    {
        CheckName(account.Name);
        if (account.Password.Length > 0)
        {
            CheckVerifier(account.Password);
        }

        var attributes = new List<string>();
        if (!account.Addresses.IsDefaultOrEmpty)
        {
            foreach (var address in account.Addresses)
            {
                CheckAddress(address);
            }

            attributes.Add($"addresses={string.Join(',', account.Addresses)}");
        }

        if (!account.SendsAs.IsDefaultOrEmpty)
        {
            foreach (var sender in account.SendsAs)
            {
                CheckSender(sender);
            }

            attributes.Add($"sends-as={string.Join(',', account.SendsAs)}");
        }

        if (!account.Certificates.IsDefaultOrEmpty)
        {
            attributes.Add($"certificates={string.Join(',', account.Certificates.Select(Fingerprint))}");
        }

        if (account.Disabled)
        {
            attributes.Add("disabled");
        }

        if (account.Admin)
        {
            attributes.Add("admin");
        }

        return $"{account.Name}:{account.Password}:{string.Join(';', attributes)}";
    }

    private static UserAccount Attributes(UserAccount account, string text)
    {
        foreach (var attribute in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            account = attribute switch
            {
                "disabled" => account with { Disabled = true },
                "admin" => account with { Admin = true },
                _ when ValueOf(attribute, "addresses=") is { } addresses => account with { Addresses = Addresses(addresses) },
                _ when ValueOf(attribute, "sends-as=") is { } senders => account with { SendsAs = Senders(senders) },
                _ when ValueOf(attribute, "certificates=") is { } prints => account with { Certificates = [.. Items(prints).Select(Fingerprint)] },
                _ => throw new FormatException($"unknown attribute '{Shown(attribute)}': expected addresses=…, sends-as=…, certificates=…, disabled or admin"),
            };
        }

        return account;
    }

    private static ImmutableArray<string> Addresses(string text)
    {
        ImmutableArray<string> addresses = [.. Items(text)];
        foreach (var address in addresses)
        {
            CheckAddress(address);
        }

        return addresses;
    }

    private static ImmutableArray<string> Senders(string text)
    {
        ImmutableArray<string> senders = [.. Items(text)];
        foreach (var sender in senders)
        {
            CheckSender(sender);
        }

        return senders;
    }

    private static string[] Items(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string? ValueOf(string attribute, string name) => attribute.StartsWith(name, StringComparison.Ordinal) ? attribute[name.Length..] : null;

    private static string Fingerprint(string text) => UserAccount.FingerprintOf(text)
        ?? throw new FormatException($"'{Shown(text)}' is not a SHA-256 fingerprint of 64 hexadecimal digits");

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 320 || name[0] == '#' || name.Any(letter => letter == ':' || char.IsWhiteSpace(letter) || char.IsControl(letter)))
        {
            throw new FormatException($"'{Shown(name)}' cannot be an account's name: NAME or NAME@DOMAIN without colon, white space or control characters is");
        }

        if (name != name.ToLowerInvariant())
        {
            throw new FormatException($"'{Shown(name)}' is not in lower case");
        }
    }

    private static void CheckAddress(string address)
    {
        if (address.Length is 0 or > 320 || !address.Contains('@', StringComparison.Ordinal)
            || address.Any(letter => letter is ',' or ';' || char.IsWhiteSpace(letter) || char.IsControl(letter)))
        {
            throw new FormatException($"'{Shown(address)}' is not an address");
        }
    }

    /// <summary>An address, <c>@DOMAIN</c> or <c>*</c>.</summary>
    private static void CheckSender(string sender)
    {
        if (sender != "*")
        {
            CheckAddress(sender);
        }
    }

    private static void CheckVerifier(string verifier)
    {
        var parts = verifier.StartsWith(Scheme, StringComparison.Ordinal) ? verifier[Scheme.Length..].Split('$') : [];
        var first = parts.Length == 2 ? parts[0].Split(':') : [];
        var second = parts.Length == 2 ? parts[1].Split(':') : [];
        if (first.Length != 2 || second.Length != 2 || !int.TryParse(first[0], System.Globalization.NumberStyles.None, null, out var rounds) || rounds < 1
            || !IsBase64(first[1]) || !IsBase64(second[0]) || !IsBase64(second[1]))
        {
            throw new FormatException("the verifier is not SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey");
        }
    }

    /// <summary>The one spelling of some octets. (What .NET's own decoder takes as well, line breaks among it, would make two lines of one.)</summary>
    private static bool IsBase64(string text) => text.Length > 0 && Base64Text.TryDecode(text, LongestPart, out _);

    /// <summary>For messages: nothing that moves a terminal's cursor, nothing endless.</summary>
    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var letter in text.AsSpan(0, Math.Min(text.Length, 60)))
        {
            shown.Append(char.IsControl(letter) ? '?' : letter);
        }

        return shown.ToString();
    }
}
