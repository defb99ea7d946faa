using System.Net;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Server.Policy.Milters;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Tests.Policy.Milters.ScriptedMilter;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>One connection to a milter that says more than anybody wants to hear.</summary>
public sealed class MilterLinkTests
{
    /// <summary>Signs of life, or pieces of a body of no octets: there is always one more, so the time would never be looked at.</summary>
    [Fact]
    public async Task A_milter_that_always_has_a_packet_more_is_left_when_its_time_is_over()
    {
        await using var transport = new MemoryTransport();
        await using var milter = new ScriptedMilter(transport) { Negotiation = Enumerable.Repeat(Word('p'), 100) };
        var link = await MilterLink.OpenAsync(transport, IPEndPoint.Parse(milter.Address), TimeSpan.FromSeconds(60), TimeProvider.System, CancellationToken.None);
        MilterWriter.Negotiate(link.Output, MilterActions.All, MilterSteps.Offered);
        await link.FlushAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        Assert.Equal((byte)'p', await ReadAsync(TimeSpan.FromSeconds(60), CancellationToken.None));

        var late = await Assert.ThrowsAsync<MilterException>(async () => await ReadAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.Equal("is not done in time", late.Message);
        using var over = new CancellationTokenSource();
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ReadAsync(TimeSpan.FromSeconds(60), over.Token));
        Assert.Equal((byte)'p', await ReadAsync(TimeSpan.FromSeconds(60), CancellationToken.None));
        link.End();

        ValueTask<byte> ReadAsync(TimeSpan within, CancellationToken cancellation) => link.ReadAsync(static (word, _) => word, within, cancellation);
    }
}
