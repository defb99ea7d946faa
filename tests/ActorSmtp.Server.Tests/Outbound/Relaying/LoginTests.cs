using System.Collections.Frozen;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Settings;
using ActorSmtp.Testing.Peers;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>Logging in at the server of a route: over TLS, to the right one, and nobody else sees the password.</summary>
public sealed class LoginTests : RelayTestKit
{
    private static readonly string _plain = Convert.ToBase64String(Encoding.ASCII.GetBytes("\0us\0hunter2"));

    public LoginTests()
    {
        Routes = "smtp://mx1.far.test:25";
        TrustedRoots = PeerCertificates.Trusted;
        Logins = new Dictionary<string, RouteLogin> { ["*"] = new(new Credentials("us", "hunter2"), null) }.ToFrozenDictionary();
    }

    [Fact]
    public void It_is_done_over_TLS_and_the_transcript_hides_the_password()
    {
        var peer = Secure("good");
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal([$"AUTH PLAIN {_plain}"], peer.Said("AUTH"));
        Assert.Equal(("required", null), (reports[0].TlsPolicy, reports[0].Tls!.CertificateProblem));
        Assert.Contains("AUTH PLAIN ***", Transcript);
        Assert.DoesNotContain(Transcript.Concat(Lines.All), l => l.Contains(_plain, StringComparison.Ordinal) || l.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("stranger")]
    public void It_is_not_done_at_a_server_that_cannot_show_who_it_is(string certificate)
    {
        var peer = Secure(certificate);
        Assert.Equal("Later 4.7.5", Show(Assert.Single(Try(Errand(), out _))));
        Assert.Equal(0, peer.Times("AUTH"));
    }

    [Fact]
    public void It_is_done_there_where_the_configuration_takes_any_certificate()
    {
        Sets = ["actorsmtp.outbound.tls-policy.\"*\"=encrypt"];
        var peer = Secure("stranger");
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out _))));
        Assert.Equal(1, peer.Times("AUTH"));
    }

    [Fact]
    public void It_is_not_done_without_TLS()
    {
        var peer = Peer("192.0.2.1:25").On("AUTH", "235 2.7.0 in");
        peer.Offers = ["AUTH PLAIN"];
        Assert.Equal("Later 4.7.4", Show(Assert.Single(Try(Errand(), out _))));
        Assert.Equal((0, 0), (peer.Times("AUTH"), peer.Times("MAIL")));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("may")]
    public void A_policy_that_would_do_without_TLS_keeps_mail_back(string level)
    {
        Sets = [$"actorsmtp.outbound.tls-policy.\"*\"={level}"];
        var peer = Secure("good");
        var outcome = Assert.Single(Try(Errand(), out _));
        Assert.Equal("Later 4.7.11", Show(outcome));
        Assert.Contains("outbound.logins", outcome.Why);
        Assert.Equal(0, peer.Connections);
    }

    [Fact]
    public void On_this_machine_it_is_done_without_TLS()
    {
        Routes = "smtp://127.0.0.1:587";
        var peer = Peer("127.0.0.1:587").On("AUTH", "235 2.7.0 in");
        peer.Offers = ["AUTH PLAIN"];
        Assert.Equal("Relayed 2.0.0", Show(Assert.Single(Try(Errand(), out _))));
        Assert.Equal(1, peer.Times("AUTH"));
    }

    [Fact]
    public void A_password_that_is_not_taken_is_not_said_again_for_each_message()
    {
        var peer = Secure("good").On("AUTH", "535 5.7.8 no");
        var (relay, parent) = Start();
        relay.Tell(new RelayMessages.Carry(Errand()), parent);
        Assert.Equal("Later 4.7.8", Show(NextReport(parent).Report.Outcomes[0]));
        Next<RelayMessages.Resting>(parent);
        var (near, parentOfNear) = Start("near.test");
        near.Tell(new RelayMessages.Carry(Errand("ann@near.test")), parentOfNear);
        Next<RelayMessages.Resting>(parentOfNear);
        Assert.Equal(1, peer.Times("AUTH"));
    }

    private NextHopPeer Secure(string certificate)
    {
        var peer = Peer("192.0.2.1:25").On("AUTH", "235 2.7.0 in");
        peer.Tls = PeerCertificates.For(certificate, "mx1.far.test");
        peer.Offers = ["STARTTLS", "DSN", "AUTH PLAIN LOGIN"];
        return peer;
    }
}
