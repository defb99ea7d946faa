using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Web.Webhooks;

namespace ActorSmtp.Web.Tests.Webhooks;

/// <summary>One webhook, with a network and a clock of the test's.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private readonly StagedTime _time = new();
    private readonly Script _network = new();
    private readonly LogLines _log = new();
    private readonly Channel<WebhookOutcome> _outcomes = Channel.CreateUnbounded<WebhookOutcome>();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private WebhookSender? _sender;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(60));
        _sender?.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task An_event_is_posted_with_its_kind_its_id_and_a_signature_of_its_body()
    {
        var hook = Start(secret: "0123456789abcdef");
        _network.Say(HttpStatusCode.NoContent);
        Assert.True(hook.Offer("lease", null, null, """{"id":"x","change":"made"}"""u8.ToArray()));
        var request = await _network.NextAsync();
        Assert.Equal(WebhookOutcome.Delivered, await OutcomeAsync());

        var body = JsonDocument.Parse(request.Body).RootElement;
        Assert.Equal("lease", body.GetProperty("event").GetString());
        Assert.Equal("made", body.GetProperty("data").GetProperty("change").GetString());
        Assert.Equal("2026-11-22T12:00:00.000Z", body.GetProperty("at").GetString());
        Assert.Equal(body.GetProperty("id").GetString(), request.Headers["ActorSmtp-Delivery"]);
        Assert.Equal(("POST", "lease", "1", "application/json; charset=utf-8"), (request.Method, request.Headers["ActorSmtp-Event"], request.Headers["ActorSmtp-Attempt"], request.ContentType));
        var stamp = _time.Now.ToUnixTimeSeconds();
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData("0123456789abcdef"u8, Encoding.UTF8.GetBytes($"{stamp}.{request.Body}")));
        Assert.Equal($"t={stamp},v1={expected}", request.Headers["ActorSmtp-Signature"]);
    }

    [Fact]
    public async Task Without_a_secret_there_is_no_signature()
    {
        var hook = Start();
        _network.Say(HttpStatusCode.OK);
        hook.Offer("lease", null, null, "{}"u8.ToArray());
        Assert.False((await _network.NextAsync()).Headers.ContainsKey("ActorSmtp-Signature"));
    }

    [Fact]
    public async Task What_is_not_taken_is_tried_again_with_the_pauses_and_then_given_up()
    {
        var hook = Start(dice: 0.75);
        for (var i = 0; i < 3; i++)
        {
            _network.Say(i == 1 ? null : HttpStatusCode.InternalServerError);
        }

        hook.Offer("lease", null, null, "{}"u8.ToArray());
        hook.Offer("lease", null, null, "{}"u8.ToArray());
        var first = await _network.NextAsync();
        await RingAsync(TimeSpan.FromSeconds(1.1));             // a fifth more or less: 0.8 + 0.4 × 0.75
        var second = await _network.NextAsync();
        await RingAsync(TimeSpan.FromSeconds(5.5));
        var third = await _network.NextAsync();
        Assert.Equal(WebhookOutcome.Failed, await OutcomeAsync());
        Assert.Equal(["1", "2", "3"], new[] { first, second, third }.Select(r => r.Headers["ActorSmtp-Attempt"]));
        Assert.Equal((first.Body, first.Headers["ActorSmtp-Delivery"]), (third.Body, third.Headers["ActorSmtp-Delivery"]));

        _network.Say(HttpStatusCode.OK);                        // the one behind it has its turn
        Assert.NotEqual(first.Headers["ActorSmtp-Delivery"], (await _network.NextAsync()).Headers["ActorSmtp-Delivery"]);
        Assert.Equal(WebhookOutcome.Delivered, await OutcomeAsync());
        Assert.Equal((1, 1, 0), (hook.Delivered, hook.Failed, hook.Dropped));
        Assert.Single(_log.All, l => l.Contains("answered 500; trying again", StringComparison.Ordinal));
        Assert.Single(_log.All, l => l.Contains("is given up after 3 attempts: answered 500", StringComparison.Ordinal));
        Assert.Single(_log.All, l => l.Contains("takes events again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("999999999", 3600)]
    [InlineData("0", 1)]
    public async Task The_other_side_may_ask_for_a_longer_pause(string retryAfter, int seconds)
    {
        var hook = Start();
        _network.Say(HttpStatusCode.ServiceUnavailable, retryAfter);
        hook.Offer("lease", null, null, "{}"u8.ToArray());
        await _network.NextAsync();
        _network.Say(HttpStatusCode.OK);
        await RingAsync(TimeSpan.FromSeconds(seconds));
        Assert.Equal(WebhookOutcome.Delivered, await OutcomeAsync());
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_a_failed_attempt()
    {
        var hook = Start();
        _network.Hang();
        hook.Offer("lease", null, null, "{}"u8.ToArray());
        await _network.NextAsync();
        (await _time.NextAsync()).Ring();                       // the timeout
        _network.Say(HttpStatusCode.OK);
        await RingAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(WebhookOutcome.Delivered, await OutcomeAsync());
        Assert.Single(_log.All, l => l.Contains("no answer within 10 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_full_queue_drops_counts_and_never_waits()
    {
        var hook = Start(queue: 2);
        _network.Hang();
        Assert.True(hook.Offer("lease", null, null, "1"u8.ToArray()));
        await _network.NextAsync();                             // under way, so out of the queue
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => hook.Offer("lease", null, null, "2"u8.ToArray())));
        Assert.Equal((2, 2L), (hook.Waiting, hook.Dropped));
        Assert.Equal(WebhookOutcome.Dropped, await OutcomeAsync());
        Assert.Single(_log.All, l => l.Contains("2 events wait already, further ones are dropped (1 so far)", StringComparison.Ordinal));
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(_log.All, l => l.Contains("2 events were not told before the stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_is_read_when_its_turn_comes_and_one_that_has_gone_is_not_told()
    {
        var hook = Start(read: what => what.Key == "gone" ? null : what.Key == "broken" ? throw new InvalidOperationException("broken") : """{"subject":"x"}"""u8.ToArray());
        _network.Say(HttpStatusCode.OK);
        hook.Offer("message", "bob@a.test", "gone", null);
        hook.Offer("message", "bob@a.test", "broken", null);
        hook.Offer("message", "bob@a.test", "key", null);
        Assert.Contains("\"subject\":\"x\"", (await _network.NextAsync()).Body, StringComparison.Ordinal);
        Assert.Equal([WebhookOutcome.Failed, WebhookOutcome.Delivered], [await OutcomeAsync(), await OutcomeAsync()]);
    }

    [Fact]
    public void Only_what_is_wanted_is_taken()
    {
        var hook = Start(mailboxes: ["bob@a.test"]);
        Assert.True(hook.Wants("message", "bob@a.test"));
        Assert.False(hook.Wants("message", "eve@a.test"));
        Assert.False(hook.Wants("message", null));
        Assert.False(hook.Wants("message-removed", "bob@a.test"));
    }

    private Webhook Start(string secret = "", int queue = 100, double dice = 0.5, Func<WebhookEvent, byte[]?>? read = null, string[]? mailboxes = null)
    {
        _sender = new WebhookSender(_network, _time);
        var hook = new Webhook(
            new WebhookSettings("crm", new Uri("http://crm.test/hook?key=1"), ["message", "lease"], [.. mailboxes ?? []], secret, TimeSpan.FromSeconds(10), [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)], queue),
            _sender,
            (what, _) => Task.FromResult(read?.Invoke(what)),
            outcome => _outcomes.Writer.TryWrite(outcome),
            () => dice,
            _time,
            _log);
        _running.Add(Task.Run(() => hook.RunAsync(_stop.Token)));
        return hook;
    }

    private async Task<WebhookOutcome> OutcomeAsync() => await _outcomes.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Lets a pause end, which has to be this long. Each attempt's own time limit is passed over.</summary>
    private async Task RingAsync(TimeSpan expected)
    {
        var timer = await _time.NextAsync();
        while (timer.Due == TimeSpan.FromSeconds(10))
        {
            timer = await _time.NextAsync();
        }

        Assert.Equal(expected.TotalSeconds, timer.Due.TotalSeconds, 0.001);
        timer.Ring();
    }

    /// <summary>A network that answers as it was told, one request after the other.</summary>
    private sealed class Script : HttpMessageHandler
    {
        private readonly Channel<Func<CancellationToken, Task<HttpResponseMessage>>> _answers = Channel.CreateUnbounded<Func<CancellationToken, Task<HttpResponseMessage>>>();
        private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>();

        /// <param name="status">Null: nobody is there.</param>
        public void Say(HttpStatusCode? status, string? retryAfter = null) => _answers.Writer.TryWrite(_ =>
        {
            if (status is null)
            {
                throw new HttpRequestException("Connection refused");
            }

            var response = new HttpResponseMessage(status.Value);
            if (retryAfter is not null)
            {
                response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
            }

            return Task.FromResult(response);
        });

        public void Hang() => _answers.Writer.TryWrite(async cancellation =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException();
        });

        public async Task<Asked> NextAsync() => await _asked.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.Writer.TryWrite(new Asked(
                request.Method.Method,
                request.Headers.ToDictionary(h => h.Key, h => string.Join(",", h.Value)),
                request.Content!.Headers.ContentType!.ToString(),
                await request.Content.ReadAsStringAsync(cancellationToken)));
            return await (await _answers.Reader.ReadAsync(cancellationToken))(cancellationToken);
        }
    }

    private sealed record Asked(string Method, Dictionary<string, string> Headers, string ContentType, string Body);
}
