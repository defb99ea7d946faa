using System.Net;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Rates;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>How much may come from one network, sender or account.</summary>
public sealed class RatesTests
{
    private readonly StandingTime _time = new();

    [Fact]
    public async Task So_many_may_come_at_once_and_then_as_many_as_the_time_allows()
    {
        var check = RatesCheck.Of(new RateSettings(TimeSpan.FromHours(1), RecipientsPerNetwork: 60, 0, 0, 0), _time, seed: 1)[0];

        Assert.Equal(60, await PassedAsync(check, "192.0.2.1", 100));
        Assert.Equal(60, await PassedAsync(check, "192.0.2.2", 100));

        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(10, await PassedAsync(check, "192.0.2.1", 100));
    }

    [Fact]
    public async Task Hosts_of_one_IPv6_network_are_counted_together()
    {
        var check = RatesCheck.Of(new RateSettings(TimeSpan.FromHours(1), RecipientsPerNetwork: 3, 0, 0, 0), _time, seed: 1)[0];

        Assert.Equal(2, await PassedAsync(check, "2001:db8::1", 2));
        Assert.Equal(1, await PassedAsync(check, "2001:db8::2", 2));
        Assert.Equal(2, await PassedAsync(check, "2001:db8:0:1::1", 2));
    }

    [Fact]
    public async Task Messages_of_one_network_are_counted_whoever_they_are_from()
    {
        await using var server = await PolicyServer.StartAsync(["listeners.mx.checks=[rates]", "gatekeeping.rates.messages-per-network=2"]);
        const string Two = "EHLO c.test\nMAIL FROM:<x@c.test>\nRSET\nMAIL FROM:<>\nQUIT\n";

        Assert.Equal("220, 250, 250 2.1.0, 250 2.0.0, 250 2.1.0, 221 2.0.0", await server.TalkAsync(Two));
        Assert.Equal("220, 250, 450 4.7.1, 250 2.0.0, 450 4.7.1, 221 2.0.0", await server.TalkAsync(Two));
    }

    [Fact]
    public async Task A_network_that_floods_in_somebody_s_name_uses_up_no_more_of_it_than_it_may_send()
    {
        await using var server = await PolicyServer.StartAsync(
            ["listeners.mx.checks=[rates]", "listeners.mx.xclient-trusted=[127.0.0.1]", "gatekeeping.rates.messages-per-network=2", "gatekeeping.rates.messages-per-sender=3"]);

        await server.TalkAsync("EHLO a\nXCLIENT ADDR=192.0.2.1\nEHLO c.test\n" + string.Concat(Enumerable.Repeat("MAIL FROM:<x@c.test>\nRSET\n", 5)) + "QUIT\n");

        Assert.Equal("220, 250, 220, 250, 250 2.1.0, 221 2.0.0", await server.TalkAsync("EHLO a\nXCLIENT ADDR=192.0.2.2\nEHLO c.test\nMAIL FROM:<x@c.test>\nQUIT\n"));
    }

    [Fact]
    public async Task What_is_too_much_of_a_sender_is_put_off_and_reports_from_nobody_are_not_counted()
    {
        await using var server = await PolicyServer.StartAsync(["listeners.mx.checks=[rates]", "gatekeeping.rates.messages-per-sender=2"]);

        var heard = await server.TalkAsync("""
            EHLO c.test
            MAIL FROM:<x@c.test>
            RSET
            MAIL FROM:<X@C.test>
            RSET
            MAIL FROM:<x@c.test>
            MAIL FROM:<y@c.test>
            RSET
            MAIL FROM:<>
            RSET
            MAIL FROM:<>
            RSET
            MAIL FROM:<>
            QUIT

            """);

        Assert.Equal("220, 250, 250 2.1.0, 250 2.0.0, 250 2.1.0, 250 2.0.0, 450 4.7.1, 250 2.1.0, 250 2.0.0, 250 2.1.0, 250 2.0.0, 250 2.1.0, 250 2.0.0, 250 2.1.0, 221 2.0.0", heard);
    }

    [Fact]
    public async Task Recipients_of_an_account_are_counted_over_its_sessions_and_strangers_apart()
    {
        await using var server = await PolicyServer.StartAsync(["listeners.mx.checks=[rates]", "listeners.mx.auth=offered", "gatekeeping.rates.recipients-per-account=3"]);
        const string Two = "EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL FROM:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nRCPT TO:<bob@mx.test>\nQUIT\n";

        Assert.Equal("220, 250, 235 2.7.0, 250 2.1.0, 250 2.1.5, 250 2.1.5, 221 2.0.0", await server.TalkAsync(Two));
        Assert.Equal("220, 250, 235 2.7.0, 250 2.1.0, 250 2.1.5, 450 4.7.1, 221 2.0.0", await server.TalkAsync(Two));
        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", await server.TalkAsync("EHLO c.test\nMAIL FROM:<x@c.test>\nRCPT TO:<ann@mx.test>\nQUIT\n"));
    }

    private static async Task<int> PassedAsync(ICheck check, string address, int times)
    {
        var facts = FactsOf(address);
        using var asked = check.Begin(facts.Session)!;
        var passed = 0;
        for (var i = 0; i < times; i++)
        {
            passed += (await asked.AskAsync(PolicySteps.Rcpt, facts, CancellationToken.None)).Action == PolicyAction.Pass ? 1 : 0;
        }

        return passed;
    }

    private static PolicyFacts FactsOf(string address) => new(
        new SessionFacts("s1", "mx.test", "mx", ListenerRole.Mx, new IPEndPoint(IPAddress.Parse(address), 4321), null, null, DateTimeOffset.UnixEpoch), null, null, null, null, 0);
}
