using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>What health says of the outbound queue: trouble with other servers never is the whole server's.</summary>
public sealed class QueueHealthTests
{
    private readonly StandingTime _time = new();
    private readonly MemoryQueue _queue;

    public QueueHealthTests() => _queue = new MemoryQueue(_time);

    [Fact]
    public async Task A_queue_that_keeps_up_is_well_however_much_waits()
    {
        _queue.Add(new GivenQueue(_time).Envelope("a@here.example", "b@far.example"));
        _time.Advance(TimeSpan.FromDays(3));

        Assert.Equal(("ok", "ok", "1 message for 1 destination, the oldest for 3 days"), await QueueAsync());
    }

    [Theory]
    [InlineData(PressureReason.Backlog, "it is full, mail for other servers is refused")]
    [InlineData(PressureReason.DiskFull, "the disk is full")]
    [InlineData(PressureReason.Fault, "the queue's store has failed")]
    public async Task A_full_queue_is_to_be_looked_at(PressureReason reason, string words)
    {
        _queue.Pressure = StorePressure.Full(reason);

        var (all, queue, detail) = await QueueAsync();
        Assert.Equal(("degraded", "degraded"), (all, queue));
        Assert.Contains(words, detail);
    }

    [Fact]
    public async Task A_queue_that_lags_behind_is_to_be_looked_at()
    {
        _queue.DueSince = _time.GetUtcNow();
        _time.Advance(ServerHealth.LongestLag);
        Assert.Equal("ok", (await QueueAsync()).Queue);
        _time.Advance(TimeSpan.FromMinutes(5));

        var (all, queue, detail) = await QueueAsync();
        Assert.Equal(("degraded", "degraded"), (all, queue));
        Assert.Contains("mail has been due for 15 minutes and is not tried", detail);
    }

    [Fact]
    public async Task Without_a_queue_nothing_is_said_of_it() =>
        Assert.DoesNotContain((await (await OfAsync(null)).ReadAsync(default)).Checks, c => c.Name == "queue");

    private async Task<(string All, string Queue, string Detail)> QueueAsync()
    {
        var report = await (await OfAsync(_queue)).ReadAsync(default);
        var queue = report.Checks.Single(c => c.Name == "queue");
        return (report.Status, queue.Status, queue.Detail);
    }

    private async Task<ServerHealth> OfAsync(MemoryQueue? queue)
    {
        var mail = Stores.InMemory(TestMailServer.Settings([]).Storage.Files).Mail;
        await mail.OpenAsync(default);
        return new ServerHealth(mail, SyncPolicy.Always, new SessionRegister(), 10, () => 1, 1, () => false, "0") { Outbound = () => queue, Time = _time };
    }
}
