using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Sasl;

public sealed class ScramSha256Tests
{
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    private static readonly StoredPassword Pencil = StoredPassword.Create("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
    private static readonly ChannelBinding Binding = new("tls-server-end-point", new byte[] { 1, 2, 3 });

    /// <summary>RFC 7677 §3.</summary>
    [Fact]
    public void The_example_of_the_RFC_comes_out_letter_by_letter()
    {
        var server = new ScramSha256.Server(ServerNonce);
        Assert.Equal(new SaslStep.FindPassword("user"), server.Start(B64("n,,n=user,r=" + ClientNonce)));
        Assert.Equal($"r={ClientNonce}{ServerNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Said(server.Resume(Pencil)));
        Assert.Equal(new SaslStep.CheckProof("user", null, IsRight: true),
            server.Next(Line($"c=biws,r={ClientNonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")));
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Said(server.Grant()));
        Assert.IsType<SaslStep.Succeeded>(server.Next(default));

        var client = new ScramSha256.Client(new Credentials("user", "pencil"), ClientNonce);
        Assert.Equal(B64("n,,n=user,r=" + ClientNonce), client.InitialResponse);
        Assert.Equal(
            new SaslAnswer.Send(B64($"c=biws,r={ClientNonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")),
            client.Next(B64($"r={ClientNonce}{ServerNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")));
        Assert.False(client.MayAcceptSuccess);
        Assert.Equal(new SaslAnswer.Send(""), client.Next(B64("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
        Assert.True(client.MayAcceptSuccess);
    }

    [Fact]
    public void The_two_halves_understand_each_other_with_and_without_binding()
    {
        Assert.Equal(("us=er,x", null), Talk(new("us=er,x", "pencil"), Pencil, null));
        Assert.Equal(("user", "bo=ss"), Talk(new("user", "pencil", "bo=ss"), Pencil, null));
        Assert.Equal(("user", null), Talk(new("user", "pencil"), Pencil, Binding));
    }

    [Fact]
    public void Who_is_denied_never_hears_whether_the_password_was_right()
    {
        foreach (var password in new[] { "pencil", "pencil2" })
        {
            var client = new ScramSha256.Client(new Credentials("user", password), ClientNonce);
            var server = new ScramSha256.Server(ServerNonce);
            server.Start(client.InitialResponse);
            var answer = Assert.IsType<SaslAnswer.Send>(client.Next(Assert.IsType<SaslStep.Challenge>(server.Resume(Pencil)).Say.Text));
            Assert.Equal(new SaslStep.CheckProof("user", null, password == "pencil"), server.Next(Encoding.ASCII.GetBytes(answer.Line)));
            Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), server.Deny(Replies.BadCredentials));
            Assert.Throws<InvalidOperationException>(server.Grant);
        }
    }

    [Fact]
    public void A_client_that_could_bind_says_so_where_the_server_offers_no_binding()
    {
        var client = new ScramSha256.Client(new Credentials("user", "pencil"), ClientNonce, Binding, plusIsOffered: false);
        Assert.Equal(ScramSha256.Name, client.Mechanism);
        Assert.Equal(B64("y,,n=user,r=" + ClientNonce), client.InitialResponse);

        // A server that offers none believes it; one that does knows that its offer was taken out.
        var honest = new ScramSha256.Server(ServerNonce);
        Assert.IsType<SaslStep.FindPassword>(honest.Start(client.InitialResponse));
        var answer = Assert.IsType<SaslAnswer.Send>(client.Next(Assert.IsType<SaslStep.Challenge>(honest.Resume(Pencil)).Say.Text));
        Assert.Equal(new SaslStep.CheckProof("user", null, IsRight: true), honest.Next(Encoding.ASCII.GetBytes(answer.Line)));
        Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), new ScramSha256.Server(ServerNonce, Binding).Start(client.InitialResponse));
    }

