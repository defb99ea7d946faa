using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Checks;

/// <summary>
/// The trial of one clause: opens the dialogues that it needs, brings them to where it begins, and ends them. What it says stays behind as its
/// transcript.
/// </summary>
internal sealed class Trial(CheckPlan plan, ITransport transport, Observations seen, ServerFacts facts, string id)
{
    private const int Busy = 421;
    private const int Attempts = 4;
    private static readonly TimeSpan RestWhenBusy = TimeSpan.FromSeconds(2);

    private readonly List<CheckTalk> _talks = [];

    public CheckPlan Plan => plan;

    /// <summary>What was seen of all replies so far.</summary>
    public Observations Seen => seen;

    /// <summary>What the server said of itself at the beginning.</summary>
    public ServerFacts Facts => facts;

    /// <summary>What both sides said.</summary>
    public List<string> Transcript { get; } = [];

    /// <summary>A recipient that the server takes.</summary>
    public string Recipient => plan.Recipient;

    /// <summary>How long a server is given to say something that it should not say.</summary>
    public static TimeSpan Moment => TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// A connection on which nothing has been heard yet. Where TLS comes first, a server that is too busy just now cannot say so: it hangs up, and
    /// is asked again, a few times.
    /// </summary>
    public async Task<CheckTalk> ConnectAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            if (_talks.Count > 0)
            {
                Transcript.Add("-- another connection");
            }

            var talk = await CheckTalk.ConnectAsync(transport, plan, seen, Transcript).ConfigureAwait(false);
            _talks.Add(talk);
            if (plan.Tls != ClientTls.Implicit)
            {
                return talk;
            }

