using System.Buffers;
using ActorSmtp.Protocol.Sasl;
using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>AUTH (RFC 4954). No guess is made at anybody's password: refused logins are those of users who cannot exist.</summary>
internal static class AuthClauses
{
    private static readonly string[] Passwords = [Plain.Name, Login.Name];
    private static readonly string[] Known = [Plain.Name, Login.Name, ScramSha256.Name, "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5"];
    private static readonly SearchValues<char> MechanismCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    public static ClauseGroup Table { get; } = new("auth", "AUTH")
    {
        { Must, "rfc4954-3-keyword", "AUTH is offered with the names of SASL mechanisms.", async at =>
        {
            var talk = await at.WithAuthAsync();
            var names = talk.Parameters("AUTH")!.Split(' ');
            if (names.FirstOrDefault(n => n.Length is 0 or > 20 || n.ToUpperInvariant().AsSpan().ContainsAnyExcept(MechanismCharacters)) is { } odd)
            {
                throw new ClauseBrokenException(odd.Length == 0 ? "AUTH is offered without a mechanism" : $"'{odd}' is no name of a mechanism");
            }
        } },
        { Should, "rfc4954-4-no-password-in-clear", "PLAIN and LOGIN are not permitted where they can be overheard.", async at =>
        {
            if (at.Plan.IsLocal || at.Plan.Tls is ClientTls.Implicit)
            {
                throw new ClauseSkippedException(at.Plan.IsLocal ? "nobody can overhear a connection within this machine" : "this listener begins with TLS");
            }

            await at.WithAuthAsync();                                   // offered at all
            var talk = await at.GreetedAsync();
            await at.HelloAsync(talk);
            if (Passwords.FirstOrDefault(p => Mechanisms(talk).Contains(p)) is { } shown)
            {
                throw new ClauseBrokenException($"{shown} is offered in clear text");
            }
        } },
        { Must, "rfc4954-4-unknown-mechanism", "An unknown mechanism is answered with 504.", async at =>
        {
            var talk = await at.WithAuthAsync();
            (await talk.SayAsync("AUTH X-NO-SUCH-MECHANISM")).Is(504);
        } },
        { Must, "rfc4954-4-challenge-is-base64", "A challenge is 334 and base64, and nothing else.", async at =>
        {
            var (_, challenge) = await BeginAsync(at);
            if (!Convert.TryFromBase64String(challenge.Texts[0], new byte[challenge.Texts[0].Length], out _) || challenge.Texts.Length > 1)
            {
                throw new ClauseBrokenException($"the challenge is no base64: {challenge}");
            }
        } },
        { Must, "rfc4954-4-cancel", "An exchange that the client cancels by * ends with 501.", async at =>
        {
            var (talk, _) = await BeginAsync(at);
            (await talk.SayAsync("*")).Is(501);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc4954-4-no-base64", "A response that is no base64 is answered with 501.", at => Response(at, "this is !! no base64") },
        { Must, "rfc4954-4-pad-at-the-front", "A response with a pad character at its front is answered with 501.", at => Response(at, "=AAA") },
        { Must, "rfc4954-4-pad-in-the-midst", "A response with a pad character in its midst is answered with 501.", at => Response(at, "AAA=BBB=") },
        { Must, "rfc4954-4-response-too-long", "A response that is longer than the server can hold gets one reply, a refusal.", async at =>
        {
            var (talk, _) = await BeginAsync(at);
            (await talk.SayAsync(string.Concat(Enumerable.Repeat("QUFB", 5000)))).IsRefusal();
            await Trial.StaysInStepAsync(talk);
        } },
        { Should, "rfc4954-4-wrong-login-535", "A login of nobody is answered with 535, and the session goes on.", async at =>
        {
            var talk = await at.WithAuthAsync();
            if (at.Plan.Sink)
            {
                throw new ClauseSkippedException("a sink may take any login (--sink)");
            }

            if (!Mechanisms(talk).Contains(Plain.Name))
            {
                throw new ClauseSkippedException("PLAIN is not offered");
            }

            (await talk.LogInAsync(new Plain.Client(new Credentials($"no-such-user-{Guid.NewGuid():N}", "no-such-password")))).Is(535);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc4954-4-not-amid-transaction", "AUTH within a transaction is answered with 503.", async at =>
        {
            var talk = await at.WithAuthAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"AUTH {Mechanisms(talk)[0]}")).Is(503);
        } },
        { Must, "rfc4954-4-login-235", "A login with the right password is answered with 235.", async at =>
        {
            NeedLogin(at);
            var talk = await at.WithAuthAsync();
            (await at.LogInAsync(talk)).Is(235);
        } },
        { Must, "rfc4954-4-login-once", "AUTH after a login is answered with 503.", async at =>
        {
            NeedLogin(at);
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"AUTH {Mechanisms(talk).FirstOrDefault() ?? Plain.Name}")).Is(503);
        } },
        { Must, "rfc4954-5-auth-parameter", "MAIL takes AUTH=<>.", async at =>
        {
            var talk = await at.OpenAsync();
            if (!talk.Offers("AUTH"))
            {
                talk = await at.WithAuthAsync();
            }

            await at.MailAsync(talk);
            (await talk.SayAsync("RSET")).Is(250);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} AUTH=<>")).Is(250);
        } },
    };

    private static string[] Mechanisms(CheckTalk talk) =>
        talk.Parameters("AUTH")?.ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static void NeedLogin(Trial at)
    {
        if (at.Plan.Login is null)
        {
            throw new ClauseSkippedException("needs --user and a password");
        }
    }

    /// <summary>An exchange in which the server waits for the client's first response.</summary>
    private static async Task<(CheckTalk Talk, WireReply Challenge)> BeginAsync(Trial at)
    {
        var talk = await at.WithAuthAsync();
        var mechanism = Known.FirstOrDefault(Mechanisms(talk).Contains)
            ?? throw new ClauseSkippedException($"no mechanism known here is offered: {talk.Parameters("AUTH")}");
        var challenge = await talk.SayAsync($"AUTH {mechanism}");
        return (talk, challenge.Is(334));
    }

    private static async Task Response(Trial at, string response)
    {
        var (talk, _) = await BeginAsync(at);
        (await talk.SayAsync(response)).Is(501);
        await Trial.StaysInStepAsync(talk);
    }
}
