using System.Security.Cryptography;
using ActorSmtp.EndToEnd.Tests.Running;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.EndToEnd.Tests.Accounts;

/// <summary>The documents' own example: the server profile, the users barbie (helloken) and shooki (abcd1234), AUTH LOGIN.</summary>
public sealed class DocumentedAccountsTests(DocumentedAccountsTests.Profile profile) : IClassFixture<DocumentedAccountsTests.Profile>
{
    [SkippableTheory]
    [InlineData("barbie", "helloken", "shooki")]
    [InlineData("shooki", "abcd1234", "barbie")]
    public async Task They_log_in_with_AUTH_LOGIN_and_send_to_each_other(string user, string password, string recipient)
    {
        Tool.Need("swaks");
        var sent = (await Login(user, password, $"{recipient}@example.com")).Succeeded();
        Assert.Contains(" -> AUTH LOGIN", sent.Output, StringComparison.Ordinal);
        Assert.Contains("235 2.7.0", sent.Output, StringComparison.Ordinal);
        await Eventually.True(() => From(user, recipient).Any(), $"mail for {recipient}", profile.Server);
        Assert.Contains("with ESMTPA", Assert.Single(From(user, recipient)).Trace, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("barbie", "hellokenny")]
    [InlineData("shooki", "helloken")]
    [InlineData("nobody", "abcd1234")]
    public async Task A_wrong_password_gets_535(string user, string password)
    {
        Tool.Need("swaks");
        var refused = await Login(user, password, "barbie@example.com");
        Assert.Equal(28, refused.ExitCode);                             // swaks: authentication failed
        Assert.Contains("535 5.7.8", refused.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Pythons_smtplib_logs_in_as_well()
    {
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        var file = folder.Write("file", "attached");
        string[] call = [Scripts.Python("send.py"), $"{profile.Server.Port("submission")}", "postmaster@example.com", file, "barbie"];
        var refused = await Tool.Run("python3", [.. call, "wrong"]);
        Assert.Equal(3, refused.ExitCode);
        Assert.StartsWith("535 5.7.8", refused.Output, StringComparison.Ordinal);
        (await Tool.Run("python3", [.. call, "helloken"])).Succeeded();
        await Maildirs.Only(profile.Server, "postmaster");
    }

    [SkippableFact]
    public async Task Swaks_takes_STARTTLS_before_it_logs_in()
    {
        Tool.Need("swaks");
        var sent = (await Login("barbie", "helloken", "barbie+starttls@example.com", "--tls")).Succeeded();
        Assert.Contains(" ~> AUTH LOGIN", sent.Output, StringComparison.Ordinal);      // swaks: ~ is TLS
        await Eventually.True(() => TraceOf("barbie+starttls@example.com").Contains("with ESMTPSA", StringComparison.Ordinal), "mail over TLS", profile.Server);
    }

    [SkippableFact]
    public async Task Curl_sends_over_implicit_TLS()
    {
        Tool.Need("curl");
        using var folder = new TemporaryFolder();
        (await Tool.Run("curl", [
            "--silent", "--show-error", "--insecure", $"smtps://127.0.0.1:{profile.Server.Port("submissions")}/client.test",
            "--user", "shooki:abcd1234", "--login-options", "AUTH=LOGIN", "--mail-from", "shooki@example.com",
            "--mail-rcpt", "shooki+implicit@example.com", "--upload-file", folder.Write("mail.eml", "Subject: x\r\n\r\n")])).Succeeded();
        await Eventually.True(() => TraceOf("shooki+implicit@example.com").Contains("with ESMTPSA", StringComparison.Ordinal), "mail over TLS", profile.Server);
    }

    [Fact]
    public async Task Without_a_login_the_submission_port_takes_no_mail()
    {
        using var talk = await SmtpTalk.Greeted(profile.Server.Port("submission"));
        await talk.Say("MAIL FROM:<barbie@example.com>", "530 5.7.0");
    }

    [Fact]
    public async Task The_mx_port_takes_mail_for_accounts_and_refuses_others_at_RCPT()
    {
        using var talk = await SmtpTalk.Greeted(profile.Server.Port("mx"));
        await talk.Say("MAIL FROM:<ann@client.test>", "250 2.1.0");
        await talk.Say("RCPT TO:<Barbie+dolls@example.com>", "250 2.1.5");
        await talk.Say("RCPT TO:<ken@example.com>", "550 5.1.1");
        await talk.Say("RCPT TO:<barbie@example.org>", "550 5.7.1");
    }

    private IEnumerable<DeliveredMail> From(string user, string account) => profile.Server.Mail.Count(account) == 0
        ? []
        : profile.Server.Mail.Of(account).Where(m => m.Trace.StartsWith($"Return-Path: <{user}@example.com>\r\n", StringComparison.Ordinal));

    /// <summary>The trace of the message for this address; empty while there is none.</summary>
    private string TraceOf(string recipient)
    {
        var account = recipient[..recipient.IndexOf('+', StringComparison.Ordinal)];
        return profile.Server.Mail.Count(account) == 0
            ? ""
            : profile.Server.Mail.Of(account).Select(m => m.Trace).FirstOrDefault(t => t.Contains($"for <{recipient}>", StringComparison.Ordinal), "");
    }

    private Task<Outcome> Login(string user, string password, string recipient, params string[] more) => Tool.Run("swaks", [
        "--server", $"127.0.0.1:{profile.Server.Port("submission")}", "--auth", "LOGIN", "--auth-user", user, "--auth-password", password,
        "--from", $"{user}@example.com", "--to", recipient, .. more]);

    /// <summary>A server by <c>server.conf</c>, on free ports, with the two accounts.</summary>
    public sealed class Profile : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal RunningServer Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var config = _folder.Write("server.conf", """
                include classpath("server.conf")
                actorsmtp {
                  hostname = "mail.example.com"
                  domains = ["example.com"]
                  listeners {
                    mx.bind = "127.0.0.1:0"
                    submission.bind = "127.0.0.1:0"
                    submissions.bind = "127.0.0.1:0"
                  }
                  auth.allow-plaintext = loopback    # these clients come without TLS
                  limits { connections-per-address = 2000, connections-per-minute = 0 }    # all clients are one address here, and connections linger
                  auth.guesses { free-per-address = 1000, free-per-account = 1000 }    # and several of them guess wrong on purpose
                }
                """);
            Directory.CreateDirectory(_folder["data"]);
            _folder.Write("data/users", $"{Line("barbie", "helloken")}\n{Line("shooki", "abcd1234")}\n");
            Server = await RunningServer.Start(_folder["data"], "--config", config);
        }

        public async Task DisposeAsync()
        {
            await Server.DisposeAsync();
            _folder.Dispose();
        }

        /// <summary>A line of the file <c>users</c>: NAME:VERIFIER:ATTRIBUTES.</summary>
        private static string Line(string name, string password) =>
            $"{name}:{StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format()}:";
    }
}
