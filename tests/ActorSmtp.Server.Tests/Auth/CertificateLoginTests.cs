using ActorSmtp.Server.Auth;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>Whose a certificate is: RFC 4422 appendix A, and the settings.</summary>
public sealed class CertificateLoginTests : AuthTestKit
{
    private static readonly string Print = new('a', 64);

    [Theory]
    [InlineData("fingerprint,email", "", "", true)]
    [InlineData("email", "", "", false)]
    [InlineData("email", "bob@mx.test", "", true)]
    [InlineData("email", "x@elsewhere.test,bob@mx.test", "", true)]
    [InlineData("email", "bob", "", false)]
    [InlineData("email", "bob@elsewhere.test", "", false)]
    [InlineData("email", "bob@mx.test,ann@mx.test", "", false)]         // whose is it then?
    [InlineData("email", "", "bob", false)]
    [InlineData("common-name", "", "bob", true)]
    [InlineData("common-name", "", "Bob@mx.test", true)]
    [InlineData("common-name", "", "", false)]
    public void A_certificate_leads_to_an_account_by_the_ways_that_are_set(string by, string emails, string name, bool isBob)
    {
        Users.Table = Users.Table.With(Bob with { Certificates = [Print] });
        var auth = StartAuth(sets: $"certificates-by={by}");

        auth.Tell(new FindOwner(new CertificateNames(Print, emails, name), null, Here), TestActor);

        Assert.Equal(isBob ? new Granted("bob") : new Denied(DenialReason.UnknownUser), ExpectMsg<Verdict>());
        Assert.Equal(0, Background.Runs);
    }

    [Theory]
    [InlineData("bob", null)]
    [InlineData("bob@mx.test", null)]
    [InlineData("ann", DenialReason.MayNotActAs)]
    [InlineData("nobody", DenialReason.MayNotActAs)]
    public void It_acts_as_its_own_account_only(string actAs, DenialReason? denied)
    {
        var auth = StartAuth();
        auth.Tell(new FindOwner(new CertificateNames(Print, "bob@mx.test", ""), actAs, Here), TestActor);
        Assert.Equal(denied is { } reason ? new Denied(reason) : new Granted("bob"), ExpectMsg<Verdict>());
    }

    [Fact]
    public void A_disabled_account_is_denied_by_certificate_too()
    {
        var auth = StartAuth();
        auth.Tell(new FindOwner(new CertificateNames(Print, "eve@mx.test", ""), null, Here), TestActor);
        Assert.Equal(new Denied(DenialReason.Disabled), ExpectMsg<Verdict>());
    }
}
