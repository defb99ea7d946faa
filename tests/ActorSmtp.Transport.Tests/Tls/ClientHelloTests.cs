namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>Whether a client's first message offers TLS 1.3, whatever it is and wherever it is cut.</summary>
public sealed class ClientHelloTests
{
    [Theory]
    [InlineData(true, 0x0304)]
    [InlineData(true, 0x7a7a, 0x0304, 0x0303)]      // GREASE first (RFC 8701)
    [InlineData(false, 0x0303, 0x0302)]
    [InlineData(false)]
    public void The_extension_decides(bool offered, params int[] versions) => Assert.Equal(offered, ClientHello.OffersTls13(Hello(versions)));

    [Fact]
    public void Without_the_extension_it_is_not_offered() => Assert.False(ClientHello.OffersTls13(Hello(null)));

    [Fact]
    public void One_that_is_cut_off_offers_nothing()
    {
        var whole = Hello(0x0304);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(ClientHello.OffersTls13(whole.AsSpan(0, length)), $"{length} of {whole.Length}");
        }
    }

    [Fact]
    public void Junk_does_no_harm()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var junk = i % 2 == 0 ? Hello(0x0304) : new byte[random.Next(300)];
            for (var j = random.Next(1, 9); j > 0 && junk.Length > 0; j--)
            {
                junk[random.Next(junk.Length)] = (byte)random.Next(256);
            }

            ClientHello.OffersTls13(junk);
        }
    }

    private static byte[] Hello(params int[]? versions)
    {
        byte[] extensions = versions is null
            ? [0, 10, 0, 2, 0, 0]
            : [0, 10, 0, 2, 0, 0, 0, 43, .. Number(1 + (versions.Length * 2)), (byte)(versions.Length * 2), .. versions.SelectMany(Number)];
        byte[] body = [3, 3, .. new byte[32], 2, 1, 2, 0, 2, 0x13, 1, 1, 0, .. Number(extensions.Length), .. extensions];
        return [22, 3, 1, .. Number(body.Length + 4), 1, 0, .. Number(body.Length), .. body];
    }

    private static byte[] Number(int number) => [(byte)(number >> 8), (byte)number];
}
