using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>A peer that sends thousands of commands at once is heard in parts, and others in between.</summary>
public sealed class FloodTests() : ListenerTestKit(Supervision.EngineSettings(TimeSpan.FromSeconds(20)) + "\n" + TestMailServer.Settings([]).EngineText)
{
    [Fact]
    public async Task A_flood_of_commands_gives_up_its_turn_now_and_then_and_loses_nothing()
    {
        Listen(Supervision.OfListener(ContextFor("limits.junk-commands=100000")));
        var connection = await Begin();
        connection.Arrive(string.Concat(Enumerable.Repeat("NOOP\r\n", 1000)));
        for (var turns = 1; turns <= 15; turns++)
        {
            await Until(() => connection.Posted.Count == 1, $"no turn is given up after {turns}");
            Assert.Equal(1 + (64 * turns), connection.Said);                   // the greeting as well; all of it flushed
            connection.RunPosted();
        }

        await Until(() => connection.Asked == 2, "it is not read on");
        Assert.Equal(1001, connection.Said);
        Assert.Empty(connection.Posted);
    }

    [Fact]
    public async Task A_flight_of_sixty_commands_is_heard_in_one_turn()
    {
        Listen(Supervision.OfListener(ContextFor("limits.junk-commands=100000")));
        var connection = await Begin();
        connection.Arrive(string.Concat(Enumerable.Repeat("NOOP\r\n", 60)));
        await Until(() => connection.Asked == 2, "it is not read on");
        Assert.Empty(connection.Posted);
        Assert.Equal((61, 2), (connection.Said, connection.Flushes));
    }

    [Fact]
    public async Task Only_so_many_may_be_far_ahead_behind_a_message_and_not_read()
    {
        Listen(Supervision.OfListener(ContextFor("limits.junk-commands=100000")));
        var far = await FloodOf(20_000);
        await Until(() => Gate.HoldingMuch.Taken == 1, "it takes no place");
        while (Gate.HoldingMuch.TryTake())
        {
        }

        var further = await FloodOf(20_000);
        await Until(() => further.IsAborted, "it waits all the same");
        var little = await FloodOf(16_000);
        await Until(() => little.Parks > 0, "it does not wait");
        Assert.Equal(256, Gate.HoldingMuch.Taken);
        far.Drain();                                                            // it reads, so its place is free
        await Until(() => Gate.HoldingMuch.Taken == 255, "no place is given back");
        Assert.False(far.IsAborted || little.IsAborted);
    }

    [Fact]
    public async Task The_place_of_one_who_was_far_ahead_is_free_when_it_is_gone()
    {
        Listen(Supervision.OfListener(ContextFor("limits.junk-commands=100000")));
        var far = await FloodOf(20_000);
        await Until(() => Gate.HoldingMuch.Taken == 1, "it takes no place");
        far.Observer!.OnClosed(far, CloseReason.PeerDoesNotRead);
        Assert.Equal(0, Gate.HoldingMuch.Taken);
    }

    [Fact]
    public async Task Who_is_slowed_down_for_its_errors_may_not_be_far_ahead_either()
    {
        Listen(Supervision.OfListener(ContextFor("limits.errors-before-delay=0", "limits.error-delay=1m")));
        while (Gate.HoldingMuch.TryTake())
        {
        }

        var connection = await Begin();
        connection.Arrive(string.Concat(Enumerable.Repeat("RUBBISH\r\n", 3000)));
        await Until(() => connection.IsAborted, "it waits all the same");
    }

    /// <summary>A peer that has sent so many octets of commands, and whose answers wait.</summary>
    private async Task<HandConnection> FloodOf(int octets)
    {
        var connection = await Begin();
        connection.OutputPending = true;
        connection.Arrive(string.Concat(Enumerable.Repeat("NOOP\r\n", octets / 6)));
        return connection;
    }

    private async Task<HandConnection> Begin()
    {
        var connection = new HandConnection();
        Transport.Acceptor!.OnAccepted(connection);
        await Until(() => connection.Asked == 1, "no input is asked for");
        return connection;
    }
}
