using System.Text.RegularExpressions;
using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>Keeps passwords in settings out of messages and of <c>config show</c>.</summary>
internal static partial class Secrets
{
    /// <summary>A value as it may be shown where it stands: of a webhook, an HTTP hook or a login, what is not known to be harmless is replaced, for it may be its secret.</summary>
    public static string Shown(string path, HoconValue value) =>
        (WebhookSecret().IsMatch(path) || HookSecret().IsMatch(path) || LoginSecret().IsMatch(path)) && value is not HoconScalar { Text: "" } ? "\"***\"" : Shown(value);

    /// <summary>
    /// A value as it may be shown: a password in a connection text is replaced, wherever it stands, for it may stand under a mistyped key.
    /// </summary>
    public static string Shown(HoconValue value) => value switch
    {
        HoconScalar { Kind: HoconScalarKind.String } text => HoconRenderer.Quote(Masked(text.Text)),
        HoconObject => "{ … }",
        HoconArray items => $"[{string.Join(", ", items.Select(Shown))}]",
        _ => value.ToString(),
    };

    /// <summary>A text with the passwords in it replaced.</summary>
    public static string Masked(string text) => Password().Replace(text, "$1=***");

    [GeneratedRegex(@"^actorsmtp\.webhook(s\..+|-defaults)\.(?!(enabled|url|events|mailboxes|timeout|retry|queue)(\[\d+\])?$)[^.]+$", RegexOptions.CultureInvariant)]
    private static partial Regex WebhookSecret();

    [GeneratedRegex(
        @"^actorsmtp\.gatekeeping\.http-hook(s\..+|-defaults)\.(?!(enabled|url|steps|sessions|listeners|timeout|on-failure|at-once|content|content-limit|memory|failures|rest)(\[\d+\])?$)[^.]+$",
        RegexOptions.CultureInvariant)]
    private static partial Regex HookSecret();

    [GeneratedRegex(@"^actorsmtp\.outbound\.(logins\..+|login-defaults)\.(?!(user|password-file|mechanism)$)[^.]+$", RegexOptions.CultureInvariant)]
    private static partial Regex LoginSecret();

    // Npgsql: Password=…; or PWD=…; a value with a semicolon stands in quotes.
    [GeneratedRegex("""\b(password|pwd)\s*=\s*("[^"]*"|'[^']*'|[^;]*)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Password();
}
