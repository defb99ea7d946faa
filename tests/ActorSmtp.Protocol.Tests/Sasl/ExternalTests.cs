using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Sasl;

/// <summary>RFC 4422 appendix A.</summary>
public sealed class ExternalTests
{
    [Fact]
    public void The_response_names_whom_to_act_as_or_nobody()
    {
        Assert.Equal(new SaslStep.CheckCertificate(null), new External.Server().Start("="));
        Assert.Equal(new SaslStep.CheckCertificate("fred@example.com"), new External.Server().Start(Convert.ToBase64String("fred@example.com"u8)));
    }

    [Fact]
    public void Without_an_initial_response_the_challenge_is_empty()
    {
        var server = new External.Server();
        Assert.Equal(new SaslStep.Challenge(Replies.EmptyChallenge), server.Start(null));
        Assert.Equal(new SaslStep.CheckCertificate(null), server.Next(default));
        Assert.IsType<SaslStep.Succeeded>(server.Grant());
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("\0")]
    public void A_NUL_is_no_part_of_an_identity(string name) =>
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), new External.Server().Start(Convert.ToBase64String(Encoding.UTF8.GetBytes(name))));

    [Fact]
    public void Nor_is_what_is_not_UTF8_or_too_long()
    {
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), new External.Server().Start("/w=="));
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), new External.Server().Start(Convert.ToBase64String(new byte[256].Select(_ => (byte)'a').ToArray())));
    }

    [Fact]
    public void The_two_halves_understand_each_other()
    {
        Assert.Equal(new SaslStep.CheckCertificate(null), new External.Server().Start(new External.Client().InitialResponse));
        Assert.Equal(new SaslStep.CheckCertificate("ann"), new External.Server().Start(new External.Client("ann").InitialResponse));

        var server = new External.Server();
        server.Start(null);
        var answer = Assert.IsType<SaslAnswer.Send>(new External.Client().Next(""));
        Assert.Equal(new SaslStep.CheckCertificate(null), server.Next(Encoding.ASCII.GetBytes(answer.Line)));
        Assert.IsType<SaslAnswer.GiveUp>(new External.Client().Next("eA=="));
    }
}
