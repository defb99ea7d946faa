using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Reading;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Tests.Reading;

/// <summary>Memory for mail that is read.</summary>
public sealed class MailReaderTests
{
    [Fact]
    public void What_slow_readers_hold_is_bounded_and_given_back()
    {
        var mail = new MailReader(new MailboxIndex(new ManyMailboxes(1), TimeProvider.System), mostHeld: 100);
        var first = mail.Hold(60);
        using var second = mail.Hold(40);
        Assert.Equal("busy", Assert.Throws<ProblemException>(() => mail.Hold(1)).Problem.Code);
        first.Dispose();
        first.Dispose();                                    // gives back once
        using var third = mail.Hold(60);
        Assert.Equal("busy", Assert.Throws<ProblemException>(() => mail.Hold(1)).Problem.Code);
    }
}
