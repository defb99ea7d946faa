using System.Net.Http.Json;

namespace ActorSmtp.Web.Tests.Api;

/// <summary>Mail written in a form, and the API's own description.</summary>
public sealed class SendTests
{
    [Fact]
    public async Task A_form_becomes_a_message_in_its_recipients_mailboxes_but_Bcc_is_in_no_header()
    {
        await using var console = await RunningConsole.StartAsync();
        var result = await console.PostAsync("/api/send", new
        {
            from = "Ann <ann@client.test>",
            to = new[] { "bob@a.test, eve@a.test" },
            bcc = new[] { "secret@a.test" },
            subject = "Grüße",
            text = "Hello",
            html = "<p>Hello</p>",
            attachments = new[] { new { name = "a.bin", base64 = "AAEC" } },
        });
        Assert.True(result.GetProperty("accepted").GetBoolean(), result.ToString());
        Assert.Equal(3, result.GetProperty("recipients").GetArrayLength());
        Assert.NotEqual(0, result.GetProperty("transcript").GetArrayLength());
        foreach (var name in new[] { "bob@a.test", "eve@a.test", "secret@a.test" })
        {
            var row = await RunningConsole.UntilAsync(async () => (await console.GetAsync("/api/messages")).GetProperty("items").EnumerateArray()
                .Where(m => m.GetProperty("mailbox").GetString() == name).Select(m => m.ToString()).FirstOrDefault());
            Assert.Contains("Grüße", row, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", row.Replace("\"mailbox\":\"secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_dialogue_comes_line_by_line_as_events()
    {
        await using var console = await RunningConsole.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/send") { Content = JsonContent.Create(new { from = "a@c.test", to = new[] { "bob@a.test" } }) };
        request.Headers.Add("Accept", "text/event-stream");
        var text = await (await console.Http.SendAsync(request)).Content.ReadAsStringAsync();
        Assert.Contains("event: line\ndata: ", text, StringComparison.Ordinal);
        Assert.Contains("MAIL FROM:<a@c.test>", text, StringComparison.Ordinal);
        Assert.Contains("\"accepted\":true", text[text.IndexOf("event: result", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"to":["bob@a.test"]}""", "from")]
    [InlineData("""{"from":"a@c.test"}""", "to")]
    [InlineData("""{"from":"a@c.test","to":["bob@"]}""", "to")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test"],"attachments":[{"name":"x","base64":"?"}]}""", "attachments")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test"],"headers":[{"name":"X\r\nBcc","value":"x"}]}""", "headers")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test"],"server":{"host":"not a host"}}""", "server.host")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test",null]}""", "to")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test"],"cc":[null]}""", "cc")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test"],"attachments":[null]}""", "attachments")]
    [InlineData("""{"from":"a@c.test","to":["bob@a.test"],"headers":[null]}""", "headers")]
    public async Task A_mistake_is_told_by_its_field(string body, string field)
    {
        await using var console = await RunningConsole.StartAsync();
        using var content = new StringContent(body, null, "application/json");
        var problem = await RunningConsole.ProblemAsync(await console.Http.PostAsync("/api/send", content), 400, "invalid");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }
}
