using System.Text;
using ActorSmtp.Protocol.Tests.Smtp;
using ActorSmtp.Protocol.Tokens;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Tokens;

/// <summary>Which tokens are taken: RFC 7515, RFC 7519, RFC 8725.</summary>
public sealed class AccessTokenTests
{
    private static readonly Issuer Issuer = new();
    private static readonly TokenVerdict Barbie = new TokenVerdict.Good("barbie@example.com");

    [Fact]
    public void A_good_token_names_its_account()
    {
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims())));
        Assert.Equal(Barbie, Look(Issuer.Es256(Issuer.Claims())));
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims(), """{"alg":"RS256"}""")));                  // no key named: each is tried
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims(), """{"typ":"at+JWT","alg":"RS256","kid":"r"}""")));
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims(("aud", new[] { "other", "mail.example.com" })))));
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims(("nbf", Issuer.Now.ToUnixTimeSeconds()), ("email_verified", true)))));
        Assert.Equal(new TokenVerdict.Good("bot"), Look(Issuer.Rs256(Issuer.Claims(("sub", "bot"))), Issuer.Rules with { Claim = "sub" }));
    }

    public static TheoryData<string, object?, string> Wrong => new()
    {
        { "iss", "https://issuer.example/", "another issuer" },
        { "iss", null, "another issuer" },
        { "iss", 5, "another issuer" },
        { "aud", "imap", "another audience" },
        { "aud", new[] { "imap" }, "another audience" },
        { "aud", null, "another audience" },
        { "aud", new object[] { "smtp", 5 }, "another audience" },
        { "exp", null, "does not say when it expires" },
        { "exp", "1900000600", "does not say when it expires" },
        { "exp", 1_899_999_940, "has expired" },
        { "nbf", 1_900_000_061, "does not hold yet" },
        { "nbf", "x", "does not hold yet" },
        { "email", null, "names no account" },
        { "email", "", "names no account" },
        { "email", "bar\nbie", "names no account" },
        { "email", 7, "names no account" },
        { "email_verified", false, "not verified" },
        { "email_verified", "no", "not verified" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_claim_that_is_wrong_or_missing_is_one_too_many(string claim, object? value, string why) =>
        IsBad(why, Look(Issuer.Rs256(Issuer.Claims((claim, value)))));

    [Fact]
    public void Clocks_may_differ_by_the_leeway()
    {
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims(("exp", Issuer.Now.ToUnixTimeSeconds() - 59)))));
        Assert.Equal(Barbie, Look(Issuer.Rs256(Issuer.Claims(("nbf", Issuer.Now.ToUnixTimeSeconds() + 60)))));
        IsBad("has expired", Look(Issuer.Rs256(Issuer.Claims(("exp", Issuer.Now.ToUnixTimeSeconds()))), Issuer.Rules with { Leeway = TimeSpan.Zero }));
    }

    [Theory]
    [InlineData("scope", "openid mail", true)]
    [InlineData("scope", "openid mailbox", false)]
    [InlineData("scp", "mail", true)]
    [InlineData("scp", null, false)]
    public void A_scope_that_is_asked_for_has_to_be_there(string claim, string? scopes, bool isGood)
    {
        var verdict = Look(Issuer.Rs256(Issuer.Claims((claim, scopes))), Issuer.Rules with { Scope = "mail" });
        Assert.Equal(isGood, verdict is TokenVerdict.Good);
    }

    [Fact]
    public void Signatures_of_others_and_of_nobody_are_refused()
    {
        IsBad("signature", Look(new Issuer().Rs256(Issuer.Claims())));
        IsBad("signature", Look(new Issuer().Es256(Issuer.Claims())));
        IsBad("RS256 or ES256", Look(Issuer.Hs256(Issuer.Claims())));
        IsBad("RS256 or ES256", Look(Issuer.Join("""{"alg":"none"}""", Issuer.Claims(), _ => [])));
        IsBad("RS256 or ES256", Look(Issuer.Rs256(Issuer.Claims(), """{"alg":"rs256","kid":"r"}""")));
        IsBad("signature", Look(Issuer.Join("""{"alg":"RS256","kid":"r"}""", Issuer.Claims(), _ => [])));

        // The one's key by the other's algorithm.
        Assert.Equal(new TokenVerdict.UnknownKey("r"), Look(Issuer.Es256(Issuer.Claims(), """{"alg":"ES256","kid":"r"}""")));
    }

    [Fact]
    public void One_octet_changed_anywhere_is_noticed() => Wire.Holds(Prop.ForAll(
        FsCheck.Fluent.Gen.Choose(0, 10_000).ToArbitrary(),
        place =>
        {
            var token = Issuer.Rs256(Issuer.Claims(), """{"alg":"RS256","kid":"r"}""").ToCharArray();
            var at = place % token.Length;
            token[at] = token[at] == 'A' ? 'B' : 'A';
            return Look(new string(token)) is not TokenVerdict.Good;
        }), 300);

    [Fact]
    public void A_key_that_is_not_there_may_be_a_newer_one() =>
        Assert.Equal(new TokenVerdict.UnknownKey("new"), Look(Issuer.Rs256(Issuer.Claims(), """{"alg":"RS256","kid":"new"}""")));

    [Theory]
    [InlineData("""{"alg":"RS256","kid":"r","crit":["exp"]}""", "critical")]
    [InlineData("""{"alg":"RS256","kid":"r","typ":"logout+jwt"}""", "another type")]
    [InlineData("""{"alg":"RS256","kid":"r","typ":5}""", "another type")]
    [InlineData("""{"alg":"RS256","kid":5}""", "key")]
    [InlineData("""{"alg":"none","alg":"RS256","kid":"r"}""", "header")]
    [InlineData("""[]""", "header")]
    [InlineData("""{"alg":"RS256","kid":"r"} x""", "header")]
    public void A_header_that_asks_for_what_we_do_not_know_is_refused(string header, string why) =>
        IsBad(why, Look(Issuer.Rs256(Issuer.Claims(), header)));

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d.e")]
    [InlineData("!.!.!")]
    [InlineData("e30.e30.")]
    [InlineData("e30=.e30.e30")]
    [InlineData(" e30.e30.e30")]
    public void What_is_no_signed_JWT_is_refused(string token) => Assert.IsType<TokenVerdict.Bad>(Look(token));

    [Fact]
    public void A_name_twice_in_the_claims_is_refused() =>
        IsBad("no JSON object", Look(Issuer.Rs256("""{"email":"barbie@example.com",""" + Issuer.Claims(("email", "ken@example.com"))[1..])));

    [Fact]
    public void A_token_without_end_is_refused_unread() => IsBad("no signed JWT", Look(new string('a', AccessToken.MaxLength + 1)));

    [Fact]
    public void No_octets_throw() => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
    {
        var text = Wire.Text(octets);
        Look(text);
        Look($"{Issuer.Url(octets)}.{Issuer.Url(octets)}.{Issuer.Url(octets)}");
        Look(Issuer.Join("""{"alg":"RS256","kid":"r"}""", text, _ => octets));
        Look(Issuer.Rs256(text));
        IssuerKeys.TryParse(octets, out _);
        IssuerKeys.TryParse(Encoding.UTF8.GetBytes(Issuer.Set(text)), out _);
        return true;
    }), 500);

    private static TokenVerdict Look(string token, TokenRules? rules = null) => AccessToken.Verify(token, Issuer.Keys, rules ?? Issuer.Rules, Issuer.Now);

    private static void IsBad(string why, TokenVerdict verdict) => Assert.Contains(why, Assert.IsType<TokenVerdict.Bad>(verdict).Why, StringComparison.Ordinal);
}
