using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Attempts as people read them, everywhere alike.</summary>
public sealed class AttemptWordsTests
{
    private readonly GivenQueue _given = new(TimeProvider.System);

    [Fact]
    public void A_server_is_its_name_and_its_address()
    {
        var report = _given.Answered("far.example", "250 OK", 0);

        Assert.Equal("mx.far.example [192.0.2.1]:25", AttemptWords.Server(report));
        Assert.Equal("192.0.2.1:25", AttemptWords.Server(report with { Host = "[192.0.2.1]" }));
        Assert.Equal("/run/lmtp.sock", AttemptWords.Server(report with { Host = "/run/lmtp.sock", Address = null }));
        Assert.Null(AttemptWords.Server(report with { Host = null, Address = null }));
    }

    [Fact]
    public void Protection_says_what_was_asked_for_and_what_was_had()
    {
        var report = _given.Answered("far.example", "250 OK", 0);

        Assert.Equal("TLSv1.3 (opportunistic, verified)", AttemptWords.Protection(report));
        Assert.Equal("TLSv1.3 (dane, not verified)", AttemptWords.Protection(report with { TlsPolicy = "dane", Tls = report.Tls! with { CertificateProblem = "expired" } }));
        Assert.Equal("clear text", AttemptWords.Protection(report with { Tls = null }));
        Assert.Null(AttemptWords.Protection(_given.Unreached("far.example", "nobody there", 0)));
        Assert.Equal("no TLS (mta-sts)", AttemptWords.Protection(_given.Unreached("far.example", "nobody there", 0) with { TlsPolicy = "mta-sts" }));
    }

    [Fact]
    public void What_decided_is_the_reply_or_our_own_words()
    {
        var answered = _given.Answered("far.example", "450 4.2.0 Greylisted", 0);
        var unreached = _given.Unreached("far.example", "connection refused", 0);

        Assert.Equal("450 4.2.0 Greylisted", AttemptWords.Of(answered, answered.Outcomes[0]));
        Assert.Equal("450 4.2.0 Greylisted (as every time)", AttemptWords.Of(answered, answered.Outcomes[0] with { Why = "as every time" }));
        Assert.Equal("4.4.1 connection refused", AttemptWords.Of(unreached, unreached.Outcomes[0]));
        Assert.Equal("5.6.7 it needs SMTPUTF8", AttemptWords.Of(unreached, unreached.Outcomes[0] with { Status = new EnhancedCode(5, 6, 7), Why = "it needs SMTPUTF8" }));
    }

    [Fact]
    public void A_message_waits_for_the_recipient_that_was_put_off()
    {
        var taken = _given.Answered("far.example", "250 2.1.5 OK", 0);
        var mixed = taken with { Outcomes = [.. taken.Outcomes, .. _given.Answered("far.example", "452 4.2.2 Full", 1).Outcomes] };

        Assert.Equal("452 4.2.2 Full", AttemptWords.Why(mixed));
        Assert.Equal("250 2.1.5 OK", AttemptWords.Why(taken));
        Assert.Equal("the server stops", AttemptWords.Why(taken with { Outcomes = [], Why = "the server stops" }));
    }
}
