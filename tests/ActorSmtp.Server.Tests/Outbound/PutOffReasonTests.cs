using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Why mail was put off, in classes that can be counted.</summary>
public sealed class PutOffReasonTests
{
    [Theory]
    [InlineData("421 4.7.0 Try again later", PutOffReason.Busy)]
    [InlineData("451 4.3.0 Queue full", PutOffReason.Busy)]
    [InlineData("450 4.4.2 Bad connection", PutOffReason.Busy)]
    [InlineData("452 4.3.1 No space", PutOffReason.Busy)]
    [InlineData("452 too many recipients", PutOffReason.Busy)]
    [InlineData("452 4.2.2 Mailbox full", PutOffReason.Mailbox)]
    [InlineData("450 4.2.1 Disabled for now", PutOffReason.Mailbox)]
    [InlineData("450 4.2.0 Greylisted", PutOffReason.Policy)]
    [InlineData("451 4.7.1 Greylisted, come back in 300 seconds", PutOffReason.Policy)]
    [InlineData("451 please wait", PutOffReason.Policy)]
    [InlineData("450 4.1.8 Sender domain not found", PutOffReason.Other)]
    [InlineData("454 4.5.0 what?", PutOffReason.Other)]
    public void What_a_server_says_has_a_class(string reply, PutOffReason expected)
    {
        var report = new GivenQueue(TimeProvider.System).Answered("far.example", reply, 0);

        Assert.Equal(expected, PutOffReasons.Of(report, report.Outcomes[0]));
    }

    [Theory]
    [InlineData("4.4.3", ClientState.Connecting, PutOffReason.Names)]
    [InlineData("4.4.4", ClientState.Connecting, PutOffReason.Names)]
    [InlineData("4.4.1", ClientState.Connecting, PutOffReason.Unreachable)]
    [InlineData("4.7.5", ClientState.Ready, PutOffReason.Tls)]
    [InlineData("4.4.2", ClientState.Securing, PutOffReason.Tls)]
    [InlineData("4.4.2", ClientState.AskingForTls, PutOffReason.Tls)]
    [InlineData("4.4.2", ClientState.Greeting, PutOffReason.Broken)]
    [InlineData("4.4.2", ClientState.Deciding, PutOffReason.Broken)]
    public void What_happened_without_a_reply_has_one_too(string status, ClientState phase, PutOffReason expected)
    {
        Assert.True(EnhancedCode.TryParse(status, out var code, out _));
        var report = new GivenQueue(TimeProvider.System).Unreached("far.example", "it broke", 0) with { Phase = phase };

        Assert.Equal(expected, PutOffReasons.Of(report, report.Outcomes[0] with { Status = code }));
    }
}
