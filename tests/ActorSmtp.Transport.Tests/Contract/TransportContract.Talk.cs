using System.Buffers;

namespace ActorSmtp.Transport.Tests;

/// <summary>Talking: what is said arrives, in order, when it is asked for.</summary>
public abstract partial class TransportContract
{
    [SkippableFact]
    public void What_one_says_the_other_hears()
    {
        var (client, server, _) = Pair();
        client.Say("EHLO client\r\n");
        Assert.Equal("EHLO client\r\n", server.ReadAndConsume(13));
        server.Say("250 server\r\n");
        Assert.Equal("250 server\r\n", client.ReadAndConsume(12));
        Assert.Equal(IsSecure, client.Connection.IsSecure);
        Assert.Equal(IsSecure, server.Connection.Tls is not null);
    }

    [SkippableFact]
    public void Nothing_is_sent_before_the_flush_and_all_of_it_then()
    {
        var (client, server, transport) = Pair();
        var before = transport.Counters.Writes;
        server.Connection.RequestInput();
        for (var i = 0; i < 100; i++)
        {
            client.Connection.Write("NOOP\r\n"u8);
        }

        Assert.Equal(before, transport.Counters.Writes);
        server.ExpectNothing();
        client.Connection.Flush();
        server.Expect("input");
        Assert.Equal(before + 1, transport.Counters.Writes);
        Assert.Equal(600, server.Read(600).Length);
    }

    [SkippableFact]
    public void Unconsumed_input_stays_and_grows()
    {
        var (client, server, _) = Pair();
        client.Say("MAIL FROM:<a@b>\r\nRCPT");
        Assert.Equal("MAIL FROM:<a@b>\r\nRCPT", server.Read(21));
        server.Connection.Consume(17);
        Assert.Equal("RCPT", server.Text);
        server.Connection.Park();
        Assert.Equal("RCPT", server.Text);
        server.Connection.RequestInput();
        server.ExpectNothing();
        client.Say(" TO:<c@d>\r\n");
        server.Expect("input");
        Assert.Equal("RCPT TO:<c@d>\r\n", server.Read(15));
    }

    [SkippableFact]
    public void Input_that_was_not_asked_for_is_not_handed_over()
    {
        var (client, server, _) = Pair();
        client.Say("one");
        Assert.Equal("one", server.ReadAndConsume(3));
        client.Say("two");
        client.Say("three");
        server.ExpectNothing();
        Assert.Equal("twothree", server.ReadAndConsume(8));
    }

    [SkippableFact]
    public void Consuming_more_than_there_is_and_asking_twice_are_refused()
    {
        var (client, server, _) = Pair();
        client.Say("x");
        server.Read(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Connection.Consume(2));
        server.Connection.RequestInput();
        Assert.Throws<InvalidOperationException>(() => server.Connection.RequestInput());
        client.Say("y");
        server.Expect("input");
        Assert.Equal("xy", server.Text);
    }

    [SkippableFact]
    public void The_output_is_a_buffer_writer_too()
    {
        var (client, server, _) = Pair();
        client.Connection.Output.Write("abc"u8);
        var span = client.Connection.Output.GetSpan(5);
        "defgh"u8.CopyTo(span);
        client.Connection.Output.Advance(5);
        client.Connection.Write("i"u8);
        client.Connection.Flush();
        Assert.Equal("abcdefghi", server.ReadAndConsume(9));
    }

