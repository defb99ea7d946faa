using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Sasl;

/// <summary>Every mechanism's server, fed whatever octets.</summary>
public sealed class ArbitraryOctetsTests
{
    public static TheoryData<string> All => [.. Mechanisms.StrongestFirst];

    /// <summary>No throw, always a step, and never a success that nobody granted.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Every_server_survives_them(string mechanism) => Wire.Holds(Prop.ForAll(Messages(mechanism), Wire.Anything, (first, second) =>
    {
        foreach (var initial in new[] { null, Convert.ToBase64String(first), Wire.Text(first) })
        {
            var server = Make(mechanism);
            var step = server.Start(initial is { Length: 0 } ? "=" : initial);
            for (var i = 0; i < 6 && step is not SaslStep.Failed; i++)
            {
                step = step switch
                {
                    SaslStep.Challenge => server.Next(i % 2 == 0 ? Encoding.ASCII.GetBytes(Convert.ToBase64String(first)) : second),
                    SaslStep.FindPassword find => server.Resume(StoredPassword.Decoy(find.User, new byte[32], 4096)),
                    SaslStep.CheckProof { IsRight: true } => throw new InvalidOperationException("a decoy was matched"),
                    SaslStep.Succeeded => throw new InvalidOperationException("nobody granted that"),
                    _ => server.Deny(Replies.BadCredentials),
                };
            }
        }

        return true;
    }), 400);

    /// <summary>Clients: no throw, and no belief in a server that proved nothing where the mechanism has a proof.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Every_client_survives_them(string mechanism) => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
    {
        SaslClient client = mechanism switch
        {
            Plain.Name => new Plain.Client(new("a", "b")),
            Login.Name => new Login.Client(new("a", "b")),
            External.Name => new External.Client(),
            OAuthBearer.Name => new OAuthBearer.Client(new("t")),
            XOAuth2.Name => new XOAuth2.Client(new("t", "a")),
            _ => new ScramSha256.Client(new("a", "b"), "clientnonceclientnonce"),
        };
        client.Next(Convert.ToBase64String(octets));
        client.Next(Wire.Text(octets));
        client.Next("r=clientnonceclientnonce" + Wire.Text(octets));
        return client.MayAcceptSuccess == (mechanism is not (ScramSha256.Name or ScramSha256.PlusName));
    }), 400);

    /// <summary>Octets behind beginnings that lead a mechanism's parser further in.</summary>
    private static FsCheck.Arbitrary<byte[]> Messages(string mechanism)
    {
        string[] starts = mechanism switch
        {
            OAuthBearer.Name => ["", "n,,\u0001", "n,a=", "n,,\u0001auth=Bearer ", "y,,\u0001auth=Bearer a\u0001"],
            XOAuth2.Name => ["", "user=", "user=a\u0001", "user=a\u0001auth=Bearer "],
            Plain.Name => ["", "\0", "a\0b\0"],
            ScramSha256.PlusName => ["", "p=tls-server-end-point,,n=a,r=", "p=tls-unique,,", "c=biws,r="],
            _ => ["", "n,,n=a,r=", "n,a=", "c=biws,r="],
        };
        return Gen.Elements(starts).SelectMany(_ => Wire.Anything.Generator, (start, rest) => (byte[])[.. Wire.Octets(start), .. rest]).ToArbitrary();
    }

    private static SaslServer Make(string mechanism) => mechanism switch
    {
        Plain.Name => new Plain.Server(),
        Login.Name => new Login.Server(),
        External.Name => new External.Server(),
        OAuthBearer.Name => new OAuthBearer.Server(TokenHint.None),
        XOAuth2.Name => new XOAuth2.Server(TokenHint.None),
        ScramSha256.Name => new ScramSha256.Server("servernonceservernonce"),
        ScramSha256.PlusName => new ScramSha256.Server("servernonceservernonce", new ChannelBinding("tls-server-end-point", new byte[32]), plus: true),
        _ => throw new InvalidOperationException(mechanism),
    };
}
