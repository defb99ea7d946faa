namespace ActorSmtp.Transport.Tests;

/// <summary>What many ask for in one round is done once, at its end or a little before.</summary>
public sealed class PauseTests : IDisposable
{
    private static readonly TransportOptions s_options = new() { MaxHandshakes = 1 };

    private readonly PausingLane _lane = new();
    private readonly List<string> _done = [];

    public void Dispose() => _lane.Dispose();

    [Fact]
    public void It_is_done_once_when_the_round_ends()
    {
        Action wake = () => _done.Add("woken"), other = () => _done.Add("other");

        _lane.Round(3, _ =>
        {
            Assert.True(IoThreads.TryAtPause(wake));
            Assert.True(IoThreads.TryAtPause(other));
            Assert.Empty(_done);
        });

        Assert.Equal(["woken", "other"], _done);
        _lane.Round(3, _ => { });
        Assert.Equal(2, _done.Count);
    }

    [Fact]
    public void In_a_long_round_it_is_not_put_off_for_long()
    {
        Action wake = () => _done.Add("woken");

        _lane.Round(100, event_ =>
        {
            Assert.True(event_ < 16 || _done.Count > 0);
            Assert.True(IoThreads.TryAtPause(wake));
        });

        Assert.InRange(_done.Count, 100 / 16, 100 / 4);
    }

    [Fact]
    public void Nothing_is_put_off_on_other_threads()
    {
        Assert.False(IoThreads.TryAtPause(() => _done.Add("woken")));
        _lane.Round(1, _ => { });

        Assert.False(IoThreads.TryAtPause(() => _done.Add("woken")));
        Assert.Empty(_done);
    }

    private sealed class PausingLane() : IoLane(s_options, new BufferPool(0), Transports.GateFor(s_options))
    {
        protected override bool Pauses => true;

        public void Round(int events, Action<int> handle)
        {
            Enter();
            try
            {
                for (var i = 0; i < events; i++)
                {
                    handle(i);
                    Handled();
                }

                Pause();
            }
            finally
            {
                Leave();
            }
        }

        protected override void Wake()
        {
        }
    }
}