            try
            {
                await talk.SecureAsync().ConfigureAwait(false);
                return talk;
            }
            catch (ClauseBrokenException) when (talk.WasHungUpOn && attempt < Attempts)
            {
                await Task.Delay(RestWhenBusy, plan.Time).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A connection and what it was greeted with. A server that is too busy just now is asked again, a few times.</summary>
    public async Task<(CheckTalk Talk, WireReply Greeting)> GreetingAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var talk = await ConnectAsync().ConfigureAwait(false);
            var greeting = await talk.HearAsync().ConfigureAwait(false);
            if (greeting.Code != Busy || attempt == Attempts)
            {
                return (talk, greeting);
            }

            await Task.Delay(RestWhenBusy, plan.Time).ConfigureAwait(false);
        }
    }

    /// <summary>A connection that has been greeted.</summary>
    public async Task<CheckTalk> GreetedAsync()
    {
        var (talk, greeting) = await GreetingAsync().ConfigureAwait(false);
        return greeting.Code == 220 ? talk : throw new ClauseSkippedException($"the server does not greet: {greeting}");
    }

    /// <summary>A dialogue after EHLO: under TLS where the plan says so, logged in where it can be.</summary>
    /// <param name="login">False: nobody logs in, and TLS is used only where the plan asks for it everywhere.</param>
    public async Task<CheckTalk> OpenAsync(bool login = true)
    {
        var talk = await GreetedAsync().ConfigureAwait(false);
        await HelloAsync(talk).ConfigureAwait(false);
        var wantsLogin = login && plan.Login is not null;
        if (plan.Tls == ClientTls.StartTls || (wantsLogin && plan.Tls == ClientTls.Auto && !MayLogIn(talk) && talk.Offers("STARTTLS")))
        {
            await StartTlsAsync(talk).ConfigureAwait(false);
            await HelloAsync(talk).ConfigureAwait(false);
        }

        if (wantsLogin)
        {
            var reply = await LogInAsync(talk).ConfigureAwait(false);
            if (reply.Code != 235)
            {
                throw new ClauseSkippedException($"the login of {plan.Login!.User} is refused: {reply}");
            }
        }

        return talk;
    }

    /// <summary>A dialogue under TLS after EHLO, nobody logged in.</summary>
    public async Task<CheckTalk> SecureAsync()
    {
        var talk = await OpenAsync(login: false).ConfigureAwait(false);
        if (talk.Tls is null)
        {
            NeedStartTls(talk);
            await StartTlsAsync(talk).ConfigureAwait(false);
            await HelloAsync(talk).ConfigureAwait(false);
        }

        return talk;
    }

    /// <summary>A dialogue in which AUTH is offered and nobody is logged in.</summary>
    public async Task<CheckTalk> WithAuthAsync()
    {
        var talk = await OpenAsync(login: false).ConfigureAwait(false);
        if (!talk.Offers("AUTH") && talk.Tls is null && plan.Tls == ClientTls.Auto && talk.Offers("STARTTLS"))
        {
            await StartTlsAsync(talk).ConfigureAwait(false);
            await HelloAsync(talk).ConfigureAwait(false);
        }

        Need(talk, "AUTH");
        return talk;
    }

    /// <summary>Says EHLO and keeps what is offered.</summary>
    public async Task<WireReply> HelloAsync(CheckTalk talk)
    {
        var reply = await talk.SayAsync($"EHLO {plan.HelloName}").ConfigureAwait(false);
        talk.Offered = reply.Code == 250 ? [.. reply.Texts.Skip(1)] : throw new ClauseSkippedException($"EHLO is refused: {reply}");
        return reply;
    }

    /// <summary>STARTTLS and the handshake.</summary>
    public static async Task StartTlsAsync(CheckTalk talk)
    {
        (await talk.SayAsync("STARTTLS").ConfigureAwait(false)).Is(220);
        await talk.SecureAsync().ConfigureAwait(false);
    }

    /// <summary>Logs in by what the server offers; a password goes over clear text only where nobody can overhear it.</summary>
    public Task<WireReply> LogInAsync(CheckTalk talk)
    {
        var login = plan.Login ?? throw new ClauseSkippedException("needs --user and a password");
        Need(talk, "AUTH");
        var mechanisms = talk.Parameters("AUTH")!.ToUpperInvariant().Split(' ');
        var mayShow = talk.Tls is not null || plan.IsLocal;
        SaslClient exchange = mechanisms switch
        {
            _ when mayShow && mechanisms.Contains(Plain.Name) => new Plain.Client(login),       // a single round, nothing to compute
            _ when mechanisms.Contains(ScramSha256.Name) => new ScramSha256.Client(login, Convert.ToBase64String(RandomNumberGenerator.GetBytes(18))),
            _ when mayShow && mechanisms.Contains(Login.Name) => new Login.Client(login),
            _ => throw new ClauseSkippedException($"no way to log in without TLS by what is offered: {string.Join(", ", mechanisms)}"),
        };
        return talk.LogInAsync(exchange);
    }

    /// <summary>Goes on only where a keyword is offered.</summary>
    public static void Need(CheckTalk talk, string keyword)
    {
        if (!talk.Offers(keyword))
        {
            throw new ClauseSkippedException($"{keyword} is not offered", Verdict.NotOffered);
        }
    }

    /// <summary>Goes on only where a message may be left.</summary>
    public void NeedTo()
    {
        if (plan.To is null)
        {
            throw new ClauseSkippedException("needs --to ADDRESS, where it leaves a message");
        }
    }

    /// <summary>Begins a transaction.</summary>
    public async Task MailAsync(CheckTalk talk, string parameters = "")
    {
        var reply = await talk.SayAsync($"MAIL FROM:{plan.Sender}{parameters}").ConfigureAwait(false);
        if (reply.Code != 250)
        {
            throw new ClauseSkippedException($"MAIL FROM:{plan.Sender}{parameters} is refused: {reply}; see --from, --tls and --user");
        }
    }

    /// <summary>Names the recipient.</summary>
    public async Task RcptAsync(CheckTalk talk)
    {
        var reply = await talk.SayAsync($"RCPT TO:{Recipient}").ConfigureAwait(false);
        if (reply.Class != 2)
        {
            throw new ClauseSkippedException($"RCPT TO:{Recipient} is refused: {reply}; see --to");
        }
    }

    /// <summary>A transaction with its recipient.</summary>
    public async Task EnvelopeAsync(CheckTalk talk, string parameters = "")
    {
        await MailAsync(talk, parameters).ConfigureAwait(false);
        await RcptAsync(talk).ConfigureAwait(false);
    }

    /// <summary>A dialogue in which the server waits for content.</summary>
    public async Task<CheckTalk> InDataAsync(string parameters = "")
    {
        NeedTo();
        var talk = await OpenAsync().ConfigureAwait(false);
        await EnvelopeAsync(talk, parameters).ConfigureAwait(false);
        (await talk.SayAsync("DATA").ConfigureAwait(false)).Is(354);
        return talk;
    }

    /// <summary>The header of a message of this check, and the empty line.</summary>
    public string Header(string more = "")
    {
        var address = plan.From ?? plan.To;
        return string.Create(CultureInfo.InvariantCulture, $"From: <{address}>\r\nTo: <{plan.To}>\r\nSubject: check {id}\r\nDate: {plan.Time.GetUtcNow():ddd, dd MMM yyyy HH:mm:ss} +0000\r\nMessage-ID: <{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}@{plan.HelloName}>\r\n{more}\r\n");
    }

    /// <summary>
    /// Both sides are in step: the next reply answers NOOP, the one behind it QUIT, and then the server closes. A reply too many or too few
    /// comes to light here.
    /// </summary>
    public static async Task StaysInStepAsync(CheckTalk talk)
    {
        (await talk.SayAsync("NOOP").ConfigureAwait(false)).Is(250);
        (await talk.SayAsync("QUIT").ConfigureAwait(false)).Is(221);
    }

    /// <summary>Ends what the trial has opened.</summary>
    public void End()
    {
        foreach (var talk in _talks)
        {
            talk.Abort();
        }
    }

    private static void NeedStartTls(CheckTalk talk) => Need(talk, "STARTTLS");

    /// <summary>Whether a login is possible as things stand: offered, and without showing a password to the network.</summary>
    private bool MayLogIn(CheckTalk talk) => talk.Parameters("AUTH") is { } offered
        && (plan.IsLocal || talk.Tls is not null || offered.Contains(ScramSha256.Name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>What a server said of itself when the check began.</summary>
/// <param name="Name">Its name, from its answer to EHLO; null where it gave none that is one.</param>
/// <param name="Offered">The extensions it offered.</param>
internal sealed record ServerFacts(string? Name, System.Collections.Immutable.ImmutableArray<string> Offered)
{
    /// <summary>Its address as a literal, for addresses at it.</summary>
    public static string Literal(CheckPlan plan) => plan.Server is System.Net.IPEndPoint ip
        ? ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[IPv6:{ip.Address}]" : $"[{ip.Address}]"
        : "[127.0.0.1]";
}

/// <summary>What a clause expects of a reply.</summary>
internal static class Expectations
{
    private static readonly int[] SyntaxErrors = [500, 501, 502, 504, 555];

    /// <summary>One of these codes.</summary>
    public static WireReply Is(this WireReply reply, params ReadOnlySpan<int> codes)
    {
        if (codes.Contains(reply.Code))
        {
            return reply;
        }

        var wanted = new StringBuilder();
        foreach (var code in codes)
        {
            wanted.Append(wanted.Length > 0 ? " or " : "").Append(code);
        }

        throw new ClauseBrokenException($"expected {wanted}, the server said: {reply}");
    }

    /// <summary>None of these codes.</summary>
    public static WireReply IsNot(this WireReply reply, params ReadOnlySpan<int> codes) =>
        codes.Contains(reply.Code) ? throw new ClauseBrokenException($"the server said: {reply}") : reply;

    /// <summary>4xx or 5xx.</summary>
    public static WireReply IsRefusal(this WireReply reply) =>
        reply.Class is 4 or 5 ? reply : throw new ClauseBrokenException($"expected a refusal, the server said: {reply}");

    /// <summary>5xx.</summary>
    public static WireReply IsPermanent(this WireReply reply) =>
        reply.Class == 5 ? reply : throw new ClauseBrokenException($"expected a permanent refusal, the server said: {reply}");

    /// <summary>Accepted or refused for a reason of its own, but understood.</summary>
    public static WireReply IsNoSyntaxError(this WireReply reply) =>
        SyntaxErrors.Contains(reply.Code) || (reply.Code == 553 && reply.Texts[0].StartsWith("5.5.", StringComparison.Ordinal))
            ? throw new ClauseBrokenException($"the server takes correct syntax for an error: {reply}")
            : reply;
}
