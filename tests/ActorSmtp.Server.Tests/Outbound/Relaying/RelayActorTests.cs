using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>Mail to one destination: the order of hosts, whose fate is whose, what is told of it.</summary>
public sealed class RelayActorTests : RelayTestKit
{
    [Fact]
    public void A_message_goes_to_the_nearest_host()
    {
        var peer = Peer("192.0.2.1:25");
        var outcomes = Try(Errand("ann@far.test", "bob@far.test"), out var reports);
        Assert.Equal(["Delivered 2.0.0", "Delivered 2.0.0"], outcomes.Select(Show));
        var report = Assert.Single(reports);
        Assert.Equal(("mx1.far.test", "192.0.2.1:25", "opportunistic", ClientState.Deciding), (report.Host, $"{report.Address}", report.TlsPolicy, report.Phase));
        Assert.Equal(["1 EHLO us.test", "1 MAIL FROM:<bob@us.test>", "1 RCPT TO:<ann@far.test>", "1 RCPT TO:<bob@far.test>", "1 DATA"], peer.Heard.Take(5));
        Assert.Equal("1 Subject: hi\r\n\r\nHello\r\n", Assert.Single(peer.Contents));
    }

    [Fact]
    public void What_an_alias_passes_on_goes_in_a_transaction_of_its_own_from_a_sender_of_ours()
    {
        var peer = Peer("192.0.2.1:25");
        var errand = Errand(
            ["ann@far.test", "one@far.test", "bob@far.test", "two@far.test"], with: e => e with { Recipients = [.. e.Recipients.Select(r => r with { IsPassedOn = r.Address.LocalPart is "one" or "two" })] });
        Assert.Equal(["Delivered 2.0.0", "Delivered 2.0.0", "Delivered 2.0.0", "Delivered 2.0.0"], Try(errand, out _).Select(Show));
        Assert.Equal(
            [
                "MAIL FROM:<bob@us.test>", "RCPT TO:<ann@far.test>", "RCPT TO:<bob@far.test>",
                "MAIL FROM:<passed.on.for.bob@us.test>", "RCPT TO:<one@far.test>", "RCPT TO:<two@far.test>",
            ],
            peer.Heard.Select(h => h[2..]).Where(h => h.StartsWith("MAIL", StringComparison.Ordinal) || h.StartsWith("RCPT", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_host_without_DSN_has_the_last_word_said_by_us()
    {
        Peer("192.0.2.1:25").Offers = ["PIPELINING"];
        Assert.Equal("Relayed 2.0.0", Show(Assert.Single(Try(Errand(), out _))));
    }

    [Theory]
    [InlineData("GREETING", "421 4.3.2 not now CLOSE")]
    [InlineData("GREETING", "554 5.7.1 never")]
    [InlineData("GREETING", "DROP")]
    [InlineData("EHLO", "451 4.3.0 not now")]
    [InlineData("MAIL", "451 4.3.1 no room")]
    [InlineData("RCPT", "DROP")]
    [InlineData("DATA", "421 4.3.2 not now CLOSE")]
    public void The_next_host_is_tried_where_the_first_does_not_come_to_it(string verb, string answer)
    {
        Peer("192.0.2.1:25").On(verb, answer);
        var second = Peer("192.0.2.2:25");
        var outcomes = Try(Errand(), out var reports);
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(outcomes)));
        Assert.Equal(["mx1.far.test", "mx2.far.test"], reports.Select(r => r.Host!));
        Assert.Single(second.Contents);
    }

    [Fact]
    public void The_next_host_is_tried_where_nobody_listens_at_the_first()
    {
        Peer("192.0.2.2:25");
        Try(Errand(), out var reports);
        Assert.Equal("connection refused", reports[0].Why);
        Assert.Equal(ClientState.Connecting, reports[0].Phase);
        Assert.Empty(reports[0].Outcomes);
        Assert.Equal("mx2.far.test", reports[1].Host);
    }

    [Theory]
    [InlineData("MAIL", "550 5.7.1 no", "Never 5.7.1")]
    [InlineData("RCPT", "550 no", "Never 5.0.0")]
    [InlineData("DATA", "554 5.6.0 no", "Never 5.6.0")]
    [InlineData("DOT", "554 5.6.0 no", "Never 5.6.0")]
    [InlineData("DOT", "451 4.3.0 not now", "Later 4.3.0")]
    [InlineData("DOT", "DROP", "Later 4.4.2")]
    public void What_a_host_says_of_a_message_stands(string verb, string answer, string outcome)
    {
        Peer("192.0.2.1:25").On(verb, answer);
        var second = Peer("192.0.2.2:25");
        var outcomes = Try(Errand(), out var reports);
        Assert.Equal(outcome, Show(Assert.Single(outcomes)));
        Assert.Single(reports);
        Assert.Equal(0, second.Connections);
    }

    [Fact]
    public void What_was_sent_to_its_end_may_have_arrived_and_that_is_noted()
    {
        Peer("192.0.2.1:25").On("DOT", "DROP");
        Assert.Contains("it may have arrived", Assert.Single(Try(Errand(), out _)).Why);
    }

    [Fact]
    public void Recipients_have_fates_of_their_own_over_several_hosts()
    {
        Peer("192.0.2.1:25").On("RCPT", line => line.Contains("later") ? "450 4.2.1 busy" : line.Contains("never") ? "550 5.1.1 who?" : null);
        var second = Peer("192.0.2.2:25").On("RCPT", line => line.Contains("later2") ? "450 4.2.1 busy here too" : null);
        var outcomes = Try(Errand("yes@far.test", "later1@far.test", "never@far.test", "later2@far.test"), out var reports);
        Assert.Equal(["Delivered", "Never"], reports[0].Outcomes.Select(o => o.Kind.ToString()));
        Assert.Equal([0, 2], reports[0].Outcomes.Select(o => o.Recipient));
        Assert.Equal(["Delivered 1", "Later 3"], reports[1].Outcomes.OrderBy(o => o.Recipient).Select(o => $"{o.Kind} {o.Recipient}"));
        Assert.Equal(["RCPT TO:<later1@far.test>", "RCPT TO:<later2@far.test>"], second.Said("RCPT"));
        Assert.Equal(4, outcomes.Select(o => o.Recipient).Distinct().Count());
    }

    [Fact]
    public void Never_is_said_only_if_every_host_greets_so()
    {
        Peer("192.0.2.1:25").On("GREETING", "554 5.7.1 never");
        Peer("192.0.2.2:25").On("GREETING", "521 I take no mail");
        Assert.Equal("Never 5.3.2", Show(Assert.Single(Try(Errand(), out _))));
    }

    [Fact]
    public void What_it_comes_to_is_what_the_host_said_that_it_came_furthest_with()
    {
        Peer("192.0.2.1:25").On("EHLO", "450 4.7.9 not you");
        Assert.Equal("Later 4.7.9", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal("connection refused", reports[^1].Why);
    }

    [Fact]
    public void A_host_that_cannot_be_reached_keeps_a_message_from_being_given_up()
    {
        Peer("192.0.2.2:25").On("GREETING", "554 5.7.1 never");
        Assert.Equal("Later 4.0.0", Show(Assert.Single(Try(Errand(), out _))));
    }

    [Fact]
    public void Names_that_cannot_be_looked_up_now_make_the_destination_wait()
    {
        Names.Fail("far.test", DnsType.Mx);
        var (relay, parent) = Start();
        var (first, second) = (Errand(), Errand());
        relay.Tell(new Carry(first), parent);
        relay.Tell(new Carry(second), parent);
        var attempt = NextReport(parent);
        Assert.Equal((first.Id, "Later 4.4.3"), (attempt.Id, Show(attempt.Report.Outcomes[0])));
        var rest = Next<Resting>(parent);
        Assert.Equal(attempt.Report, rest.Last);
        Assert.Equal(Time.GetUtcNow() + TimeSpan.FromMinutes(1), rest.Until);
    }

    [Fact]
    public void A_domain_that_does_not_exist_is_told_of_each_message()
    {
        var (relay, parent) = Start("gone.test");
        Assert.Equal("Never 5.1.2", Show(Carry(relay, parent, Errand("ann@gone.test"))[0].Outcomes[0]));
        Assert.Equal("Never 5.1.2", Show(Carry(relay, parent, Errand("bob@gone.test"))[0].Outcomes[0]));
    }

    [Fact]
    public void Of_a_dead_destination_one_message_is_tried_and_all_wait()
    {
        var (relay, parent) = Start();
        var room = Next<Room>(parent).More;
        Assert.Equal(10, room);
        var errands = Enumerable.Range(0, room).Select(_ => Errand()).ToArray();
        foreach (var errand in errands)
        {
            relay.Tell(new Carry(errand), parent);
        }

        var reports = new List<Attempted>();
        Resting? rest = null;
        parent.FishForMessage(m =>
        {
            reports.AddRange(m is Attempted a ? [a] : []);
            return (rest = m as Resting) is not null;
        });
        var last = Assert.Single(reports, r => r.IsLast);
        Assert.Equal("Later 4.4.1", Show(last.Report.Outcomes[0]));
        Assert.Equal("connection refused", rest!.Why);
        Assert.InRange(reports.Count, 1, 2);
    }

    [Fact]
    public void Rests_become_longer_and_a_single_message_is_tried_after_one()
    {
        var (relay, parent) = Start(rests: 3);
        Assert.Equal(1, Next<Room>(parent).More);
        relay.Tell(new Carry(Errand()), parent);
        Assert.Equal(Time.GetUtcNow() + TimeSpan.FromMinutes(8), Next<Resting>(parent).Until);
    }

    [Fact]
    public void After_a_success_there_is_room_for_more_again()
    {
        Peer("192.0.2.1:25");
        var (relay, parent) = Start(rests: 3);
        Assert.Equal(1, Next<Room>(parent).More);
        relay.Tell(new Carry(Errand()), parent);
        Assert.True(Next<Room>(parent).More > 1);
    }

    [Fact]
    public void What_is_not_begun_can_be_forgotten_and_is_given_back()
    {
        var peer = Peer("192.0.2.1:25").On("GREETING", "");
        Sets = ["actorsmtp.outbound.limits.connections=1"];
        var (relay, parent) = Start();
        var (first, second) = (Errand(), Errand());
        relay.Tell(new Carry(first), parent);
        relay.Tell(new Carry(second), parent);
        AwaitAssert(() => Assert.Equal(1, peer.Connections));
        relay.Tell(new Forget(first.Id), parent);
        relay.Tell(new Forget(second.Id), parent);
        var back = NextReport(parent);
        Assert.Equal((second.Id, true, 0), (back.Id, back.IsLast, back.Report.Outcomes.Length));
    }

    [Fact]
    public void To_finish_ends_what_is_under_way_and_gives_back_the_rest()
    {
        var peer = Peer("192.0.2.1:25").On("DOT", "");
        Sets = ["actorsmtp.outbound.limits.connections=1"];
        var (relay, parent) = Start();
        var (first, second) = (Errand(), Errand());
        relay.Tell(new Carry(first), parent);
        relay.Tell(new Carry(second), parent);
        AwaitAssert(() => Assert.Single(peer.Contents));
        parent.Watch(relay);
        relay.Tell(Finish.Instance, parent);
        Assert.Equal(second.Id, NextReport(parent).Id);
        peer.Standing[1].Abort();
        Assert.Equal(first.Id, NextReport(parent).Id);
        parent.FishForMessage(m => m is Terminated);
    }

    [Fact]
    public void Many_recipients_go_in_several_transactions()
    {
        var peer = Peer("192.0.2.1:25");
        var outcomes = Try(Errand([.. Enumerable.Range(0, 250).Select(i => $"r{i}@far.test")]), out var reports);
        Assert.Equal(250, outcomes.Count(o => o.Kind == OutcomeKind.Delivered));
        Assert.Equal(3, peer.Times("MAIL"));
        Assert.Equal(1, peer.Connections);
        Assert.Single(reports);
    }

    [Fact]
    public void Recipients_too_many_for_the_server_go_in_a_further_transaction()
    {
        var count = 0;
        var peer = Peer("192.0.2.1:25");
        peer.On("MAIL", _ => { count = 0; return null; }).On("RCPT", _ => ++count > 3 ? "452 4.5.3 too many" : null);
        var outcomes = Try(Errand([.. Enumerable.Range(0, 8).Select(i => $"r{i}@far.test")]), out _);
        Assert.All(outcomes, o => Assert.Equal(OutcomeKind.Delivered, o.Kind));
        Assert.Equal(3, peer.Contents.Count);
    }

    [Fact]
    public void What_the_sender_asked_of_notices_goes_along()
    {
        var peer = Peer("192.0.2.1:25");
        Try(
            Errand(["ann@far.test"], with: e => e with
            {
                EnvelopeId = "e1",
                Return = DsnReturn.Headers,
                Recipients = [e.Recipients[0] with { Notify = DsnNotify.Success | DsnNotify.Failure, Original = new OriginalRecipient("rfc822", "a@b") }],
            }),
            out _);
        Assert.Equal("MAIL FROM:<bob@us.test> RET=HDRS ENVID=e1", Assert.Single(peer.Said("MAIL")));
        Assert.Equal("RCPT TO:<ann@far.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@b", Assert.Single(peer.Said("RCPT")));
    }

    [Theory]
    [InlineData("jürgen@far.test", "", 0, "Never 5.6.7")]
    [InlineData("ann@far.test", "BINARY", 0, "Never 5.6.3")]
    [InlineData("ann@far.test", "8BIT", 0, "Never 5.6.3")]
    [InlineData("ann@far.test", "", 10, "Never 5.3.4")]
    public void What_every_server_lacks_is_told_before_anything_is_sent(string to, string body, int size, string outcome)
    {
        var (peer, other) = (Peer("192.0.2.1:25"), Peer("192.0.2.2:25"));
        peer.Offers = other.Offers = size > 0 ? [$"SIZE {size}"] : ["PIPELINING"];
        var outcomes = Try(
            Errand([to], with: e => e with { Body = body switch { "BINARY" => BodyType.BinaryMime, "8BIT" => BodyType.EightBitMime, _ => BodyType.SevenBit } }), out _);
        Assert.Equal(outcome, Show(Assert.Single(outcomes)));
        Assert.Equal((0, 0), (peer.Times("MAIL"), other.Times("MAIL")));
    }

    [Theory]
    [InlineData("jürgen@far.test", "", "SMTPUTF8", "")]
    [InlineData("ann@far.test", "BINARY", "BINARYMIME,CHUNKING", "")]
    [InlineData("ann@far.test", "8BIT", "8BITMIME", "")]
    [InlineData("ann@far.test", "", "SIZE 10000", "SIZE 10")]
    public void What_a_server_lacks_is_sent_to_the_next_one_that_has_it(string to, string body, string offered, string first)
    {
        var (lacks, has) = (Peer("192.0.2.1:25"), Peer("192.0.2.2:25"));
        lacks.Offers = first.Length > 0 ? [first] : ["PIPELINING"];
        has.Offers = ["PIPELINING", "DSN", .. offered.Split(',')];
        var outcomes = Try(
            Errand([to], with: e => e with { Body = body switch { "BINARY" => BodyType.BinaryMime, "8BIT" => BodyType.EightBitMime, _ => BodyType.SevenBit } }), out var reports);
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(outcomes)));
        Assert.Equal(["mx1.far.test", "mx2.far.test"], reports.Select(r => r.Host!));
        Assert.Equal(0, lacks.Times("MAIL"));
    }

    [Theory]
    [InlineData("GREETING", "421 4.3.2 not now CLOSE")]
    [InlineData("MAIL", "451 4.3.1 no room")]
    [InlineData("DATA", "DROP")]
    public void What_one_server_lacks_and_another_may_have_later_is_tried_again(string verb, string answer)
    {
        var (lacks, has) = (Peer("192.0.2.1:25"), Peer("192.0.2.2:25").On(verb, answer));
        lacks.Offers = ["PIPELINING"];
        has.Offers = ["PIPELINING", "8BITMIME"];
        Assert.Equal(OutcomeKind.Later, Assert.Single(Try(Errand(["ann@far.test"], with: e => e with { Body = BodyType.EightBitMime }), out _)).Kind);
    }

    [Fact]
    public void Who_is_put_off_in_an_earlier_transaction_of_many_is_sent_to_at_the_next_host()
    {
        Peer("192.0.2.1:25").On("RCPT", line => line.Contains("<r3@") || line.Contains("<r204@") ? "450 4.2.1 busy" : null);
        var second = Peer("192.0.2.2:25");
        var outcomes = Try(Errand([.. Enumerable.Range(0, 350).Select(i => $"r{i}@far.test")]), out var reports);
        Assert.Equal(350, outcomes.Count(o => o.Kind == OutcomeKind.Delivered));
        Assert.Equal([348, 2], reports.Select(r => r.Outcomes.Length));
        Assert.Equal(["RCPT TO:<r3@far.test>", "RCPT TO:<r204@far.test>"], second.Said("RCPT"));
    }

    [Fact]
    public void Who_is_put_off_in_an_earlier_transaction_of_many_is_put_off_where_there_is_no_other_host()
    {
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        Peer("192.0.2.1:25").On("RCPT", line => line.Contains("<r3@") ? "450 4.2.1 busy" : null);
        var outcomes = Try(Errand([.. Enumerable.Range(0, 150).Select(i => $"r{i}@far.test")]), out var reports);
        Assert.Equal((150, "Later 4.2.1"), (outcomes.Length, Show(Assert.Single(outcomes, o => o.Recipient == 3))));
        Assert.Single(reports);
    }

    [Fact]
    public void Who_was_not_asked_for_when_the_dialogue_broke_is_sent_to_at_the_next_host()
    {
        Peer("192.0.2.1:25").OnInTurn("DATA", null, "DROP").Offers = ["DSN"];
        Peer("192.0.2.2:25");
        var outcomes = Try(Errand([.. Enumerable.Range(0, 250).Select(i => $"r{i}@far.test")]), out var reports);
        Assert.Equal(250, outcomes.Count(o => o.Kind == OutcomeKind.Delivered));
        Assert.Equal([100, 150], reports.Select(r => r.Outcomes.Length));
    }

    [Fact]
    public void Who_needs_no_UTF8_gets_the_message_though_another_recipient_does()
    {
        Peer("192.0.2.1:25");
        Peer("192.0.2.2:25");
        var outcomes = Try(Errand("ann@far.test", "jürgen@far.test", "bob@far.test"), out _);
        Assert.Equal(["Delivered", "Never", "Delivered"], outcomes.OrderBy(o => o.Recipient).Select(o => o.Kind.ToString()));
    }

    [Fact]
    public void Hosts_of_one_preference_share_the_load()
    {
        Zone.Add("even.test 300 MX 10 mx1.far.test");
        Zone.Add("even.test 300 MX 10 mx2.far.test");
        var (first, second) = (Peer("192.0.2.1:25"), Peer("192.0.2.2:25"));
        var (relay, parent) = Start("even.test");
        for (var i = 0; i < 6; i++)
        {
            Carry(relay, parent, Errand("ann@even.test"));
        }

        Assert.Equal((3, 3), (first.Contents.Count, second.Contents.Count));
    }

    [Fact]
    public void LMTP_answers_for_each_recipient()
    {
        Routes = "lmtp://192.0.2.9:24";
        var peer = Peer("192.0.2.9:24");
        peer.On("DOT", _ => "250 2.0.0 kept\r\n452 4.2.2 full\r\n550 5.2.0 no");
        var outcomes = Try(Errand("a@far.test", "b@far.test", "c@far.test"), out var reports);
        Assert.Equal(["Delivered 2.0.0", "Later 4.2.2", "Never 5.2.0"], outcomes.Select(Show));
        Assert.Equal("LHLO us.test", peer.Heard.First()[2..]);
        Assert.Single(reports);
    }

    [Fact]
    public void LMTP_goes_over_Unix_sockets()
    {
        Routes = "lmtp+unix:/run/lmtp.sock";
        Peer(new System.Net.Sockets.UnixDomainSocketEndPoint("/run/lmtp.sock"));
        Assert.Equal(OutcomeKind.Delivered, Assert.Single(Try(Errand(), out var reports)).Kind);
        Assert.Equal(("/run/lmtp.sock", null, "none"), (reports[0].Host, reports[0].Address, reports[0].TlsPolicy));
    }

    [Fact]
    public void An_address_literal_is_its_own_host()
    {
        var peer = Peer("192.0.2.7:25");
        Assert.Equal(OutcomeKind.Delivered, Assert.Single(Try(Errand("ann@[192.0.2.7]"), out _)).Kind);
        Assert.Single(peer.Contents);
    }

    [Fact]
    public void Who_says_nothing_is_left_in_time()
    {
        Peer("192.0.2.1:25").On("GREETING", "");
        var second = Peer("192.0.2.2:25");
        var (relay, parent) = Start();
        relay.Tell(new Carry(Errand()), parent);
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            Assert.Single(second.Contents);
        });
        Assert.Equal("no answer in time", NextReport(parent).Report.Why);
    }

    [Fact]
    public void A_rate_is_kept()
    {
        Sets = ["actorsmtp.outbound.limits.rate=6"];
        var peer = Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        relay.Tell(new Carry(Errand()), parent);
        relay.Tell(new Identify(1), parent);
        parent.FishForMessage(m => m is ActorIdentity);
        Assert.Single(peer.Contents);
        Time.Advance(TimeSpan.FromSeconds(9.9));
        relay.Tell(new Identify(2), parent);
        parent.FishForMessage(m => m is ActorIdentity);
        Assert.Single(peer.Contents);
        Time.Advance(TimeSpan.FromSeconds(0.1));
        NextReport(parent);
        Assert.Equal(2, peer.Contents.Count);
    }

    [Fact]
    public void A_rate_is_kept_by_the_next_relay_too()
    {
        Sets = ["actorsmtp.outbound.limits.rate=1"];
        var began = new System.Collections.Concurrent.ConcurrentQueue<DateTimeOffset>();
        Peer("192.0.2.1:25").On("MAIL", _ =>
        {
            began.Enqueue(Time.GetUtcNow());
            return null;
        });
        var (first, parentOfFirst) = Start();
        Carry(first, parentOfFirst, Errand());
        Watch(first);
        first.Tell(Finish.Instance, parentOfFirst);
        ExpectTerminated(first);

        var (second, parent) = Start();
        second.Tell(new Carry(Errand()), parent);
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(2, began.Count);
        });
        Assert.InRange(began.Last() - began.First(), TimeSpan.FromMinutes(1), TimeSpan.MaxValue);
    }

    [Fact]
    public void Not_now_again_and_again_makes_the_destination_rest()
    {
        Peer("192.0.2.1:25").On("MAIL", "451 4.7.1 greylisted");
        Peer("192.0.2.2:25").On("MAIL", "451 4.7.1 greylisted");
        var (relay, parent) = Start();
        for (var i = 0; i < 20; i++)
        {
            relay.Tell(new Carry(Errand()), parent);
        }

        var last = 0;
        parent.FishForMessage(m =>
        {
            last += m is Attempted { IsLast: true } ? 1 : 0;
            return m is Resting;
        });
        Assert.InRange(last, 5, 19);
        Assert.Contains(Lines.All, l => l.Contains("at most 1 at once"));
    }
}
