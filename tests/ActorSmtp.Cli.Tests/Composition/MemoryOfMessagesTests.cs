using System.Net;
using ActorSmtp.Client.Load;
using ActorSmtp.Transport;
using Xunit.Abstractions;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>Tests that count what the whole process allocates.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

/// <summary>What a message costs in memory on its whole way: the dialogue, the journal, the delivery into its Maildir. The load costs nothing (its own test says so).</summary>
[Collection(AloneCollection.Name)]
public sealed class MemoryOfMessagesTests(ITestOutputHelper output)
{
    private const int LargeObject = 85_000;                             // octets from which on .NET keeps an object on a heap of its own
    private long _looking;                                              // octets that looking into the mailbox allocated

    [Fact]
    public async Task A_small_message_allocates_little_from_MAIL_to_its_mailbox()
    {
        await using var server = await StartAsync();
        var each = await AllocatedByEach(server, size: 1024, few: 500, many: 5_000, most: 12_000);
        output.WriteLine($"{each:0} octets allocated by a message of 1 KiB");
        Assert.InRange(each, 0, 12_000);
    }

    [Fact]
    public async Task A_large_message_is_never_in_memory_as_a_whole_and_leaves_nothing_on_the_heap_of_large_objects()
    {
        await using var server = await StartAsync();
        var each = await AllocatedByEach(server, size: 1 << 20, few: 20, many: 220, most: LargeObject - 1);
        Assert.InRange(each, 0, LargeObject - 1);                       // so no object of it can be a large one
        var more = long.MaxValue;
        for (var attempt = 0; attempt < 4 && more > 2 << 20; attempt++)  // what messages leave they leave each time; a pool that grows does so once
        {
            var before = LargeObjects();
            await Run(server, 1 << 20, 200);
            more = LargeObjects() - before;
            output.WriteLine($"{each:0} octets allocated by a message of 1 MiB; large objects: {before:N0} octets before 200 of them, {more:N0} more after");
        }

        Assert.InRange(more, long.MinValue, 2 << 20);
    }

    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync(
        isLaptop: false, "domains=[\"*\"]", "unknown-recipients=accept", "storage.sync=never", "storage.burst-delay=0s", "storage.journal.segment-size=16MiB",
        "storage.journal.preallocate=64MiB", "logging.level=warning", "logging.file.level=off", "limits.connections-per-address=1000");

    /// <summary>
    /// The difference that so many more make, so that what is made once does not count. The first of some tries that can be true: on a busy machine clocks add turns, to the
    /// many (too much) or to the few that are taken off (less than nothing).
    /// </summary>
    private async Task<double> AllocatedByEach(RunningServer server, int size, int few, int many, int most)
    {
        await Run(server, size, few);
        var each = 0.0;
        for (var attempt = 0; attempt < 6; attempt++)
        {
            var before = Allocated();
            await Run(server, size, few);
            var between = Allocated();
            await Run(server, size, many);
            each = (double)(Allocated() - between - (between - before)) / (many - few);
            if (each > 0 && each <= most)
            {
                break;
            }
        }

        return each;
    }

    /// <summary>Sends so many and waits until all are in the mailbox.</summary>
    private async Task Run(RunningServer server, int size, int messages)
    {
        var mailbox = Path.Combine(server.Data, "mail", "rcpt@bench.test", "Maildir", "new");
        var there = Directory.Exists(mailbox) ? Count() : 0;
        await using var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        var report = await new LoadGenerator(new LoadPlan { Server = IPEndPoint.Parse(server.Address), Sessions = 8, Messages = messages, Size = size }, transport)
            .RunAsync().WaitAsync(TimeSpan.FromMinutes(3));
        Assert.Equal(messages, report.Accepted);
        await server.Until(_ => Count() == there + messages);

        int Count()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var count = Directory.EnumerateFiles(mailbox).Count();
            _looking += GC.GetAllocatedBytesForCurrentThread() - before;
            return count;
        }
    }

    private long Allocated() => GC.GetTotalAllocatedBytes(precise: true) - _looking;

    private static long LargeObjects()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).GenerationInfo[3].SizeAfterBytes;
    }
}
