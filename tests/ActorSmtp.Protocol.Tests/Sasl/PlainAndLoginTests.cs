using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Sasl;

public sealed class PlainAndLoginTests
{
    private static readonly Credentials Barbie = new("barbie", "helloken");

    [Fact]
    public void PLAIN_takes_all_in_one_message()
    {
        Assert.Equal(new SaslStep.CheckPassword(Barbie), new Plain.Server().Start(B64("\0barbie\0helloken")));
        Assert.Equal(new SaslStep.CheckPassword(Barbie), new Plain.Server().Start(B64("barbie\0barbie\0helloken")));
        Assert.Equal(new SaslStep.CheckPassword(Barbie with { AuthorizeAs = "ken" }), new Plain.Server().Start(B64("ken\0barbie\0helloken")));
    }

    [Fact]
    public void PLAIN_without_an_initial_response_gets_an_empty_challenge()
    {
        var server = new Plain.Server();
        Assert.Equal(new SaslStep.Challenge(Replies.EmptyChallenge), server.Start(null));
        Assert.Equal(new SaslStep.CheckPassword(Barbie), server.Next(Encoding.ASCII.GetBytes(B64("\0barbie\0helloken"))));
        Assert.Throws<InvalidOperationException>(() => server.Next("QQ=="u8));
        Assert.Throws<InvalidOperationException>(() => server.Start(null));
    }

    [Fact]
    public void LOGIN_asks_for_the_name_and_then_for_the_password()
    {
        var server = new Login.Server();
        Assert.Equal("334 VXNlcm5hbWU6", Assert.IsType<SaslStep.Challenge>(server.Start(null)).Say.ToString());
        Assert.Equal("334 UGFzc3dvcmQ6", Assert.IsType<SaslStep.Challenge>(server.Next("YmFyYmll"u8)).Say.ToString());
        Assert.Equal(new SaslStep.CheckPassword(Barbie), server.Next("aGVsbG9rZW4="u8));
    }

    [Fact]
    public void LOGIN_takes_the_name_as_initial_response()
    {
        var server = new Login.Server();
        Assert.Equal(new SaslStep.Challenge(Replies.AskPassword), server.Start("YmFyYmll"));
        Assert.Equal(new SaslStep.CheckPassword(Barbie), server.Next("aGVsbG9rZW4="u8));
    }

    [Fact]
    public void A_star_cancels_anywhere()
    {
        foreach (var server in new SaslServer[] { new Plain.Server(), new Login.Server(), new ScramSha256.Server(new string('n', 24)) })
        {
            server.Start(null);
            Assert.Equal(new SaslStep.Failed(Replies.AuthCancelled), server.Next("*"u8));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("barbie")]
    [InlineData("\0barbie")]
    [InlineData("\0\0helloken")]
    [InlineData("\0barbie\0")]
    [InlineData("\0barbie\0hello\0ken")]
    [InlineData("\0barbie\0\u00ff")]
    public void A_message_that_is_not_PLAIN_is_malformed(string message) =>
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), new Plain.Server().Start(message.Length == 0 ? "=" : Convert.ToBase64String(Wire.Octets(message))));

    [Theory]
    [InlineData("not base64")]
    [InlineData("YmFyYmll\u00e9")]
    [InlineData("YmFyYmllX")]
    [InlineData("AGI=")]
    [InlineData("")]
    public void A_line_that_is_not_base64_or_no_name_is_malformed(string line)
    {
        var server = new Login.Server();
        server.Start(null);
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), server.Next(Wire.Octets(line)));
    }

    [Fact]
    public void Names_and_passwords_are_bounded()
    {
        Assert.IsType<SaslStep.CheckPassword>(new Plain.Server().Start(B64("\0" + new string('n', 255) + "\0" + new string('p', 1024))));
        Assert.IsType<SaslStep.Failed>(new Plain.Server().Start(B64("\0" + new string('n', 256) + "\0p")));
        Assert.IsType<SaslStep.Failed>(new Plain.Server().Start(B64("\0n\0" + new string('p', 1025))));
    }

    [Fact]
    public void The_two_halves_understand_each_other() => Wire.Holds(Prop.ForAll<string, string>((user, password) =>
    {
        user = "u" + Text(user);
        password = "p" + Text(password);
        var credentials = new Credentials(user, password);
        var plain = new Plain.Server().Start(new Plain.Client(credentials).InitialResponse);
        var login = new Login.Server();
        var client = new Login.Client(credentials);
        var step = login.Start(client.InitialResponse);
        while (step is SaslStep.Challenge challenge)
        {
            step = login.Next(Encoding.ASCII.GetBytes(((SaslAnswer.Send)client.Next(challenge.Say.Text)).Line));
        }

        return plain.Equals(new SaslStep.CheckPassword(credentials)) && step.Equals(plain);
    }));

    [Fact]
    public void A_client_gives_up_on_a_server_that_asks_too_much()
    {
        var login = new Login.Client(Barbie);
        login.Next("");
        login.Next("");
        Assert.IsType<SaslAnswer.GiveUp>(login.Next(""));
        Assert.IsType<SaslAnswer.Send>(new Plain.Client(Barbie).Next(""));
        Assert.IsType<SaslAnswer.GiveUp>(new Plain.Client(Barbie).Next("QQ=="));
    }

    [Fact]
    public void No_password_prints()
    {
        Assert.DoesNotContain("helloken", Barbie.ToString());
        Assert.DoesNotContain("helloken", new SaslStep.CheckPassword(Barbie).ToString());
        Assert.DoesNotContain("aGVsbG9rZW4", new SaslAnswer.Send("aGVsbG9rZW4=").ToString());
    }

    private static string Text(string? any) => new([.. (any ?? "").Where(c => c != '\0' && !char.IsSurrogate(c)).Take(60)]);

    private static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
