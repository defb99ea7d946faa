using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Postgres.Tests;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>The end of a server whose database is away.</summary>
public sealed class SharedStopTests
{
    [SkippableFact]
    public async Task What_could_not_be_recorded_before_the_end_is_said_and_not_waited_for_longer_than_a_stop_may_take()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        var settings = new DatabaseSettings(
            Cluster.Shared.ConnectionTo(database, proxy.Port), "n1", TimeSpan.FromHours(1), TimeSpan.FromHours(1), Connections: 20, TimeSpan.FromSeconds(60));
        await using var all = new PostgresStores(settings, TestMailServer.Settings(["data-dir=unused"]).Storage.Files, TimeProvider.System);
        var stores = all.Serving(NodeAgreement.None);
        var queue = all.Queue(1000, TimeSpan.FromDays(5));
        var taken = new TaskCompletionSource<(MailId Id, IActorRef Relay, IActorRef Queue)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await TestMailServer.StartAsync(
            stores: stores, sets: ["outbound.routes.\"*\"=mx", "shutdown.grace=1s"],
            ports: p => p with { Queue = queue, Relay = (destination, _) => Props.Create(() => new Taker(destination, taken)) });
        var given = new GivenQueue(TimeProvider.System);
        var mail = given.Envelope("ann@here.example", "bob@far.example");
        var writer = stores.Mail.Begin(mail.Id, new Quiet());
        Assert.True(writer.Write("Subject: hello\r\n\r\nHello\r\n"u8));
        writer.Commit(mail);
        var (id, relay, actor) = await taken.Task.WaitAsync(TimeSpan.FromSeconds(90));

        proxy.Refuse();
        await QueueHarness.EventuallyAsync(() => Task.FromResult(queue.Pressure.Reason == PressureReason.Fault), "the absence");
        actor.Tell(new Attempted(id, given.Answered("far.example", "250 2.0.0 OK", 0), IsLast: true), relay);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(queue.Shared!.Unrecorded == 1), "the outcome on its way");
        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(5));
        Assert.Contains(server.Log.All, line => line.Contains("of 1 messages it could not be recorded", StringComparison.Ordinal));
    }

    /// <summary>A relay that takes one message and says nothing.</summary>
    private sealed class Taker : ReceiveActor
    {
        public Taker(string destination, TaskCompletionSource<(MailId Id, IActorRef Relay, IActorRef Queue)> taken)
        {
            var (self, parent) = (Self, Context.Parent);
            parent.Tell(new Room(destination, 1));
            Receive<Carry>(carry => taken.TrySetResult((carry.Errand.Id, self, parent)));
            ReceiveAny(static _ => { });
        }
    }

    private sealed class Quiet : IMailWriterObserver
    {
        public void OnReady(MailId id)
        {
        }

        public void OnStored(MailId id)
        {
        }

        public void OnStoreFailed(MailId id, StoreFailure failure)
        {
        }
    }
}
