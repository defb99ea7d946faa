using ActorSmtp.Storage.Postgres.Queue;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>What a node has of the queue, where one thread says something of a slot while another one gives it to the next message.</summary>
public sealed class HeldTableTests : IAsyncDisposable
{
    private readonly PostgresStores _stores = new(Node.Settings("Host=127.0.0.1;Port=1;Username=x;Database=y"), TestMail.Settings("unused"), TimeProvider.System);
    private readonly HeldTable _table;

    public HeldTableTests() => _table = new HeldTable(_stores.Database, TimeProvider.System);

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    [Fact]
    public async Task A_loss_is_told_before_the_next_message_can_be_in_its_slot()
    {
        var mail = Add();
        Task<HeldMail>? next = null;
        _table.Say([mail], areLost: true, slots =>
        {
            Assert.Equal([mail.Slot], slots);
            next = Task.Run(() =>
            {
                _table.Remove(mail);
                return Add();
            });
            Assert.False(SpinWait.SpinUntil(() => next.IsCompleted, TimeSpan.FromMilliseconds(200)), "the slot was given away while its loss was told");
        });
        Assert.Equal(mail.Slot, (await next!.WaitAsync(TimeSpan.FromSeconds(60))).Slot);
    }

    [Fact]
    public void Of_a_slot_that_is_another_messages_by_now_and_of_what_is_known_as_lost_nothing_is_said()
    {
        var (gone, lost, there) = (Add(), Add(), Add());
        _table.Remove(gone);
        var next = Add();
        Assert.Equal(gone.Slot, next.Slot);
        lost.IsLost = true;
        var told = new List<int>();
        _table.Say([gone, lost, there], areLost: true, told.AddRange);
        Assert.Equal([there.Slot], told);
        Assert.Equal((false, true), (next.IsLost, there.IsLost));
    }

    private HeldMail Add()
    {
        var id = TestMail.NextId();
        return _table.Add(id, Mail.MailWriter.KeyOf(id), 1, "far.test", 10, [1], [2], [3], 0);
    }
}
