namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>How many handshakes there may be, and how many of them compute.</summary>
public sealed class HandshakeGateTests
{
    [Fact]
    public void No_more_steps_compute_at_once_than_there_are_threads_for_and_none_is_forgotten()
    {
        const int Threads = 3;
        const int Steps = 200;
        var gate = new HandshakeGate(int.MaxValue, Threads);
        using var go = new ManualResetEventSlim();
        var (now, most, done) = (0, 0, 0);
        for (var i = 0; i < Steps; i++)
        {
            gate.Run(() =>
            {
                var running = Interlocked.Increment(ref now);
                InterlockedMax(ref most, running);
                go.Wait();
                Interlocked.Decrement(ref now);
                Interlocked.Increment(ref done);
            });
        }

        Peer.Until(() => Volatile.Read(ref now) == Threads, "as many as may compute");
        go.Set();
        Peer.Until(() => Volatile.Read(ref done) == Steps, "all are done");
        Assert.Equal(Threads, most);
    }

    [Fact]
    public void One_above_the_limit_is_refused_until_another_has_ended_well_or_not()
    {
        var gate = new HandshakeGate(most: 2, threads: 1);
        Assert.True(gate.TryEnter());
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        gate.Leave(success: true);
        Assert.True(gate.TryEnter());
        gate.Leave(success: false);
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        Assert.Equal((1, 2), (gate.Done, gate.UnderWay));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value;)
        {
            var before = Interlocked.CompareExchange(ref most, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
