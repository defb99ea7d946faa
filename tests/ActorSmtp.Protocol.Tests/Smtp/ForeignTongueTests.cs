using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class ForeignTongueTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("post /x")]
    [InlineData("CONNECT mx.test:25 HTTP/1.1")]
    [InlineData("OPTIONS *")]
    [InlineData("PRI * HTTP/2.0")]
    [InlineData("PUT ")]
    [InlineData("\u0016\u0003\u0001\u0002")]
    [InlineData("\u0016\u0003")]
    public void HTTP_and_TLS_are_known_by_how_they_begin(string line) => Assert.True(ForeignTongue.Is(Wire.Octets(line)));

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("GET")]
    [InlineData("GETX /")]
    [InlineData(" GET /")]
    [InlineData("EHLO get")]
    [InlineData("MAIL FROM:<a@b>")]
    [InlineData("\u0016")]
    [InlineData("\u0016\u0001")]
    public void Anything_else_is_not(string line) => Assert.False(ForeignTongue.Is(Wire.Octets(line)));

    [Fact]
    public void No_verb_of_ours_is_taken_for_one()
    {
        foreach (var verb in Enum.GetNames<Verb>())
        {
            Assert.False(ForeignTongue.Is(Wire.Octets(verb + " x")), verb);
        }
    }
}