    [SkippableFact]
    public void A_call_back_never_comes_inside_RequestInput()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport);
        var client = Connect(transport, listener);
        var server = acceptor.Next();
        var seen = 0;
        server.OnData = p =>
        {
            // Leaves much unread on purpose: there is always more at once.
            p.Connection.Consume(1);
            seen++;
            p.Connection.RequestInput();
        };
        var total = 2000 / Share;
        server.Connection.RequestInput();
        for (var i = 0; i < total; i++)
        {
            client.Connection.Write("x"u8);
            client.Connection.Flush();
        }

        Peer.Until(() => transport.Counters.BytesIn >= total && seen > 0, "all bytes are read");
        Assert.Equal(1, server.Deepest);
    }

    [SkippableFact]
    public async Task Much_goes_both_ways_at_once_unharmed()
    {
        var size = (8 << 20) / Share;
        var transport = Start();
        var (listener, acceptor) = Listen(transport, with: o => o with { ReadWhileOutputPending = true });
        var client = Connect(transport, listener);
        var server = acceptor.Next();
        var one = Pump(client, size, seed: 1, peersSeed: 2);
        var two = Pump(server, size, seed: 2, peersSeed: 1);
        await one.WaitAsync(Peer.Patience * 3);
        await two.WaitAsync(Peer.Patience * 3);
    }

    [SkippableFact]
    public async Task A_reply_may_come_from_any_thread()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport, p =>
        {
            p.OnData = static peer =>
            {
                // The way of a durable write: the input stays ours while another thread works, answers and asks again.
                ThreadPool.UnsafeQueueUserWorkItem(
                    static q =>
                    {
                        q.Connection.Write(q.Connection.Input);
                        q.Connection.Consume(q.Connection.Input.Length);
                        q.Connection.Flush();
                        q.Connection.RequestInput();
                    },
                    peer,
                    preferLocal: false);
            };
            p.Connection.RequestInput();
        });
        var rounds = 2000 / Share;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
        {
            var client = Connect(transport, listener);
            for (var i = 0; i < rounds; i++)
            {
                // Now and then two at once, so that the second arrives while the first is under way.
                var text = $"{i}\r\n";
                client.Say(text);
                if (i % 7 == 0)
                {
                    client.Say(text);
                    text += text;
                }

                Assert.Equal(text, client.ReadAndConsume(text.Length));
            }

            client.Connection.Close();
        },
            TaskCreationOptions.LongRunning))).WaitAsync(Peer.Patience * 3);
    }

    [SkippableFact]
    public void Posted_work_runs_on_the_connections_thread_in_order_and_never_in_place()
    {
        var (client, _, _) = Pair();
        var ran = new System.Collections.Concurrent.BlockingCollection<int>();
        var here = new ThreadLocal<bool> { Value = true };
        for (var i = 0; i < 100; i++)
        {
            client.Connection.Post(new Work(() =>
            {
                ran.Add(here.Value ? -1 : ran.Count);
            }));
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.True(ran.TryTake(out var n, Peer.Patience));
            Assert.NotEqual(-1, n);
        }
    }

    private protected sealed class Work(Action run) : IoWork
    {
        protected internal override void Run() => run();
    }

    private static Task Pump(Peer peer, int size, int seed, int peersSeed)
    {
        var mine = new byte[size];
        new Random(seed).NextBytes(mine);
        var theirs = new byte[size];
        new Random(peersSeed).NextBytes(theirs);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = 0;
        peer.OnData = p =>
        {
            var input = p.Connection.Input;
            if (!input.SequenceEqual(theirs.AsSpan(read, input.Length)))
            {
                done.TrySetException(new InvalidDataException($"other bytes than were sent, at {read}"));
                return;
            }

            read += input.Length;
            p.Connection.Consume(input.Length);
            if (read == size)
            {
                done.TrySetResult();
            }
            else
            {
                p.Connection.RequestInput();
            }
        };
        peer.Connection.RequestInput();

        // Written as a client writes a body: a piece, and the next when the kernel has taken it.
        var drained = new SemaphoreSlim(0);
        peer.OnDrained = _ => drained.Release();
        Task.Run(() =>
        {
            for (var at = 0; at < size; at += 50_000)
            {
                peer.Connection.Write(mine.AsSpan(at, Math.Min(50_000, size - at)));
                peer.Connection.Flush();
                while (peer.Connection.OutputPending && drained.Wait(TimeSpan.FromMilliseconds(50)) is false)
                {
                }
            }
        });
        return done.Task;
    }
}
