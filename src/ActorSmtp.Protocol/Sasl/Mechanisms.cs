using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>The mechanisms both sides know, strongest first: the order in which a server offers them and a client picks.</summary>
public static class Mechanisms
{
    /// <summary>Names as in EHLO and AUTH.</summary>
    public static ImmutableArray<string> StrongestFirst { get; } =
        [External.Name, ScramSha256.PlusName, ScramSha256.Name, OAuthBearer.Name, XOAuth2.Name, Plain.Name, Login.Name];

    /// <summary>Whether the wire carries a secret that whoever reads it can use again.</summary>
    public static bool ShowsSecret(string mechanism) => mechanism is Plain.Name or Login.Name or OAuthBearer.Name or XOAuth2.Name;
}
