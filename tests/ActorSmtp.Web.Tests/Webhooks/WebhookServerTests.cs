using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using ActorSmtp.Web.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSmtp.Web.Tests.Webhooks;

/// <summary>Webhooks of a whole server, told over a loopback network.</summary>
public sealed class WebhookServerTests
{
    private const string Secret = "a secret of the test";

    [Fact]
    public async Task A_webhook_of_the_configuration_is_told_of_mail_and_leases()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var console = await RunningConsole.StartAsync(
            $"webhooks.crm.url={receiver.Address}crm?key=1", $"webhooks.crm.secret={Secret}", "webhooks.crm.events=[message,lease,message-removed]", "webhook-defaults.retry=[10ms]");
        await console.SendAsync("bob@a.test", "Subject: told\n\nx\n");
        var (mail, text) = await receiver.NextAsync();
        Assert.Equal("/crm?key=1", mail.Path);
        Assert.Equal("told", JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("subject").GetString());
        var stamp = long.Parse(mail.Signature.Split(',')[0][2..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(WebhookSender.Sign(Secret, stamp, System.Text.Encoding.UTF8.GetBytes(text)), mail.Signature);

        await console.PostAsync("/api/leases");
        Assert.Equal("lease", (await receiver.NextAsync()).Asked.Event);
        await console.Http.DeleteAsync("/api/mailboxes/bob@a.test/messages");
        Assert.Equal("message-removed", (await receiver.NextAsync()).Asked.Event);

        var shown = await RunningConsole.UntilAsync(async () =>
            (await console.GetAsync("/api/webhooks/crm")) is var one && one.GetProperty("delivered").GetInt64() == 3 ? one.GetRawText() : null);
        var hook = JsonDocument.Parse(shown).RootElement;
        Assert.Equal($"{receiver.Address}crm", hook.GetProperty("url").GetString());          // a query may hold a key
        Assert.True(hook.GetProperty("signed").GetBoolean());
        Assert.DoesNotContain(Secret, (await console.GetAsync("/api/config")).GetRawText(), StringComparison.Ordinal);
        Assert.Contains("webhooks", (await console.GetAsync("/api/server")).GetProperty("features").EnumerateArray().Select(f => f.GetString()));
    }

    [Fact]
    public async Task Failures_are_tried_again_and_redirects_lead_nowhere()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var console = await RunningConsole.StartAsync($"webhooks.crm.url={receiver.Address}hook", "webhooks.crm.events=[lease]", "webhook-defaults.retry=[10ms,10ms]");
        receiver.Answers.Enqueue(500);
        receiver.Answers.Enqueue(302);
        var answer = await console.Http.PostAsync("/api/webhooks/crm/test", null);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var (asked, _) = await receiver.NextAsync();
            Assert.Equal(("/hook", "test"), (asked.Path, asked.Event));
        }

        await RunningConsole.UntilAsync(async () => (await console.GetAsync("/api/webhooks/crm")).GetProperty("delivered").GetInt64() == 1 ? "" : null);
        Assert.Contains(console.Log.All, l => l.Contains("webhook crm: answered 500; trying again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_can_name_an_address_to_call_by_the_API()
    {
        await using var console = await RunningConsole.StartAsync();
        using var body = new StringContent("""{"url":"http://169.254.169.254/"}""", null, "application/json");
        await RunningConsole.ProblemAsync(await console.Http.PostAsync("/api/webhooks", body), 405, "method");
        await RunningConsole.ProblemAsync(await console.Http.PostAsync("/api/webhooks/none/test", null), 404, "not-found");
        Assert.Empty((await console.GetAsync("/api/webhooks")).GetProperty("items").EnumerateArray());
    }

    /// <summary>Somebody else's program that takes webhooks.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly Channel<(Asked, string)> _asked = Channel.CreateUnbounded<(Asked, string)>();

        private Receiver(WebApplication app) => _app = app;

        public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/";

        /// <summary>Statuses to answer; 204 where there are none.</summary>
        public System.Collections.Concurrent.ConcurrentQueue<int> Answers { get; } = new();

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0));
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.Run(receiver.TakeAsync);
            await app.StartAsync();
            return receiver;
        }

        public async Task<(Asked Asked, string Text)> NextAsync() => await _asked.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var text = await reader.ReadToEndAsync();
            context.Response.StatusCode = Answers.TryDequeue(out var status) ? status : 204;
            context.Response.Headers.Location = "/elsewhere";
            var headers = context.Request.Headers;
            await _asked.Writer.WriteAsync((new Asked($"{context.Request.Path}{context.Request.QueryString}", headers["ActorSmtp-Event"].ToString(), headers["ActorSmtp-Signature"].ToString()), text));
        }
    }

    private sealed record Asked(string Path, string Event, string Signature);
}
