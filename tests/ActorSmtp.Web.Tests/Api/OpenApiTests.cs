using System.Text.Json;
using System.Text.RegularExpressions;

namespace ActorSmtp.Web.Tests.Api;

/// <summary>The description of the API says what is served, no more and no less, and answers are as it says.</summary>
public sealed partial class OpenApiTests
{
    private const string Mail = "From: App <app@client.test>\nTo: x@a.test\nSubject: Confirm\nMIME-Version: 1.0\nContent-Type: text/html\n\n<a href=https://app.test/c>Your code</a> is 493817\n";

    [Fact]
    public async Task Everything_it_names_is_served()
    {
        await using var console = await RunningConsole.StartAsync();
        var document = await console.GetAsync("/api/openapi.json");
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        foreach (var (path, method, _) in Operations(document).Where(o => o.Path != "/api/events"))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Part().Replace(path, "x"));
            using var response = await console.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.False((int)response.StatusCode is 405 or 500 || text.Contains("There is nothing at this path", StringComparison.Ordinal), $"{method} {path}: {(int)response.StatusCode} {text}");
            Assert.True(method != "get" || path.Contains('{', StringComparison.Ordinal) || (int)response.StatusCode is 200 or 501, $"{path}: {(int)response.StatusCode} {text}");
        }
    }

    [Fact]
    public async Task Names_are_unique_and_lead_to_what_is_there()
    {
        await using var console = await RunningConsole.StartAsync();
        var document = await console.GetAsync("/api/openapi.json");
        var names = Operations(document).Select(o => o.Operation.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(Operations(document), o => Assert.Equal(
            Part().Matches(o.Path).Select(m => m.Groups[1].Value),
            o.Operation.GetProperty("parameters").EnumerateArray().Where(p => p.GetProperty("in").GetString() == "path").Select(p => p.GetProperty("name").GetString()!)));
        Assert.All(References().Matches(document.GetRawText()).Select(m => m.Groups[1].Value), reference => Resolve(document, reference));
        Assert.Equal("#/components/schemas/WebhookBody", document.GetProperty("webhooks").GetProperty("event").GetProperty("post")
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString());
    }

    [Fact]
    public async Task Answers_have_the_members_it_says()
    {
        await using var console = await RunningConsole.StartAsync("webhooks.crm.url=http://127.0.0.1:1/", "webhooks.crm.events=[scenario]");
        var document = await console.GetAsync("/api/openapi.json");
        var key = await console.SendAsync("bob@a.test", Mail);
        var lease = await console.PostAsync("/api/leases", new { scenarios = new[] { new { at = "auth", then = new { reply = "454" } } } });
        var id = lease.GetProperty("id").GetString();
        await console.SubmitAsync(lease.GetProperty("address").GetString()!, Mail);
        Check(document, "/api/leases", "post", lease);
        Check(document, "/api/tokens", "post", await console.PostAsync("/api/tokens", new { name = "ci" }));
        Check(document, "/api/leases/{id}/messages", "get", await console.GetAsync($"/api/leases/{id}/messages?wait=60s"));
        Check(document, "/api/mailboxes/{name}/messages/{key}", "get", await console.GetAsync($"/api/mailboxes/bob@a.test/messages/{key}"));
        Check(document, "/api/mailboxes/{name}/messages", "get", await console.GetAsync("/api/mailboxes/bob@a.test/messages"));
        Check(document, "/api/send", "post", await console.PostAsync("/api/send", new { from = "a@a.test", to = new[] { "b@a.test" }, subject = "x", text = "x" }));
        foreach (var path in new[]
            { "/api/session", "/api/tokens", "/api/mailboxes", "/api/messages", "/api/leases", "/api/scenarios", "/api/webhooks", "/api/server", "/api/config", "/api/queue", "/health", "/health/ready" })
        {
            Check(document, path, "get", await console.GetAsync(path));
        }
    }

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => (p.Name, o.Name, o.Value)));

    private static void Check(JsonElement document, string path, string method, JsonElement answer)
    {
        var responses = document.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses").EnumerateObject();
        var schema = responses.First(r => r.Name != "default").Value.GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Check(document, schema, answer, $"{method} {path}");
    }

    /// <summary>Every member is named by the schema, each member of the schema is there, and types are those it says.</summary>
    private static void Check(JsonElement document, JsonElement schema, JsonElement value, string at)
    {
        while (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            schema = Resolve(document, reference.GetString()!);
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;                                         // true: anything
        }

        if (schema.TryGetProperty("type", out var type))
        {
            string?[] types = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString())] : [type.GetString()];
            var own = value.ValueKind switch
            {
                JsonValueKind.Object => "object",
                JsonValueKind.Array => "array",
                JsonValueKind.String => "string",
                JsonValueKind.Null => "null",
                JsonValueKind.Number => value.TryGetInt64(out _) && types.Contains("integer") ? "integer" : "number",
                _ => "boolean",
            };
            Assert.True(types.Contains(own), $"{at} is {value}, expected {type}");
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            Assert.Equal(properties.EnumerateObject().Select(p => p.Name), value.EnumerateObject().Select(m => m.Name));
            foreach (var member in value.EnumerateObject())
            {
                Check(document, properties.GetProperty(member.Name), member.Value, $"{at} {member.Name}");
            }
        }
        else if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
            {
                Check(document, items, item, $"{at} []");
            }
        }
    }

    private static JsonElement Resolve(JsonElement document, string reference)
    {
        var at = document;
        foreach (var name in reference.Split('/').Skip(1))
        {
            at = at.ValueKind == JsonValueKind.Array
                ? at[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]
                : at.TryGetProperty(name.Replace("~1", "/", StringComparison.Ordinal), out var next) ? next : throw new InvalidOperationException($"{reference} leads nowhere");
        }

        return at;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Part();

    [GeneratedRegex("""
        "\$ref":\s*"([^"]+)"
        """)]
    private static partial Regex References();
}
