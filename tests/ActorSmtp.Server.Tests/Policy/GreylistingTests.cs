using System.Net;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Greylisting;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>Strangers are asked to come back, in whole dialogues.</summary>
public sealed class GreylistingTests
{
    private const string Said = "EHLO a\nXCLIENT ADDR={0}\nEHLO c.test\nMAIL FROM:<{1}>\nRCPT TO:<{2}>\nQUIT\n";

    private readonly StandingTime _time = new();
    private readonly IGreylistStore _store;

    public GreylistingTests() => _store = Stores.GreylistInMemory(_time);

    [Fact]
    public async Task A_stranger_is_told_when_to_come_back_and_let_in_then()
    {
        await using var server = await StartAsync();

        Assert.Equal("451 4.7.1 Greylisted, try again in 60 seconds", await RcptAsync(server, "192.0.2.1"));
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("451 4.7.1 Greylisted, try again in 35 seconds", await RcptAsync(server, "192.0.2.1"));
        _time.Advance(TimeSpan.FromSeconds(35));
        Assert.StartsWith("250 2.1.5", await RcptAsync(server, "192.0.2.1"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.5", await RcptAsync(server, "192.0.2.77"), StringComparison.Ordinal);      // a neighbour of the same sender
        Assert.StartsWith("451 4.7.1", await RcptAsync(server, "192.0.3.1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_recipient_is_asked_about_by_itself_and_those_who_are_known_get_the_message()
    {
        await using var server = await StartAsync();
        const string Both = "EHLO a\nXCLIENT ADDR=192.0.2.1\nEHLO c.test\nMAIL FROM:<x@c.test>\nRCPT TO:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nDATA\nSubject: one\n\nHello\n.\nQUIT\n";
        await RcptAsync(server, "192.0.2.1", recipient: "bob@mx.test");
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("220, 250, 220, 250, 250 2.1.0, 250 2.1.5, 451 4.7.1, 354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(Both));
        Assert.Contains("Subject: one", await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listeners.mx.checks=[\"greylisting=log\"]")]
    [InlineData("listeners.mx.checks=[\"greylisting=tag\"]")]
    [InlineData("gatekeeping.trusted=[192.0.2.0/24]")]
    [InlineData("gatekeeping.greylisting.exempt-networks=[192.0.2.0/24]")]
    [InlineData("gatekeeping.greylisting.exempt-recipients=[\"Bob@mx.test\"]")]
    [InlineData("gatekeeping.greylisting.exempt-recipients=[mx.test]")]
    [InlineData("gatekeeping.greylisting.from-score=1")]
    public async Task Some_have_not_to_come_back(string set)
    {
        await using var server = await StartAsync(set);

        Assert.StartsWith("250 2.1.5", await RcptAsync(server, "192.0.2.1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_for_postmaster_never_waits_and_who_logged_in_neither()
    {
        await using var server = await StartAsync("listeners.mx.auth=offered");

        Assert.StartsWith("250 2.1.5", await RcptAsync(server, "192.0.2.1", recipient: "postmaster@mx.test"), StringComparison.Ordinal);
        Assert.Equal(
            "220, 250, 220, 250, 235 2.7.0, 250 2.1.0, 250 2.1.5, 221 2.0.0",
            await server.TalkAsync("EHLO a\nXCLIENT ADDR=192.0.2.1\nEHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL FROM:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nQUIT\n"));
    }

    [Theory]
    [InlineData(-1, "250 2.1.5")]
    [InlineData(0, "451 4.7.1")]
    [InlineData(3, "451 4.7.1")]
    public async Task Whom_the_scores_speak_for_has_not_to_come_back(double score, string reply)
    {
        var white = new ScriptedCheck("white") { Answer = ScriptedCheck.At(PolicySteps.Mail, PolicyAnswer.Found(new Finding("white", "known", "", score))) };
        await using var server = await PolicyServer.StartAsync(
            null, ["listeners.mx.checks=[greylisting]", "listeners.mx.xclient-trusted=[127.0.0.1]"], p => p with { Greylist = _store, Time = _time }, white);

        Assert.StartsWith(reply, await RcptAsync(server, "192.0.2.1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ann@C.test", "ann@c.test")]
    [InlineData("Ann+list-7@c.test", "ann@c.test")]
    [InlineData("bounce-12345-99@c.test", "bounce-#-#@c.test")]
    [InlineData("+x@c.test", "+x@c.test")]
    [InlineData(null, "")]
    public void Senders_that_differ_in_what_lists_put_into_them_are_alike(string? sender, string compared) =>
        Assert.Equal(compared, GreylistingCheck.Compared(sender is null ? null : Mailbox.Parse(sender)));

    [Theory]
    [InlineData("192.0.2.77", "192.0.2.0/24")]
    [InlineData("::ffff:192.0.2.77", "192.0.2.0/24")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void Addresses_are_known_by_their_network(string address, string network) =>
        Assert.Equal(IPNetwork.Parse(network), GreylistingCheck.NetworkOf(IPAddress.Parse(address), 24, 64));

    [Fact]
    public async Task The_log_and_the_figures_tell_who_waits_and_why()
    {
        await using var server = await StartAsync();
        await RcptAsync(server, "192.0.2.1");

        Assert.Contains(server.Server.Log.All, l => l.Contains("greylisting: new (192.0.2.0/24, <x@c.test>, <bob@mx.test>: never seen)", StringComparison.Ordinal));
        Assert.Equal(1, server.Server.Server.Greylist!.Figures.Waiting);
    }

    [Fact]
    public async Task A_store_that_fails_keeps_no_mail_away()
    {
        await using var server = await PolicyServer.StartAsync(
            null, ["listeners.mx.checks=[greylisting]", "listeners.mx.xclient-trusted=[127.0.0.1]"], p => p with { Greylist = new Failing() });

        Assert.StartsWith("250 2.1.5", await RcptAsync(server, "192.0.2.1"), StringComparison.Ordinal);
        Assert.Contains(server.Server.Log.All, l => l.Contains("greylisting: failed (the database is gone)", StringComparison.Ordinal));
    }

    private Task<PolicyServer> StartAsync(params string[] sets) => PolicyServer.StartAsync(
        null, ["listeners.mx.checks=[greylisting]", "listeners.mx.xclient-trusted=[127.0.0.1]", .. sets], p => p with { Greylist = _store, Time = _time });

    /// <summary>What RCPT is answered.</summary>
    private static async Task<string> RcptAsync(PolicyServer server, string address, string sender = "x@c.test", string recipient = "bob@mx.test")
    {
        var heard = await server.ListenAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Said, address, sender, recipient));
        return heard[^2];
    }

    private sealed class Failing : IGreylistStore
    {
        public GreylistFigures Figures => default;

        public Task<GreylistReport> OpenAsync(GreylistRules rules, IGreylistObserver observer, CancellationToken cancellation) => Task.FromResult(new GreylistReport(0, null));

        public ValueTask<GreylistAnswer> AskAsync(GreylistTriplet triplet, CancellationToken cancellation) => throw new StoreException("the database is gone");

        public ValueTask<GreylistPage> ListAsync(GreylistFilter filter, string? cursor, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<long> ClearAsync(GreylistFilter filter, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
