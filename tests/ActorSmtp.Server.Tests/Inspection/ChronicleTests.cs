using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Inspection;

/// <summary>What is kept of sessions and messages, in memory of a fixed size.</summary>
public sealed class ChronicleTests
{
    private readonly StandingTime _time = new();
    private readonly MailIdGenerator _ids = new(1);

    [Fact]
    public void What_was_written_is_read_back_in_order()
    {
        var chronicle = new Chronicle(0, TimeSpan.FromHours(1), 100, _time);
        var mail = _ids.Next(DateTimeOffset.UnixEpoch.AddYears(60));
        chronicle.Write(ChronicleKind.Opened, chronicle.Now, 5, default, 1, 0, "10.0.0.1:99");
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 5, default, 1, 0, "EHLO ünïcode"u8);
        chronicle.Said(chronicle.Now, 5, mail, 1, Replies.SenderOk);
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 6, default, 0, 0, "another session"u8);
        chronicle.Delivery(ChronicleKind.Delivered, mail, "bob", "1.X.actorsmtp", 0);

        var session = chronicle.Read(5, default, 100);
        Assert.Equal([ChronicleKind.Opened, ChronicleKind.Heard, ChronicleKind.Said], session.Select(e => e.Kind));
        Assert.Equal("EHLO ünïcode", Encoding.UTF8.GetString(session[1].Text));
        Assert.Equal(("250 2.1.0", 1, mail), (Chronicle.CodesText(session[2].Number), session[2].Listener, session[2].Mail));

        var message = chronicle.Read(0, mail, 100);
        Assert.Equal([ChronicleKind.Said, ChronicleKind.Delivered], message.Select(e => e.Kind));
        Assert.Equal("bob\01.X.actorsmtp", Encoding.UTF8.GetString(message[1].Text));
    }

    [Fact]
    public void The_oldest_gives_way_and_what_is_left_is_whole()
    {
        var chronicle = new Chronicle(256 * 1024, TimeSpan.FromHours(1), 100, _time);
        var text = new byte[300];
        for (var n = 0; n < 2000; n++)
        {
            Array.Fill(text, (byte)('a' + (n % 26)));
            chronicle.Write(ChronicleKind.Heard, chronicle.Now, 4, default, 0, n, text.AsSpan(0, n % 300));
        }

        var left = chronicle.Read(4, default, int.MaxValue);

        Assert.InRange(left.Count, 200, 1000);
        Assert.Equal(Enumerable.Range(2000 - left.Count, left.Count), left.Select(e => e.Number));
        Assert.All(left, e => Assert.True(e.Text.Length == e.Number % 300 && e.Text.All(o => o == 'a' + (e.Number % 26))));
    }

    [Fact]
    public void What_is_too_old_is_not_shown()
    {
        var chronicle = new Chronicle(0, TimeSpan.FromMinutes(10), 100, _time);
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 1, default, 0, 0, "old"u8);
        _time.Advance(TimeSpan.FromMinutes(11));
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 1, default, 0, 0, "new"u8);

        Assert.Equal("new", Encoding.UTF8.GetString(Assert.Single(chronicle.Read(1, default, 100)).Text));
    }

    [Fact]
    public void A_line_is_cut_where_it_is_too_long()
    {
        var chronicle = new Chronicle(0, TimeSpan.FromMinutes(10), 100, _time);
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 1, default, 0, 0, new byte[100_000]);
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 1, default, 0, 0, new string('x', 100_000));
        chronicle.Write(ChronicleKind.Heard, chronicle.Now, 1, default, 0, 0, new string('ü', 100_000));
        chronicle.Delivery(ChronicleKind.DeliveryFailed, _ids.Next(DateTimeOffset.UnixEpoch.AddYears(60)), new string('ü', 300), new string('x', 300), 1);

        Assert.All(chronicle.Read(1, default, 100), e => Assert.InRange(e.Text.Length, 300, Chronicle.LongestText));
    }

    [Fact]
    public async Task Readers_see_whole_entries_while_writers_write()
    {
        var chronicle = new Chronicle(256 * 1024, TimeSpan.FromHours(1), 100, TimeProvider.System);
        var texts = Enumerable.Range(0, 26).Select(n => Encoding.ASCII.GetBytes(new string((char)('a' + n), (n * 7) + 1))).ToArray();
        var writers = Enumerable.Range(0, 3).Select(w => Task.Run(() =>
        {
            for (var n = 0; n < 20_000; n++)
            {
                chronicle.Write(ChronicleKind.Heard, chronicle.Now, 4, default, 0, n, texts[n % 26]);
            }
        })).ToArray();
        do
        {
            Assert.All(chronicle.Read(4, default, int.MaxValue), e => Assert.Equal(texts[e.Number % 26], e.Text));
        }
        while (!writers.All(w => w.IsCompleted));
        await Task.WhenAll(writers);
    }
}
