using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Auth.Tokens;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>Logins by token: whose it is, and where the issuer's keys come from.</summary>
public sealed class TokenLoginTests : AuthTestKit
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ScriptedKeys _keys = new();

    [Theory]
    [InlineData("bob", null, null)]
    [InlineData("bob@mx.test", "bob", null)]
    [InlineData("bob", "ann", DenialReason.MayNotActAs)]
    [InlineData("nobody", null, DenialReason.UnknownUser)]
    [InlineData("eve", null, DenialReason.Disabled)]
    public void A_good_token_lets_its_account_in_and_no_other(string account, string? user, DenialReason? denied)
    {
        _keys.Set = Set("k");
        var auth = Start();
        auth.Tell(new VerifyToken(new BearerToken(Token("k", account), user), Here), TestActor);
        Assert.Equal(denied is { } reason ? new Denied(reason) : new Granted("bob"), ExpectMsg<Verdict>());
        Assert.Equal(1, Background.Runs);
    }

    [Fact]
    public void A_bad_token_is_denied_and_the_log_says_why()
    {
        _keys.Set = Set("k");
        var auth = Start();
        auth.Tell(new VerifyToken(new BearerToken("x.y.z"), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.BadToken), ExpectMsg<Verdict>());
        Assert.Contains(Lines.All, l => l.Contains("no signed JWT", StringComparison.Ordinal));
    }

    [Fact]
    public void A_token_signed_by_a_new_key_has_the_keys_read_again_and_is_good_then()
    {
        _keys.Set = Set("old");
        var auth = Start();
        _keys.Set = Set("old", "new");
        Time.Advance(TimeSpan.FromMinutes(2));

        auth.Tell(new VerifyToken(new BearerToken(Token("new", "bob")), Here), TestActor);
        Assert.Equal(new Granted("bob"), ExpectMsg<Verdict>());
        Assert.Equal(2, _keys.Reads);
    }

    [Fact]
    public void Made_up_keys_do_not_make_us_ask_the_issuer_again_and_again()
    {
        _keys.Set = Set("k");
        var auth = Start();
        Time.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 5; i++)
        {
            auth.Tell(new VerifyToken(new BearerToken(Token($"made-up-{i}", "bob")), Here), TestActor);
            Assert.Equal(new Denied(DenialReason.BadToken), ExpectMsg<Verdict>());
        }

        Assert.Equal(2, _keys.Reads);
    }

    [Fact]
    public void Keys_that_were_never_read_put_everybody_off_and_deny_nobody()
    {
        _keys.Fault = "no route to host";
        var auth = Start();
        auth.Tell(new VerifyToken(new BearerToken(Token("k", "bob")), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.Unavailable), ExpectMsg<Verdict>());
        Assert.Contains(Lines.All, l => l.StartsWith("Error", StringComparison.Ordinal) && l.Contains("no route to host", StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_that_can_be_read_no_more_stay_in_force()
    {
        _keys.Set = Set("k");
        var auth = Start();
        _keys.Fault = "gone";
        Time.Advance(TimeSpan.FromMinutes(2));
        auth.Tell(new VerifyToken(new BearerToken(Token("other", "bob")), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.BadToken), ExpectMsg<Verdict>());
        auth.Tell(new VerifyToken(new BearerToken(Token("k", "bob")), Here), TestActor);
        Assert.Equal(new Granted("bob"), ExpectMsg<Verdict>());
    }

    [Fact]
    public void Without_an_issuer_nobody_can_say()
    {
        var auth = StartAuth();
        auth.Tell(new VerifyToken(new BearerToken("x.y.z"), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.Unavailable), ExpectMsg<Verdict>());
    }

    private IActorRef Start()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(IssuerKeysMessages.KeysRead));
        Sys.EventStream.Subscribe(TestActor, typeof(IssuerKeysMessages.KeysUnreadable));
        var oauth = TestMailServer.Settings(
            ["auth.oauth.issuer=\"https://i.test\"", "auth.oauth.keys=k.json", "auth.oauth.audience=smtp", "auth.oauth.claim=sub"]).Auth.OAuth;
        var board = new IssuerKeyBoard();
        var keys = Sys.ActorOf(Supervision.OfIssuerKeys(new IssuerKeysContext(oauth, _keys, board, Time, new Log(Lines))));
        ExpectMsg<object>(m => m is IssuerKeysMessages.KeysRead or IssuerKeysMessages.KeysUnreadable);
        Sys.EventStream.Unsubscribe(TestActor, typeof(IssuerKeysMessages.KeysRead));
        Sys.EventStream.Unsubscribe(TestActor, typeof(IssuerKeysMessages.KeysUnreadable));
        return StartAuth(tokens: new TokenContext(oauth.Rules, board, keys));
    }

    private string Set(params string[] names)
    {
        var q = _key.ExportParameters(false).Q;
        return $$"""{"keys":[{{string.Join(',', names.Select(n => $$"""{"kty":"EC","crv":"P-256","kid":"{{n}}","x":"{{Url(q.X!)}}","y":"{{Url(q.Y!)}}"}"""))}}]}""";
    }

    private string Token(string key, string account)
    {
        var expires = Time.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        var signed = $"{Url(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","kid":"{{key}}"}"""))}."
            + Url(Encoding.UTF8.GetBytes($$"""{"iss":"https://i.test","aud":"smtp","sub":"{{account}}","exp":{{expires}}}"""));
        return $"{signed}.{Url(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Url(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private sealed class ScriptedKeys : IIssuerKeySource
    {
        public string Set { get; set; } = "";

        public string? Fault { get; set; }

        public int Reads { get; private set; }

        public Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
        {
            Reads++;
            return Fault is null ? Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(Set)) : Task.FromException<ReadOnlyMemory<byte>>(new IOException(Fault));
        }
    }
}
