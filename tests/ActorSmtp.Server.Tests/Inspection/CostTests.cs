using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Tests.Inspection;

/// <summary>What is done for every message so that it can be looked at afterwards leaves no garbage.</summary>
public sealed class CostTests
{
    [Fact]
    public void Keeping_counting_and_announcing_to_nobody_allocate_nothing()
    {
        var chronicle = new Chronicle(256 * 1024, TimeSpan.FromHours(1), 100, TimeProvider.System);
        var announcements = new AnnouncementBoard(_ => { });
        using var metrics = new Metrics();
        using var traces = new Traces();
        var id = new MailIdGenerator(1).Next(DateTimeOffset.UtcNow);
        Message();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1000; n++)
        {
            Message();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Message()
        {
            chronicle.Write(ChronicleKind.Heard, chronicle.Now, 7, id, 0, 0, "RCPT TO:<bob@mx.test>"u8);
            chronicle.Said(chronicle.Now, 7, id, 0, Replies.RecipientOk);
            chronicle.Write(ChronicleKind.Accepted, chronicle.Now, 7, id, 0, 1, "");
            chronicle.Delivery(ChronicleKind.Delivered, id, "bob", "1763803123.0N7ZSVAV000FF2RS.actorsmtp", 0);
            metrics.MessagesAccepted.Add(1);
            metrics.CommitDuration.Record(1234);
            if (announcements.MailAccepted.IsWanted || announcements.SessionChanged.IsWanted)
            {
                throw new InvalidOperationException("nobody listens");
            }
        }
    }
}
