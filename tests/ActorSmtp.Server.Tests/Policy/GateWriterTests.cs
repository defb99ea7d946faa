using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>What stands between the peer and the store asks for more when all who look on have room, and never waits for word that has been given.</summary>
public sealed class GateWriterTests
{
    private readonly ScriptedMailStore _store = new();
    private readonly Hearer _peer = new();
    private Action? _tapHasRoom;
    private bool _tapTakes;

    [Fact]
    public void It_has_room_when_all_have_whoever_says_so_last()
    {
        var gate = Begin();
        _store.OnWrite = _ => false;
        Assert.False(gate.Write("one"u8));

        _tapHasRoom!();
        Assert.Equal(0, _peer.Ready);
        _store.Writers.Single().Observer.OnReady(gate.Id);
        Assert.Equal(1, _peer.Ready);
        _tapHasRoom!();                                             // once more, for nothing
        Assert.Equal(1, _peer.Ready);

        (_tapTakes, _store.OnWrite) = (true, _ => true);
        Assert.True(gate.Write("two"u8));
        Assert.Equal(1, _peer.Ready);
    }

    [Fact]
    public void It_goes_on_at_once_where_all_have_said_so_while_they_were_asked()
    {
        var gate = Begin();
        _store.OnWrite = writer =>
        {
            _tapHasRoom!();
            writer.Observer.OnReady(writer.Id);
            return false;
        };

        Assert.True(gate.Write("one"u8));
        Assert.Equal(0, _peer.Ready);
    }

    /// <summary>A filter sends another body while one who looks on is still busy with the end of the old one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Word_of_somebody_else_in_the_midst_of_appending_is_not_taken_for_the_store_s(bool storeTakes)
    {
        var gate = Begin();
        Assert.False(gate.Write("one"u8));
        var told = 0;
        _store.OnWrite = _ =>
        {
            _tapHasRoom!();
            return storeTakes;
        };

        var hasRoom = gate.Append("another body"u8, () => told++);

        Assert.Equal((storeTakes, 0), (hasRoom, told));
        _store.Writers.Single().Observer.OnReady(gate.Id);
        Assert.Equal(storeTakes ? 0 : 1, told);
        _store.Writers.Single().Observer.OnReady(gate.Id);
        Assert.Equal(storeTakes ? 0 : 1, told);
    }

    [Fact]
    public void What_is_thrown_away_takes_no_more()
    {
        var gate = Begin();
        gate.Abort();

        Assert.True(gate.Append("more"u8, () => Assert.Fail("told")));
        Assert.Null(_store.Writers.Single().Offence);
    }

    private GateWriter Begin()
    {
        var gate = new GateWriter(_peer).With([new Tap(this)], null);
        return gate.Over(_store.Begin(new MailIdGenerator(1).Next(DateTimeOffset.UnixEpoch), gate));
    }

    private sealed class Tap(GateWriterTests test) : IContentTap
    {
        public bool Take(ReadOnlySpan<byte> content, Action ready)
        {
            test._tapHasRoom = ready;
            return test._tapTakes;
        }
    }

    private sealed class Hearer : IMailWriterObserver
    {
        public int Ready { get; private set; }

        public void OnReady(MailId id) => Ready++;

        public void OnStored(MailId id)
        {
        }

        public void OnStoreFailed(MailId id, StoreFailure failure)
        {
        }
    }
}
