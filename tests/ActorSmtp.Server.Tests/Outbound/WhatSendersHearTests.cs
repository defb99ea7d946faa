using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Notices to senders: that they come, once, and that each says of a recipient what is known of that recipient and of no other.</summary>
public sealed class WhatSendersHearTests : IAsyncLifetime
{
    private static readonly TimeSpan s_longEnough = TimeSpan.FromHours(5);         // to be warned about

    private readonly StandingTime _time = new();
    private readonly GivenQueue _given;
    private QueueHarness _queue = null!;

    public WhatSendersHearTests() => _given = new GivenQueue(_time);

    public async Task InitializeAsync() => _queue = await QueueHarness.StartAsync(_time);

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task What_a_server_said_of_anothers_mail_is_not_told_when_a_message_is_given_back_untried()
    {
        var (theirs, ours) = (_given.Envelope("eve@here.example", "joe@far.example"), _given.Envelope("ann@here.example", "bob@far.example"));
        await _queue.AddAsync(theirs);
        await _queue.TriedAsync(theirs.Id, _given.Answered("far.example", "452 4.2.2 the mailbox of joe is full", 0));
        await _queue.AddAsync(ours);
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Return, new() { Ids = [ours.Id] }, default));

        var text = (await _queue.NoticeAsync()).Text;
        Assert.Contains("Final-Recipient: rfc822; bob@far.example\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: x-actorsmtp; an administrator of this mail server has", text);
        Assert.DoesNotContain("joe", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Remote-MTA", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Last-Attempt-Date", text, StringComparison.Ordinal);                 // RFC 3464 §2.3.7: there was none
    }

    [Fact]
    public async Task A_message_that_expires_while_nothing_can_be_reached_says_what_was_heard_of_the_servers()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "joe@far.example");
        await _queue.AddAsync(mail);
        var relay = await _queue.RelayAsync("far.example");
        relay.Say(new Resting("far.example", _time.GetUtcNow().AddDays(30), "nobody answers", _given.Unreached("far.example", "connection refused", 0)));
        await QueueHarness.EventuallyAsync(async () => (await _queue.Queue.DestinationsAsync(null, 2, default)).Single().RestsUntil is not null, "the rest");
        _queue.Advance(s_longEnough);
        var warning = (await _queue.NoticeAsync()).Text;
        Assert.Contains("Subject: Not delivered yet: bob@far.example and 1 more\r\n", warning);
        _queue.Advance(TimeSpan.FromDays(6));

        foreach (var text in new[] { (await _queue.NoticeAsync()).Text, (await _queue.NoticeAsync()).Text, warning })
        {
            Assert.Contains("Diagnostic-Code: x-actorsmtp; mx.far.example: connection refused\r\n", text);
            Assert.DoesNotContain("Remote-MTA", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Last-Attempt-Date", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_warning_says_of_each_recipient_what_was_heard_of_it_also_after_a_restart()
    {
        var mail = _given.Envelope("ann@here.example", "bob@one.example", "joe@one.example", "eve@two.example", "zoe@three.example", "max@one.example");
        mail = mail with { Recipients = mail.Recipients.SetItem(4, mail.Recipients[4] with { Notify = DsnNotify.Failure }) };
        await _queue.AddAsync(mail);
        var grey = _given.Answered("one.example", "450 4.2.0 greylisted", 0, 4);
        await _queue.TriedAsync(mail.Id, grey with { Outcomes = [.. grey.Outcomes, .. _given.Answered("one.example", "452 4.2.2 full", 1).Outcomes] });
        await _queue.TriedAsync(mail.Id, _given.Unreached("two.example", "connection refused", 2));
        _queue.JournalTakes = false;
        _queue.Advance(s_longEnough);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.UntoldWhy is not null), "a notice that is not stored");
        Assert.Equal([0, 1, 2, 3], Assert.Single((await _queue.Queue.ShowAsync(mail.Id.ToString(), default))!.Notices).Recipients.Order());
        _queue.JournalTakes = true;
        await _queue.RestartAsync();

        var text = (await _queue.NoticeAsync()).Text;
        Assert.Contains("Subject: Not delivered yet: bob@one.example and 3 more\r\n", text);
        Assert.Contains("bob@one.example\r\nAction: delayed\r\nStatus: 4.2.0\r\nRemote-MTA: dns; mx.one.example\r\nDiagnostic-Code: smtp; 450 4.2.0 greylisted\r\nLast-Attempt-Date: ", text);
        Assert.Contains("joe@one.example\r\nAction: delayed\r\nStatus: 4.2.2\r\nRemote-MTA: dns; mx.one.example\r\nDiagnostic-Code: smtp; 452 4.2.2 full\r\nLast-Attempt-Date: ", text);
        Assert.Contains("eve@two.example\r\nAction: delayed\r\nStatus: 4.4.1\r\nDiagnostic-Code: x-actorsmtp; mx.two.example: connection refused\r\nLast-Attempt-Date: ", text);
        Assert.Contains("zoe@three.example\r\nAction: delayed\r\nStatus: 4.0.0\r\nDiagnostic-Code: x-actorsmtp; nothing could be tried so far\r\nFinal-Log-ID: ", text);
        Assert.DoesNotContain("max@one.example", text, StringComparison.Ordinal);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.Untold == 0), "nothing more to tell");
        Assert.Empty(_queue.Taken());
    }

    [Fact]
    public async Task Whose_message_was_held_hears_that_it_waits_when_it_is_released_and_waits_on()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Hold, QueueFilter.All, default));
        _queue.Advance(s_longEnough);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Statistics.Open == 0), "it was looked at");
        await _queue.ReckonedAsync();
        Assert.Null((await _queue.Queue.ShowAsync(mail.Id.ToString(), default))!.WarnedAt);

        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Release, QueueFilter.All, default));
        _queue.Advance(TimeSpan.FromMinutes(11));
        Assert.Contains("Subject: Not delivered yet: bob@far.example\r\n", (await _queue.NoticeAsync()).Text);
    }

    [Fact]
    public async Task Whose_message_cannot_be_read_when_it_is_time_to_warn_hears_it_when_it_can()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        _queue.TurnContentOver();
        await _queue.RestartAsync();
        _queue.Advance(s_longEnough);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.Unreadable == 1), "that it cannot be read");
        _queue.TurnContentOver();
        _queue.Advance(TimeSpan.FromHours(2));

        Assert.Contains("Subject: Not delivered yet: bob@far.example\r\n", (await _queue.NoticeAsync()).Text);
    }

    [Fact]
    public async Task NOTIFY_NEVER_is_kept_whatever_becomes_of_the_message()
    {
        var mail = _given.Envelope("ann@here.example", "a@far.example", "b@far.example", "c@far.example", "d@far.example");
        mail = mail with { Recipients = [.. mail.Recipients.Select((r, i) => r with { Notify = i < 3 ? DsnNotify.Never : DsnNotify.Success })] };
        await _queue.AddAsync(mail);
        var relayed = _given.Answered("far.example", "250 2.0.0 taken", 0, 3);                      // by a server without DSN
        await _queue.TriedAsync(mail.Id, relayed with
        {
            Outcomes =
            [
                .. relayed.Outcomes.Select(o => o with { Kind = OutcomeKind.Relayed }), .. _given.Answered("far.example", "550 5.1.1 nobody", 1).Outcomes,
                .. _given.Answered("far.example", "450 4.2.1 later", 2).Outcomes,
            ],
        });
        var text = (await _queue.NoticeAsync()).Text;
        Assert.Contains("Final-Recipient: rfc822; d@far.example\r\nAction: relayed\r\n", text);       // RFC 3461 §5.2.2 (b)
        _queue.Advance(s_longEnough);
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Return, QueueFilter.All, default));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.Messages == 0), "an empty queue");
        Assert.Empty(_queue.Taken());                                                               // RFC 3461 §5.2.2 (d), §5.2.6 (b)
    }
}
