using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>AUTH and clear text: for every kind of listener.</summary>
public sealed class ClearTextTests
{
    public static TheoryData<string, string, string, string, string> All()
    {
        var all = new TheoryData<string, string, string, string, string>();
        foreach (var role in new[] { "mx", "submission", "lmtp" })
        {
            foreach (var tls in new[] { "off", "starttls", "required", "implicit" })
            {
                foreach (var auth in new[] { "off", "offered", "required" })
                {
                    foreach (var (bind, allow) in new[] { ("192.0.2.1:0", "false"), ("192.0.2.1:0", "loopback"), ("127.0.0.1:0", "loopback"), ("192.0.2.1:0", "true") })
                    {
                        if (tls != "off" || auth != "required" || allow != "false")
                        {
                            all.Add(role, tls, auth, bind, allow);
                        }
                    }
                }
            }
        }

        return all;
    }

    /// <summary>What is offered: nothing in clear text, unless it is allowed there; nothing where AUTH is off.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void It_is_offered_in_clear_text_only_where_that_is_allowed(string role, string tls, string auth, string bind, string allow)
    {
        if (Load(role, tls, auth, bind, allow) is not { } settings)
        {
            Assert.True(tls == "off" && auth == "required");                    // nobody could log in: refused at the start
            return;
        }

        var offers = new SaslOffers(settings.Auth, settings.Listeners[0]);
        var isAllowed = allow == "true" || (allow == "loopback" && bind.StartsWith("127.", StringComparison.Ordinal));
        Assert.Equal(auth != "off" && isAllowed, !offers.On(SaslGround.None).IsEmpty);
        Assert.Equal(auth != "off", !offers.On(SaslGround.Secure).IsEmpty);
        foreach (var mechanism in Mechanisms.StrongestFirst)
        {
            Assert.Equal(offers.On(SaslGround.None).Contains(mechanism), offers.Begin(mechanism, SaslGround.None, null) is not null);
        }

        Assert.DoesNotContain(ScramSha256.PlusName, offers.On(SaslGround.None));
        Assert.DoesNotContain(External.Name, offers.On(SaslGround.Secure | SaslGround.Bound));
    }

    /// <summary>What is answered, on the wire.</summary>
    [Theory]
    [InlineData("mx", "offered")]
    [InlineData("submission", "required")]
    [InlineData("lmtp", "offered")]
    public Task It_is_neither_offered_nor_taken(string role, string auth) => Dialogue.Run($"""
        @set listeners.mx.role={role}
        @set listeners.mx.tls=starttls
        @set listeners.mx.auth={auth}
        @set auth.allow-plaintext=false
        @user shooki abcd1234
        S: 220 *
        C: {(role == "lmtp" ? "LHLO" : "EHLO")} client.test
        S: 250-*…
        S: 250 STARTTLS
        C: AUTH PLAIN AHNob29raQBhYmNkMTIzNA==
        S: 538 5.7.11 *
        C: AUTH SCRAM-SHA-256
        S: 538 5.7.11 *
        C: AUTH EXTERNAL =
        S: 538 5.7.11 *
        C: AUTH NONSENSE
        S: 538 5.7.11 *
        C: QUIT
        S: 221 *
        """);

    private static ServerSettings? Load(string role, string tls, string auth, string bind, string allow)
    {
        try
        {
            return TestMailServer.Settings([
                $"listeners.mx.role={role}", $"listeners.mx.tls={tls}", $"listeners.mx.auth={auth}", $"listeners.mx.bind=\"{bind}\"", $"auth.allow-plaintext={allow}"]);
        }
        catch (SettingsException)
        {
            return null;
        }
    }
}
