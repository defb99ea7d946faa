using Akka.Dispatch;

namespace ActorSmtp.Engine.Tests.Embedded;

/// <summary>Many tellers, one reader: nothing lost, nothing twice, each teller's order kept.</summary>
public sealed class UserQueueTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(100_000)]
    public void What_goes_in_comes_out_in_order(int count)
    {
        var queue = new UserQueue();
        for (var i = 0; i < count; i++)
        {
            Assert.True(queue.TryEnqueue(i, null));
        }

        Assert.Equal(count, queue.Count);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(i, Take(ref queue));
        }

        Assert.Null(Take(ref queue));
        Assert.False(queue.HasMessages);
    }

    [Fact]
    public void A_queue_that_is_read_as_it_is_filled_goes_round_in_order()
    {
        var queue = new UserQueue();
        var read = 0;
        for (var i = 0; i < 10_000; i++)
        {
            queue.TryEnqueue(i, null);
            if (i % 3 != 0)
            {
                Assert.Equal(read++, Take(ref queue));
            }
        }

        for (; read < 10_000; read++)
        {
            Assert.Equal(read, Take(ref queue));
        }
    }

    [Fact]
    public void A_small_stream_of_messages_allocates_nothing()
    {
        var queue = new UserQueue();
        object message = "x";
        Round(ref queue, message);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
        {
            Round(ref queue, message);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Round(ref UserQueue queue, object message)
        {
            queue.TryEnqueue(message, null);
            queue.TryEnqueue(message, null);
            Take(ref queue);
            Take(ref queue);
        }
    }

    [Fact]
    public void Tellers_on_several_threads_lose_nothing_and_keep_their_order()
    {
        const int Tellers = 4;
        const int Each = 200_000;
        var box = new Box();
        var threads = Enumerable.Range(0, Tellers).Select(teller => new Thread(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                box.Queue.TryEnqueue((teller, i), null);
            }
        })).ToList();
        threads.ForEach(t => t.Start());

        var next = new int[Tellers];
        for (var read = 0; read < Tellers * Each;)
        {
            if (Take(ref box.Queue) is not (int teller, int i))
            {
                box.Queue.ShrinkAfter(0);
                Thread.Yield();
                continue;
            }

            Assert.Equal(next[teller]++, i);
            read++;
        }

        threads.ForEach(t => t.Join());
        Assert.Null(Take(ref box.Queue));
    }

    [Fact]
    public void Of_messages_told_while_the_queue_closes_each_is_either_taken_or_refused()
    {
        for (var round = 0; round < 200; round++)
        {
            var box = new Box();
            var accepted = 0;
            var teller = new Thread(() =>
            {
                while (box.Queue.TryEnqueue("x", null))
                {
                    accepted++;
                }
            });
            teller.Start();
            var taken = 0;
            while (taken < 50)
            {
                taken += Take(ref box.Queue) == null ? 0 : 1;
            }

            box.Queue.Close();
            while (Take(ref box.Queue) != null)
            {
                taken++;
            }

            teller.Join();
            Assert.Null(Take(ref box.Queue));
            Assert.Equal(accepted, taken);
        }
    }

    [Fact]
    public void A_queue_closed_before_its_first_message_refuses_it()
    {
        var queue = new UserQueue();

        queue.Close();

        Assert.False(queue.TryEnqueue("x", null));
        Assert.Null(Take(ref queue));
    }

    private static object? Take(ref UserQueue queue) =>
        queue.TryDequeue(ref queue.Position, out var message, out _) ? message : null;

    private sealed class Box
    {
        internal UserQueue Queue;
    }
}
