using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server;
using ActorSmtp.Server.Auth;
using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Access;

/// <summary>
/// Logins by name and password: of accounts marked admin. The cookie is random and kept hashed; it ends when it was not used for a while, when
/// the account is changed, disabled or no longer an administrator's, and with the server. Guesses are bounded by address and by name.
/// </summary>
internal sealed class Logins(MailServer server, TimeSpan idle, TimeProvider time)
{
    private const int MostSessions = 1000;
    private const int MostGuessers = 10_000;
    private const int Guesses = 5;

    private static readonly TimeSpan GuessWindow = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LoginSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Count, DateTimeOffset Since)> _guessers = new(StringComparer.Ordinal);

    public static bool AreSame(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    /// <summary>The login of a request's cookie, or null.</summary>
    public Visitor? Find(HttpRequest request)
    {
        if (request.Cookies[CookieName(request)] is not { Length: > 0 and < 100 } cookie)
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

            _sessions[key] = session with { LastUsed = now };
            return new Visitor(VisitorVia.Cookie, session.User, session.Csrf);
        }
    }

    /// <summary>Lets somebody in, and sets the cookie.</summary>
    /// <exception cref="ProblemException">Wrong, or too many guesses.</exception>
    public async Task<Visitor> LogInAsync(HttpContext context, string user, string password)
    {
        string[] guessers = [$"a {context.Connection.RemoteIpAddress}", $"n {user.ToLowerInvariant()}"];
        foreach (var guesser in guessers)
        {
            if (WaitOf(guesser) is { } wait)
            {
                throw new ProblemException(Problem.TooMany("There were too many wrong logins; wait a minute", wait));
            }
        }

        // Counted before the password is looked at, so that guesses made at the same time count too.
        foreach (var guesser in guessers)
        {
            Count(guesser);
        }

        var verdict = await server.VerifyAsync(new Credentials(user, password), PeerOf(context.Connection), context.RequestAborted).ConfigureAwait(false);
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
        lock (_gate)
        {
            foreach (var guesser in guessers)
            {
                _guessers.Remove(guesser);
            }

            if (_sessions.Count >= MostSessions)
            {
                _sessions.Remove(_sessions.MinBy(s => s.Value.LastUsed).Key);
            }

            _sessions[Hashed(cookie)] = session;
        }

        context.Response.Cookies.Append(CookieName(context.Request), cookie, Options(context.Request));
        return new Visitor(VisitorVia.Cookie, session.User, session.Csrf);
    }

    /// <summary>Ends the login of a request, and takes its cookie away.</summary>
    public void LogOut(HttpContext context)
    {
        if (context.Request.Cookies[CookieName(context.Request)] is { Length: > 0 and < 100 } cookie)
        {
            lock (_gate)
            {
                _sessions.Remove(Hashed(cookie));
            }

            context.Response.Cookies.Delete(CookieName(context.Request), Options(context.Request));
        }
    }

    private static string CookieName(HttpRequest request) => request.IsHttps ? "__Host-actorsmtp" : "actorsmtp";

    private static CookieOptions Options(HttpRequest request) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps,
        Path = "/",
        IsEssential = true,
    };

    private static string Random(int octets) => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(octets));

    private static string Hashed(string cookie) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cookie)));

    private bool IsStillGood(LoginSession session) =>
        server.Accounts?.FindLogin(session.User) is { Admin: true, Disabled: false } account && account.Password == session.Verifier;

    private static System.Net.IPEndPoint? PeerOf(ConnectionInfo connection) =>
        connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, connection.RemotePort) : null;

    private TimeSpan? WaitOf(string guesser)
    {
        lock (_gate)
        {
            return _guessers.TryGetValue(guesser, out var seen) && seen.Count >= Guesses && seen.Since + GuessWindow - time.GetUtcNow() is var wait && wait > TimeSpan.Zero
                ? wait
                : null;
        }
    }

    private void Count(string guesser)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_guessers.Count >= MostGuessers)
            {
                foreach (var old in _guessers.Where(g => now - g.Value.Since > GuessWindow).Select(g => g.Key).ToList())
                {
                    _guessers.Remove(old);
                }

                if (_guessers.Count >= MostGuessers)
                {
                    throw new ProblemException(Problem.TooMany("There were too many wrong logins; wait a minute", GuessWindow));
                }
            }

            _guessers[guesser] = _guessers.TryGetValue(guesser, out var seen) && now - seen.Since <= GuessWindow ? (seen.Count + 1, seen.Since) : (1, now);
        }
    }

    private sealed record LoginSession(string User, string Verifier, string Csrf, DateTimeOffset LastUsed);
}
