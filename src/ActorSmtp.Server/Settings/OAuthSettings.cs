using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Tokens;

namespace ActorSmtp.Server.Settings;

/// <summary>Logins by access token (OAUTHBEARER, XOAUTH2).</summary>
/// <param name="Issuer">The "iss" of tokens; empty: there are no logins by token.</param>
/// <param name="Keys">Where the issuer's keys are: an https URL, or a file.</param>
/// <param name="Audiences">One of these has to be in the "aud" of a token.</param>
/// <param name="Scope">What its scope has to hold; empty: anything.</param>
/// <param name="Claim">The claim that names the account.</param>
/// <param name="Leeway">How far clocks may differ.</param>
/// <param name="Refresh">How often the keys are read anew.</param>
/// <param name="RefetchAfter">How soon again for a token whose key is not among them.</param>
/// <param name="Configuration">URL that clients are told who have no good token; empty: none.</param>
public sealed record OAuthSettings(
    string Issuer,
    string Keys,
    ImmutableArray<string> Audiences,
    string Scope,
    string Claim,
    TimeSpan Leeway,
    TimeSpan Refresh,
    TimeSpan RefetchAfter,
    string Configuration)
{
    /// <summary>Whether there are logins by token.</summary>
    public bool IsOn => Issuer.Length > 0;

    /// <summary>The keys' address; null where they are in a file.</summary>
    public Uri? KeysUrl => Keys.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(Keys, UriKind.Absolute, out var url) ? url : null;

    /// <summary>What a token has to be like.</summary>
    public TokenRules Rules => new(Issuer, Audiences, Scope, Claim, Leeway);

    internal static OAuthSettings From(SettingsReader r)
    {
        var oauth = new OAuthSettings(
            Issuer: r.Text("issuer"),
            Keys: r.Text("keys"),
            Audiences: r.TextList("audience"),
            Scope: r.Text("scope"),
            Claim: r.Text("claim"),
            Leeway: r.Duration("leeway", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            Refresh: r.Duration("refresh", TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            RefetchAfter: r.Duration("refetch-after", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Configuration: r.Text("configuration"));
        if (oauth.IsOn)
        {
            oauth.Check(r);
        }

        return oauth;
    }

    private void Check(SettingsReader r)
    {
        if (Keys.Length == 0)
        {
            r.Refuse("keys", "expected the https URL of the issuer's key set (jwks_uri of its OpenID configuration), or the name of a file that holds it");
        }
        else if (Keys.Contains("://", StringComparison.Ordinal) && !IsSafe(KeysUrl))
        {
            r.Refuse("keys", "expected an https URL (http for this machine only): whoever changes the keys on the way can log in as anybody");
        }

        if (Audiences.IsEmpty)
        {
            r.Refuse("audience", "expected what the issuer puts into the \"aud\" of tokens for this server; else tokens for any other service would do");
        }

        if (Claim.Length == 0)
        {
            r.Refuse("claim", "expected the name of the claim that names the account, such as email or preferred_username");
        }
    }

    private static bool IsSafe(Uri? url) => url is not null && url.UserInfo.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps
            || (url.Scheme == Uri.UriSchemeHttp && (url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)))));
}
