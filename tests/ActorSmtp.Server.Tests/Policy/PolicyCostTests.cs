using System.Net;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>What is not asked costs nothing.</summary>
public sealed class PolicyCostTests
{
    private static readonly SessionFacts s_session = new(
        "s1", "mx.test", "mx", ListenerRole.Mx, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4321), null, null, DateTimeOffset.UnixEpoch);

    private readonly ServerSettings _settings = TestMailServer.Settings([]);

    [Fact]
    public void Where_a_listener_names_nobody_there_is_nothing_of_it()
    {
        var book = new PolicyBook(_settings.Gatekeeping, TimeProvider.System, [new ScriptedCheck()]);

        Assert.Null(book.ChainOf(_settings.Listeners[0]));
    }

    [Fact]
    public void A_step_at_which_nobody_is_asked_allocates_nothing()
    {
        var check = new ScriptedCheck { Steps = PolicySteps.Connect };
        var book = new PolicyBook(_settings.Gatekeeping, TimeProvider.System, [check]);
        using var policy = book.ChainOf(_settings.Listeners[0] with { Checks = [new CheckChoice(check.Name, CheckLimit.Reject)] })!.Begin(s_session)!;
        Assert.True(policy.Asks(PolicySteps.Connect, null));
        Dialogue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1000; n++)
        {
            Dialogue();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Dialogue()
        {
            if (policy.Asks(PolicySteps.Hello, null) || policy.Asks(PolicySteps.Mail, null) || policy.Asks(PolicySteps.Rcpt, null) || policy.Asks(PolicySteps.Content, null))
            {
                throw new InvalidOperationException("nobody wants to be asked");
            }
        }
    }

    [Fact]
    public void Peers_that_are_trusted_have_nothing_of_it_either()
    {
        var check = new ScriptedCheck();
        var trusting = TestMailServer.Settings(["gatekeeping.trusted=[192.0.2.0/24]"]).Gatekeeping;
        var book = new PolicyBook(trusting, TimeProvider.System, [check]);

        Assert.Null(book.ChainOf(_settings.Listeners[0] with { Checks = [new CheckChoice(check.Name, CheckLimit.Reject)] })!.Begin(s_session));
    }
}
