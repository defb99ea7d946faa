using System.Diagnostics;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Benchmarks.Inspection;

/// <summary>What it costs a message that it can be looked at afterwards: all that is written and counted for it, as a session does it.</summary>
internal static class KeepingBenchmarks
{
    private const int Messages = 200_000;

    /// <summary>Nanoseconds for the transcript and the story of one message: three commands, four replies, and what became of it.</summary>
    internal static double StoryOfAMessage()
    {
        var chronicle = new Chronicle(16 << 20, TimeSpan.FromDays(1), int.MaxValue, TimeProvider.System);
        var ids = new MailIdGenerator(1);
        var id = ids.Next(DateTimeOffset.UtcNow);
        var began = Environment.CpuUsage.TotalTime;         // processor time: others may be using the machine
        for (var n = 0; n < Messages; n++)
        {
            var time = Stopwatch.GetTimestamp();
            var session = n >> 3;
            chronicle.Write(ChronicleKind.Heard, time, session, default, 0, 0, "MAIL FROM:<sender@bench.test> SIZE=1024"u8);
            chronicle.Said(time, session, default, 0, Replies.SenderOk);
            chronicle.Write(ChronicleKind.Heard, time, session, id, 0, 0, "RCPT TO:<rcpt@bench.test>"u8);
            chronicle.Said(time, session, id, 0, Replies.RecipientOk);
            chronicle.Write(ChronicleKind.Heard, time, session, id, 0, 0, "DATA"u8);
            chronicle.Said(time, session, id, 0, Replies.StartInput);
            chronicle.Write(ChronicleKind.Committed, time, session, id, 0, 1024, "");
            chronicle.Write(ChronicleKind.Accepted, time, session, id, 0, 1, "");
            chronicle.Said(time, session, id, 0, Replies.Ok);
            chronicle.Delivery(ChronicleKind.Delivered, id, "rcpt@bench.test", "1763803123.0N7ZSVAV000FF2RS.actorsmtp", 0);
        }

        return (Environment.CpuUsage.TotalTime - began).TotalNanoseconds / Messages;
    }

    /// <summary>Milliseconds for a look at the tree below an actor with a hundred thousand children.</summary>
    internal static double TreeOf100000()
    {
        var system = (ExtendedActorSystem)ActorSystem.Create("tree");
        using var made = new ManualResetEventSlim();
        system.ActorOf(Props.Create(() => new Crowd(100_000, made)), "crowd");
        made.Wait();
        var tree = new ActorTree(system, new Census(TimeProvider.System), new Server.Sessions.SessionRegister(), TimeProvider.System);
        var began = Environment.CpuUsage.TotalTime;
        for (var n = 0; n < 10; n++)
        {
            var seen = tree.ReadAsync(null, 3, CancellationToken.None).GetAwaiter().GetResult()!;
            if (seen.Children.Single().ChildCount != 100_000)
            {
                throw new InvalidOperationException("not all are counted");
            }
        }

        var took = (Environment.CpuUsage.TotalTime - began).TotalMilliseconds / 10;
        system.Terminate().GetAwaiter().GetResult();
        return took;
    }

    /// <summary>Nanoseconds for counting and timing one message.</summary>
    internal static double FiguresOfAMessage()
    {
        using var metrics = new Metrics();
        var began = Environment.CpuUsage.TotalTime;         // processor time: others may be using the machine
        for (var n = 0; n < Messages; n++)
        {
            metrics.OctetsReceived.Add(1024);
            metrics.MessagesAccepted.Add(1);
            metrics.CommitDuration.Record(300_000 + n);
            metrics.MessageDuration.Record(700_000 + n);
            metrics.Delivered.Add(1);
            metrics.DeliveryDelay.Record(2_000_000 + n);
        }

        return (Environment.CpuUsage.TotalTime - began).TotalNanoseconds / Messages;
    }

    private sealed class Crowd : UntypedActor
    {
        public Crowd(int size, ManualResetEventSlim made)
        {
            for (var n = 0; n < size; n++)
            {
                Context.ActorOf(Props.Create(() => new Idler()));
            }

            made.Set();
        }

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Idler : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}