    [Fact]
    public void A_client_that_is_not_to_bind_does_not_say_that_it_could() =>
        Assert.Equal(B64("n,,n=user,r=" + ClientNonce), new ScramSha256.Client(new Credentials("user", "pencil"), ClientNonce, null, plusIsOffered: false).InitialResponse);

    [Fact]
    public void A_wrong_password_a_decoy_and_a_foreign_binding_fail_alike()
    {
        Assert.Null(Talk(new("user", "pencil2"), Pencil, null));
        Assert.Null(Talk(new("user", "pencil"), StoredPassword.Decoy("user", new byte[32], 4096), null));
        Assert.Null(Talk(new("user", "pencil"), Pencil, Binding, new ChannelBinding(Binding.Name, new byte[] { 9 })));
    }

    [Fact]
    public void Taking_the_offer_of_binding_away_is_noticed()
    {
        Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), new ScramSha256.Server(ServerNonce, Binding).Start(B64("y,,n=user,r=" + ClientNonce)));
        Assert.IsType<SaslStep.FindPassword>(new ScramSha256.Server(ServerNonce, Binding).Start(B64("n,,n=user,r=" + ClientNonce)));
        Assert.IsType<SaslStep.FindPassword>(new ScramSha256.Server(ServerNonce).Start(B64("y,,n=user,r=" + ClientNonce)));
        Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), new ScramSha256.Server(ServerNonce, Binding, plus: true).Start(B64("n,,n=user,r=" + ClientNonce)));
        Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), new ScramSha256.Server(ServerNonce).Start(B64("p=tls-unique,,n=user,r=" + ClientNonce)));
    }

    [Fact]
    public void A_binding_of_another_type_is_no_wrong_password() =>
        Assert.Equal(new SaslStep.Failed(Replies.UnknownMechanism), new ScramSha256.Server(ServerNonce, Binding, plus: true).Start(B64("p=tls-exporter,,n=user,r=" + ClientNonce)));

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,,")]
    [InlineData("n,,n=user")]
    [InlineData("n,,r=abc,n=user")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a b")]
    [InlineData("n,x,n=user,r=abc")]
    [InlineData("n,a=,n=user,r=abc")]
    [InlineData("n,,m=ext,n=user,r=abc")]
    [InlineData("x,,n=user,r=abc")]
    public void A_first_message_outside_the_grammar_is_malformed(string message) =>
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), new ScramSha256.Server(ServerNonce).Start(message.Length == 0 ? "=" : B64(message)));

    [Theory]
    [InlineData("c=biws,r=NONCE")]
    [InlineData("c=biws,r=NONCE,p=")]
    [InlineData("c=biws,r=NONCE,p=QQ==")]
    [InlineData("r=NONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=!,r=NONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("")]
    public void A_final_message_outside_the_grammar_is_malformed(string message)
    {
        var server = new ScramSha256.Server(ServerNonce);
        server.Start(B64("n,,n=user,r=" + ClientNonce));
        server.Resume(Pencil);
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), server.Next(Line(message.Replace("NONCE", ClientNonce + ServerNonce))));
    }

    [Fact]
    public void A_replayed_nonce_fails()
    {
        var server = new ScramSha256.Server("another-nonce-of-the-server");
        server.Start(B64("n,,n=user,r=" + ClientNonce));
        server.Resume(Pencil);
        Assert.Equal(new SaslStep.CheckProof("user", null, IsRight: false),
            server.Next(Line($"c=biws,r={ClientNonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")));
    }

    [Fact]
    public void A_nonce_that_is_not_the_exchange_s_fails_even_with_a_good_proof()
    {
        foreach (var (nonce, expected) in new[] { (ClientNonce + ServerNonce, true), (ClientNonce + ServerNonce + "x", false), (ServerNonce, false) })
        {
            var server = new ScramSha256.Server(ServerNonce);
            server.Start(B64("n,,n=user,r=" + ClientNonce));
            var serverFirst = Said(server.Resume(Pencil));
            var salted = Rfc2898DeriveBytes.Pbkdf2("pencil", Pencil.Salt.ToArray(), 4096, HashAlgorithmName.SHA256, 32);
            var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
            var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.ASCII.GetBytes($"n=user,r={ClientNonce},{serverFirst},c=biws,r={nonce}"));
            var proof = Convert.ToBase64String([.. clientKey.Zip(signature, (a, b) => (byte)(a ^ b))]);
            Assert.Equal(new SaslStep.CheckProof("user", null, expected), server.Next(Line($"c=biws,r={nonce},p={proof}")));
        }
    }

    [Theory]
    [InlineData("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=QQ==,i=1")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=QQ==,i=999999999")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=QQ==,i=99999999999")]
    [InlineData("e=unknown-user")]
    [InlineData("")]
    public void A_client_gives_up_on_a_first_message_that_is_unsound(string message)
    {
        var client = new ScramSha256.Client(new Credentials("user", "pencil"), ClientNonce);
        Assert.IsType<SaslAnswer.GiveUp>(client.Next(message.Length == 0 ? "####" : B64(message)));
    }

    [Fact]
    public void A_client_does_not_believe_a_server_that_cannot_prove_itself()
    {
        var client = new ScramSha256.Client(new Credentials("user", "pencil"), ClientNonce);
        client.Next(B64($"r={ClientNonce}x,s=QUFBQUFBQUFBQUFBQUFBQQ==,i=4096"));
        Assert.IsType<SaslAnswer.GiveUp>(client.Next(B64("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
        Assert.False(client.MayAcceptSuccess);
    }

    [Fact]
    public void No_octets_throw() => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
    {
        foreach (var start in new[] { "", "n,,n=", "n,,n=a,r=", "n,a=" })
        {
            new ScramSha256.Server(ServerNonce).Start(Convert.ToBase64String([.. Wire.Octets(start), .. octets, (byte)'x']));
            new Plain.Server().Start(Convert.ToBase64String([.. octets, 0, .. octets, 0]));
        }

        var server = new ScramSha256.Server(ServerNonce);
        server.Start(B64("n,,n=user,r=" + ClientNonce));
        server.Resume(Pencil);
        server.Next(Line(Wire.Text([.. "c=biws,r="u8, .. octets])));
        return true;
    }), 500);

    /// <summary>A whole exchange in which the verdict follows the proof; who was let in and as whom, or null.</summary>
    private static (string User, string? AuthorizeAs)? Talk(Credentials credentials, StoredPassword stored, ChannelBinding? binding, ChannelBinding? seenByServer = null)
    {
        var client = new ScramSha256.Client(credentials, ClientNonce, binding);
        var server = new ScramSha256.Server(ServerNonce, seenByServer ?? binding, plus: binding is not null);
        Assert.Equal(client.Mechanism, server.Mechanism);
        var step = server.Start(client.InitialResponse);
        step = step is SaslStep.FindPassword ? server.Resume(stored) : step;
        (string, string?)? who = null;
        while (step is SaslStep.Challenge challenge && client.Next(challenge.Say.Text) is SaslAnswer.Send answer)
        {
            step = server.Next(Encoding.ASCII.GetBytes(answer.Line));
            if (step is SaslStep.CheckProof proof)
            {
                who = (proof.User, proof.AuthorizeAs);
                step = proof.IsRight ? server.Grant() : server.Deny(Replies.BadCredentials);
            }
        }

        Assert.True(step is SaslStep.Succeeded == client.MayAcceptSuccess);
        return step is SaslStep.Succeeded ? who : null;
    }

    private static string Said(SaslStep step) => Encoding.UTF8.GetString(Convert.FromBase64String(Assert.IsType<SaslStep.Challenge>(step).Say.Text));

    private static byte[] Line(string message) => Encoding.ASCII.GetBytes(B64(message));

    private static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
