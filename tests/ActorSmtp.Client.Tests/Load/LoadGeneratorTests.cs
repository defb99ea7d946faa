using System.Net;
using ActorSmtp.Client.Load;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Load;

[Collection(Alone.Name)]
public sealed class LoadGeneratorTests
{
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    public async Task Every_message_reaches_a_real_server_in_every_way_of_sending(bool reconnect, bool pipelining, bool chunking)
    {
        await using var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        await using var server = await TestMailServer.StartAsync(transport, sets: ["listeners.mx.bind=\"127.0.0.1:0\"", "unknown-recipients=accept"]);
        var report = await Run(new LoadPlan
        {
            Server = server.EndPoint,
            Sessions = 4,
            Messages = 60,
            Size = 90_000,
            Recipients = 2,
            To = "user{n}@mx.test",
            Spread = 3,
            Reconnect = reconnect,
            Pipelining = pipelining,
            Chunking = chunking,
        });
        Assert.Empty(report.Errors);
        Assert.Equal(60, report.Accepted);
        Assert.True(report.Latency.P50 > 0 && report.Latency.P50 <= report.Latency.Max);
        Assert.Equal(60 * 90_000, report.Octets);
    }

    [Fact]
    public async Task Without_pipelining_each_command_waits_for_its_reply_and_numbers_count_on()
    {
        await using var server = new TinyServer { Listens = true };
        await Run(new LoadPlan { Server = server.EndPoint, Sessions = 1, Messages = 2, Recipients = 2, From = "a{n}@x.test", To = "b{n}@x.test", Spread = 3 });
        Assert.Equal(
            [
                "EHLO generator.bench.test",
                "MAIL FROM:<a0@x.test>", "RCPT TO:<b0@x.test>", "RCPT TO:<b1@x.test>", "DATA", ".",
                "MAIL FROM:<a1@x.test>", "RCPT TO:<b2@x.test>", "RCPT TO:<b0@x.test>", "DATA", ".",
                "QUIT",
            ],
            server.Heard);
    }

    [Fact]
    public async Task A_connection_for_each_message_is_what_reconnect_makes()
    {
        await using var server = new TinyServer();
        var report = await Run(new LoadPlan { Server = server.EndPoint, Sessions = 3, Messages = 25, Reconnect = true });
        Assert.Equal(25, report.Accepted);
        Assert.Equal(25, server.Connections);
        Assert.Equal(25, server.Messages);
    }

    [Fact]
    public async Task Refusals_are_counted_by_reply()
    {
        await using var server = new TinyServer();
        server.Reply('R', "550 5.1.1 No such user\r\n");
        var report = await Run(new LoadPlan { Server = server.EndPoint, Sessions = 2, Messages = 6 });
        Assert.Equal(0, report.Accepted);
        Assert.Equal(6, report.Failed);
        var error = Assert.Single(report.Errors);
        Assert.Equal(new LoadError("rcpt", 550, "550 5.1.1 No such user", 6), error);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        await using var server = new TinyServer();
        server.Reply('.', "");
        var report = await Run(new LoadPlan { Server = server.EndPoint, Sessions = 2, Messages = 2, ReplyTimeout = TimeSpan.FromSeconds(3) });
        Assert.Equal(2, report.Failed);
        Assert.Equal("message", Assert.Single(report.Errors).Step);
    }

    [Fact]
    public async Task Nobody_listening_is_an_error_and_not_an_endless_load()
    {
        await using var server = new TinyServer();
        var nobody = server.EndPoint;
        await server.DisposeAsync();
        var report = await Run(new LoadPlan { Server = nobody, Sessions = 2, Duration = TimeSpan.FromMinutes(10), ReplyTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.NotNull(report.GaveUp);
        Assert.Equal("connect", Assert.Single(report.Errors).Step);
    }

    [Fact]
    public async Task A_rate_is_kept()
    {
        await using var server = new TinyServer();
        var report = await Run(new LoadPlan { Server = server.EndPoint, Sessions = 5, Messages = 101, Rate = 200 });
        Assert.Equal(101, report.Accepted);
        Assert.InRange(report.Elapsed.TotalSeconds, 0.49, 60);      // the last is due after half a second; never earlier
    }

    [Fact]
    public async Task A_load_that_needs_what_is_not_offered_ends_at_once()
    {
        await using var server = new TinyServer();
        server.Reply('E', "250 tiny\r\n");
        var report = await Run(new LoadPlan { Server = server.EndPoint, Sessions = 1, Messages = 1_000_000, Pipelining = true });
        Assert.Equal("the server does not offer PIPELINING", Assert.Single(report.Errors).Example);
        Assert.Equal("the server does not offer PIPELINING", report.GaveUp);
        Assert.Equal(1, report.Failed);
    }

    [Fact]
    public async Task A_message_costs_no_allocation()
    {
        await using var server = new TinyServer();
        var plan = new LoadPlan { Server = server.EndPoint, Sessions = 8, Messages = 1_000 };
        await Run(plan);
        var each = double.MaxValue;
        for (var attempt = 0; attempt < 10 && each is > 16 or < -100; attempt++)      // the turns of its clock allocate a little, and more of them pass on a busy machine
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await Run(plan);
            var few = GC.GetTotalAllocatedBytes(precise: true) - before;
            before += few;
            await Run(plan with { Messages = 11_000 });
            var many = GC.GetTotalAllocatedBytes(precise: true) - before;
            each = (many - few) / 10_000.0;
        }

        Assert.InRange(each, -100, 16);
    }

    [Fact]
    public void Other_peoples_servers_are_refused()
    {
        var plan = new LoadPlan { Server = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25), Messages = 1 };
        Assert.Contains("not on this machine", Assert.Single(plan.Mistakes()), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new LoadGenerator(plan, Transports.Create(new TransportOptions())));
        Assert.Empty((plan with { AllowRemote = true }).Mistakes());
    }

    [Theory]
    [InlineData("a b@x.test")]
    [InlineData("a@x.test>\r\nDATA")]
    [InlineData("nobody")]
    public void Addresses_cannot_carry_commands(string from) =>
        Assert.Single(new LoadPlan { Server = new IPEndPoint(IPAddress.Loopback, 25), Messages = 1, From = from }.Mistakes());

    private static async Task<LoadReport> Run(LoadPlan plan)
    {
        await using var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        return await new LoadGenerator(plan, transport).RunAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }
}
