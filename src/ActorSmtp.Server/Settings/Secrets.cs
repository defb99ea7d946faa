using System.Text.RegularExpressions;
using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>Keeps passwords in settings out of messages and of <c>config show</c>.</summary>
internal static partial class Secrets
{
    /// <summary>A value as it may be shown: the password of a connection text is replaced.</summary>
    public static string Shown(string path, HoconValue value) => value switch
    {
        HoconScalar { Kind: HoconScalarKind.String } text when path == "actorsmtp.storage.connection" =>
            HoconRenderer.Quote(Password().Replace(text.Text, "$1=***")),
        HoconObject => "{ … }",
        _ => value.ToString(),
    };

    // Npgsql: Password=…; or PWD=…; a value with a semicolon stands in quotes.
    [GeneratedRegex("""\b(password|pwd)\s*=\s*("[^"]*"|'[^']*'|[^;]*)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Password();
}
