using System.Collections.Frozen;
using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Server.Settings;

/// <summary>Who we log in as at the servers of one route. Prints without the password.</summary>
/// <param name="Login">Name and password.</param>
/// <param name="Mechanism">The only mechanism to use; null: the strongest that both have.</param>
public sealed record RouteLogin(Credentials Login, string? Mechanism)
{
    private const int LongestPassword = 1024;

    /// <summary>All of <c>outbound.logins</c>; r stands at <c>outbound</c>.</summary>
    /// <param name="routes">One has to have the same key, and lead to a fixed server: what MX records name may be anybody's.</param>
    internal static FrozenDictionary<string, RouteLogin> FromAll(SettingsReader r, IReadOnlyCollection<Route> routes, Func<string, byte[]?> readFile)
    {
        var logins = new Dictionary<string, RouteLogin>(StringComparer.Ordinal);
        var defaults = r.Section("login-defaults");
        Read(defaults);
        foreach (var (name, section) in r.Sections("logins", defaults))
        {
            var key = name.ToLowerInvariant();
            var (user, password, file, mechanism) = Read(section);
            if (routes.FirstOrDefault(route => route.Domain == key) is not { } route)
            {
                section.Refuse("user", $"there is no route \"{name}\" (outbound.routes)");
            }
            else if (route.Kind == RouteKind.Mx)
            {
                section.Refuse("user", $"the route \"{name}\" goes by MX records, and a password is not for whoever they name; expected a route to a fixed server");
            }

            if (user.Length == 0)
            {
                section.Refuse("user", "expected the name of an account at that server");
            }

            if ((password.Length == 0) == (file.Length == 0))
            {
                section.Refuse("password-file", "expected either this or password");
            }
            else
            {
                logins[key] = new RouteLogin(new Credentials(user, file.Length == 0 ? password : FirstLine(section, file, readFile)), mechanism.Length == 0 ? null : mechanism);
            }
        }

        return logins.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static (string User, string Password, string File, string Mechanism) Read(SettingsReader r) => (
        r.Text("user"),
        r.Text("password"),
        r.Text("password-file"),
        r.Parsed("mechanism", "plain, login, scram-sha-256, scram-sha-256-plus, or nothing for the strongest that the server offers", MechanismOf) ?? "");

    private static string? MechanismOf(string text) =>
        text.Length == 0 ? "" : new[] { Plain.Name, Protocol.Sasl.Login.Name, ScramSha256.Name, ScramSha256.PlusName }.FirstOrDefault(m => m.Equals(text, StringComparison.OrdinalIgnoreCase));

    private static string FirstLine(SettingsReader r, string file, Func<string, byte[]?> readFile)
    {
        try
        {
            if (readFile(file) is not { } octets)
            {
                r.Refuse("password-file", "there is no such file");
                return "";
            }

            var end = octets.AsSpan().IndexOfAny((byte)'\r', (byte)'\n');
            var line = octets.AsSpan(0, end < 0 ? octets.Length : end);
            if (line.Length is 0 or > LongestPassword || line.Contains((byte)0))
            {
                r.Refuse("password-file", $"its first line is no password: expected 1 to {LongestPassword} octets");
                return "";
            }

            return Encoding.UTF8.GetString(line);
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            r.Refuse("password-file", $"it cannot be read: {cannot.Message.TrimEnd('.')}");
            return "";
        }
    }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("User = ").Append(Login.User).Append(", Mechanism = ").Append(Mechanism);
        return true;
    }
}
