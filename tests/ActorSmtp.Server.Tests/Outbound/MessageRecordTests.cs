using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>What is recorded of a message: it comes back as it was, and what is no record is never taken for one.</summary>
public sealed class MessageRecordTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly GivenQueue _given = new(new StandingTime());

    [Fact]
    public void A_record_comes_back_as_it_was()
    {
        var record = Full();
        var back = MessageRecord.Read(record.ToOctets());

        Assert.Equal((record.ReceivedAt, record.WarnedAt, record.MayWarn, record.EarlierAttempts), (back.ReceivedAt, back.WarnedAt, back.MayWarn, back.EarlierAttempts));
        Assert.Equal(
            record.Destinations.Select(d => (d.Name, d.Due, d.Failures, d.HeldAt, string.Join(',', d.Recipients))), back.Destinations.Select(d => (d.Name, d.Due, d.Failures, d.HeldAt, string.Join(',', d.Recipients))));
        Assert.Equal(record.Settled, back.Settled);
        Assert.Equal(record.Attempts, back.Attempts);
        Assert.Equal(record.Notices.Select(Words), back.Notices.Select(Words));
        Assert.Equal(record.ToOctets(), back.ToOctets());

        static string Words(OwedNotice n) => $"{n.Id} {n.Action} {string.Join(',', n.Recipients)} {n.Status} {n.Reply} {n.Why} {n.Host} {n.At:O}";
    }

    [Fact]
    public void No_beginning_of_a_record_and_nothing_longer_is_a_record()
    {
        var octets = Full().ToOctets();
        for (var length = 0; length < octets.Length; length++)
        {
            Assert.Throws<FormatException>(() => MessageRecord.Read(octets.AsSpan(0, length)));
        }

        Assert.Throws<FormatException>(() => MessageRecord.Read([.. octets, 0]));
        octets[0] = 2;
        Assert.Contains("version 2", Assert.Throws<FormatException>(() => MessageRecord.Read(octets)).Message);
    }

    [Fact]
    public void Octets_by_chance_end_in_a_record_or_a_format_error_and_need_no_memory()
    {
        var octets = Full().ToOctets();
        var random = new Random(1);
        for (var i = 0; i < 5000; i++)
        {
            var harmed = octets.ToArray();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                harmed[random.Next(1, harmed.Length)] = (byte)random.Next(256);
            }

            _ = Record.Exception(() => MessageRecord.Read(harmed)) switch
            {
                null or FormatException => 0,
                var other => throw new InvalidOperationException(Convert.ToHexString(harmed), other),
            };
            var glance = new RecordGlance(harmed);
            var name = new char[100];
            while (glance.NextDestination(name, out _, out _, out _, out _))
            {
            }
        }
    }

    [Fact]
    public void A_glance_sees_what_the_whole_says()
    {
        var record = Full();
        var glance = new RecordGlance(record.ToOctets());
        var name = new char[100];
        foreach (var there in record.Destinations)
        {
            Assert.True(glance.NextDestination(name, out var length, out var due, out var failures, out var isHeld));
            Assert.Equal((there.Name, there.Due, there.Failures, there.HeldAt is not null), (new string(name, 0, length), due, failures, isHeld));
        }

        Assert.False(glance.NextDestination(name, out _, out _, out _, out _));
        Assert.Equal((record.ReceivedAt, true, true, true), (glance.ReceivedAt, glance.MayWarn, glance.IsWarned, glance.OwesNotices));
    }

    [Fact]
    public void Recipients_are_taken_together_by_their_domain_and_those_with_a_mailbox_left_out()
    {
        var envelope = _given.Envelope("ann@here.example", "bob@FAR.example", "joe@other.example", "eve@far.EXAMPLE", "sue@here.example");
        envelope = envelope with { Recipients = envelope.Recipients.SetItem(3, envelope.Recipients[3] with { Account = "sue" }) };
        var record = MessageRecord.Of(envelope, s_noon);

        Assert.Equal(["far.example: 0,2", "other.example: 1"], record.Destinations.Select(d => $"{d.Name}: {string.Join(',', d.Recipients)}"));
        Assert.True(record.MayWarn);
        Assert.False(MessageRecord.Of(_given.Envelope("", "bob@far.example"), s_noon).MayWarn);
    }

    [Fact]
    public void Of_many_attempts_the_last_are_kept_and_the_others_counted()
    {
        var record = MessageRecord.Of(_given.Envelope("ann@here.example", "bob@far.example"), s_noon);
        for (var i = 0; i < AttemptReport.MostKept + 5; i++)
        {
            record.Add(_given.Answered("far.example", $"450 4.2.0 no {i}", 0));
        }

        Assert.Equal((AttemptReport.MostKept, 5), (record.Attempts.Count, record.EarlierAttempts));
        Assert.Equal($"no {AttemptReport.MostKept + 4}", record.Attempts[^1].Outcomes[0].Reply!.Lines[0]);
    }

    private MessageRecord Full()
    {
        var ids = new MailIdGenerator(5);
        var record = new MessageRecord { ReceivedAt = s_noon, WarnedAt = s_noon.AddHours(4), MayWarn = true, EarlierAttempts = 300 };
        record.Destinations.Add(new DestinationRecord("far.example", [0, 2, 700]) { Due = s_noon.AddDays(1), Failures = 7 });
        record.Destinations.Add(new DestinationRecord("[192.0.2.1]", [1]) { Due = s_noon, HeldAt = s_noon.AddMinutes(1) });
        record.Settled[3] = (RecipientState.Delivered, new EnhancedCode(2, 0, 0));
        record.Settled[4] = (RecipientState.Failed, new EnhancedCode(5, 1, 1));
        record.Notices.Add(new OwedNotice(ids.Next(s_noon), ReportAction.Failed, [4], new EnhancedCode(5, 1, 1), GivenQueue.Reply("550 5.1.1 no such user"), "why", "mx.far.example", s_noon));
        record.Notices.Add(new OwedNotice(ids.Next(s_noon), ReportAction.Delayed, [0, 2], new EnhancedCode(4, 4, 1), null, null, null, s_noon));
        record.Add(_given.Answered("far.example", "450 4.2.0 Zürich is closed", 0, 2));
        record.Add(_given.Unreached("far.example", "connection refused", 0));
        record.Add(new AttemptReport { At = s_noon, Took = TimeSpan.Zero, Destination = "far.example", Address = new IPEndPoint(IPAddress.IPv6Loopback, 25), Phase = ClientState.Connecting });
        return record;
    }
}
