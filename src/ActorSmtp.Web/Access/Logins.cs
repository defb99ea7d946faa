using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Auth.Guesses;
using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Access;

/// <summary>
/// Logins by name and password: of accounts marked admin. The cookie is random and kept hashed; it ends when it was not used for a while, when
/// the account is changed, disabled or no longer an administrator's, and with the server. Guesses are bounded by network.
/// </summary>
internal sealed class Logins(MailServer server, TimeSpan idle, TimeProvider time)
{
    private const int MostSessions = 1000;

    /// <summary>Browsers take it over TLS only, and from nobody but this host.</summary>
    private const string SafeCookie = "__Host-actorsmtp";
    private const string PlainCookie = "actorsmtp";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LoginSession> _sessions = new(StringComparer.Ordinal);
    private readonly LoginGuesses _guesses = new(time);

    public static bool AreSame(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    /// <summary>The login of a request's cookie, or null.</summary>
    /// <param name="isUse">Whether it counts as used by that, and so lasts longer.</param>
    public Visitor? Find(HttpRequest request, bool isUse)
    {
        if (CookieOf(request) is not var (_, cookie))
        {
            return null;
        }

        var now = time.GetUtcNow();
        lock (_gate)
        {
            var key = Hashed(cookie);
            if (!_sessions.TryGetValue(key, out var session))
            {
                return null;
            }

            if (now - session.LastUsed > idle || !IsStillGood(session))
            {
                _sessions.Remove(key);
                return null;
            }

            if (isUse)
            {
                _sessions[key] = session with { LastUsed = now };
            }

            return new Visitor(VisitorVia.Cookie, session.User, session.Csrf);
        }
    }

    /// <summary>Lets somebody in, and sets the cookie.</summary>
    /// <exception cref="ProblemException">Wrong, or too many guesses.</exception>
    public async Task<Visitor> LogInAsync(HttpContext context, string user, string password)
    {
        var peer = PeerOf(context.Connection);
        var network = Network.Of(peer);
        if (_guesses.Count(network) is { } wait)            // before the password is looked at, so that guesses made at the same time count too
        {
            throw new ProblemException(Problem.TooMany("There were too many wrong logins; wait a minute", wait));
        }

        var verdict = await server.VerifyAsync(new Credentials(user, password), peer, context.RequestAborted).ConfigureAwait(false);
        if (verdict is AuthMessages.Denied { Reason: DenialReason.Unavailable or DenialReason.Slowed })
        {
            throw new ProblemException(Problem.Busy("Too many logins are being checked; try again in a moment"));
        }

        if (verdict is not AuthMessages.Granted granted || server.Accounts?.FindLogin(granted.User) is not { Admin: true, Disabled: false } account)
        {
            throw new ProblemException(Problem.WrongLogin);
        }

        var cookie = Random(32);
        var session = new LoginSession(account.Name, account.Password, Random(24), time.GetUtcNow());
        _guesses.Forgive(network);
        lock (_gate)
        {
            if (_sessions.Count >= MostSessions)
            {
                _sessions.Remove(_sessions.MinBy(s => s.Value.LastUsed).Key);
            }

            _sessions[Hashed(cookie)] = session;
        }

        var name = AccessGate.IsOverTls(context.Request) ? SafeCookie : PlainCookie;
        context.Response.Cookies.Append(name, cookie, OptionsOf(name));
        return new Visitor(VisitorVia.Cookie, session.User, session.Csrf);
    }

    /// <summary>Ends the login of a request, and takes its cookie away.</summary>
    public void LogOut(HttpContext context)
    {
        if (CookieOf(context.Request) is var (name, cookie))
        {
            lock (_gate)
            {
                _sessions.Remove(Hashed(cookie));
            }

            context.Response.Cookies.Delete(name, OptionsOf(name));
        }
    }

    /// <summary>The cookie of a login. Behind a proxy with TLS the safe one comes by plain HTTP; by TLS of our own no other counts.</summary>
    private static (string Name, string Value)? CookieOf(HttpRequest request) =>
        request.Cookies[SafeCookie] is { Length: > 0 and < 100 } safe ? (SafeCookie, safe)
        : !request.IsHttps && request.Cookies[PlainCookie] is { Length: > 0 and < 100 } plain ? (PlainCookie, plain)
        : null;

    private static CookieOptions OptionsOf(string name) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = name == SafeCookie,
        Path = "/",
        IsEssential = true,
    };

    private static string Random(int octets) => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(octets));

    private static string Hashed(string cookie) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cookie)));

    private bool IsStillGood(LoginSession session) =>
        server.Accounts?.FindLogin(session.User) is { Admin: true, Disabled: false } account && account.Password == session.Verifier;

    private static System.Net.IPEndPoint? PeerOf(ConnectionInfo connection) =>
        connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, connection.RemotePort) : null;

    private sealed record LoginSession(string User, string Verifier, string Csrf, DateTimeOffset LastUsed);
}
