using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>
/// A queue that a page is shown in place of the server's: in states that take days to come about, with texts that servers of good will do not say.
/// Orders change it, and are kept to be looked at.
/// </summary>
internal sealed class PretendedQueue
{
    private readonly Lock _gate = new();
    private readonly List<JsonObject> _items = [];
    private readonly List<string> _orders = [];

    /// <summary><c>none</c>, <c>slow</c> or <c>full</c>.</summary>
    public string Pressure { get; set; } = "none";

    /// <summary>Orders so far: <c>hold ID,ID far.example</c>, with everything that narrowed them down.</summary>
    public IReadOnlyList<string> Orders
    {
        get
        {
            lock (_gate)
            {
                return [.. _orders];
            }
        }
    }

    /// <summary>Puts a message in that came so long ago and was tried so often.</summary>
    public PretendedQueue With(string id, string from, string to, string state = "waiting", int failures = 1, string? why = "450 4.2.0 Greylisted, come back in 5 minutes", TimeSpan? age = null, string? node = null)
    {
        var destination = to[(to.LastIndexOf('@') + 1)..];
        var now = DateTimeOffset.UtcNow;
        lock (_gate)
        {
            _items.Add(new JsonObject
            {
                ["id"] = id,
                ["destination"] = destination,
                ["state"] = state,
                ["from"] = from,
                ["to"] = new JsonArray(to),
                ["recipients"] = 1,
                ["octets"] = 24_310,
                ["receivedAt"] = now - (age ?? TimeSpan.FromMinutes(134)),
                ["failures"] = failures,
                ["nextAt"] = state == "waiting" ? JsonValue.Create(now + TimeSpan.FromMinutes(12.6)) : null,
                ["why"] = why,
                ["host"] = why is null ? null : $"mx1.{destination} [192.0.2.25]:25",
                ["node"] = node,
            });
        }

        return this;
    }

    public Task Attach(IPage page) => page.RouteAsync(url => new Uri(url).AbsolutePath.StartsWith("/api/queue", StringComparison.Ordinal), AnswerAsync);

    private Task AnswerAsync(IRoute route)
    {
        var at = new Uri(route.Request.Url);
        var query = System.Web.HttpUtility.ParseQueryString(at.Query);
        JsonNode? answer;
        lock (_gate)
        {
            answer = at.AbsolutePath switch
            {
                "/api/queue" => List(query),
                "/api/queue/totals" => new JsonObject { ["available"] = true, ["totals"] = Totals(), ["items"] = Destinations() },
                "/api/queue/actions" => Order(JsonNode.Parse(route.Request.PostData!)!.AsObject()),
                _ => Message(at.AbsolutePath[(at.AbsolutePath.LastIndexOf('/') + 1)..]),
            };
        }

        return answer is null
            ? route.FulfillAsync(new() { Status = 404, ContentType = "application/problem+json", Body = """{"status":404,"code":"not-found","detail":"There is no such message in the queue (any more)"}""" })
            : route.FulfillAsync(new() { ContentType = "application/json", Body = answer.ToJsonString() });
    }

    private JsonObject List(System.Collections.Specialized.NameValueCollection query)
    {
        var all = _items.Where(i => Matches(i, query["destination"], query["state"], query["error"], null)).ToList();
        var from = int.Parse(query["cursor"] ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var limit = int.Parse(query["limit"]!, System.Globalization.CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["items"] = new JsonArray([.. all.Skip(from).Take(limit).Select(i => i.DeepClone())]),
            ["next"] = all.Count > from + limit ? (from + limit).ToString(System.Globalization.CultureInfo.InvariantCulture) : null,
            ["available"] = true,
            ["totals"] = Totals(),
        };
    }

    private JsonObject Totals() => new()
    {
        ["messages"] = _items.Count,
        ["octets"] = _items.Sum(i => (int)i["octets"]!),
        ["active"] = Count("active"),
        ["waiting"] = Count("waiting"),
        ["held"] = Count("held"),
        ["destinations"] = _items.DistinctBy(i => (string)i["destination"]!).Count(),
        ["oldestAt"] = _items.Count == 0 ? null : JsonValue.Create(_items.Min(i => (DateTimeOffset)i["receivedAt"]!)),
        ["dueSince"] = null,
        ["pressure"] = Pressure,
    };

    private JsonArray Destinations() =>
    [
        .. _items.GroupBy(i => (string)i["destination"]!).OrderByDescending(g => g.Count()).Select(g => new JsonObject
        {
            ["destination"] = g.Key, ["messages"] = g.Count(), ["active"] = g.Count(i => (string)i["state"]! == "active"), ["held"] = g.Count(i => (string)i["state"]! == "held"),
            ["oldestAt"] = g.Min(i => (DateTimeOffset)i["receivedAt"]!), ["nextAt"] = g.First()["nextAt"]?.DeepClone(), ["restsUntil"] = null, ["why"] = g.First()["why"]?.DeepClone(),
        }),
    ];

    private JsonObject Order(JsonObject order)
    {
        var ids = order["ids"]?.AsArray().Select(i => (string)i!).ToHashSet();
        var action = (string)order["action"]!;
        _orders.Add(string.Join(' ', new[] { action, ids is null ? null : string.Join(',', ids), (string?)order["destination"], (string?)order["state"], (string?)order["error"], order["all"]?.GetValue<bool>() == true ? "all" : null }.OfType<string>()));
        var meant = _items.Where(i => Matches(i, (string?)order["destination"], (string?)order["state"], (string?)order["error"], ids)).ToList();
        foreach (var item in meant)
        {
            if (action is "remove" or "return")
            {
                _items.Remove(item);
            }
            else
            {
                item["state"] = action == "hold" ? "held" : "waiting";
            }
        }

        return new JsonObject { ["changed"] = meant.Count };
    }

    private JsonObject? Message(string id)
    {
        var own = _items.Where(i => (string)i["id"]! == id).ToList();
        if (own.Count == 0)
        {
            return null;
        }

        var first = own[0];
        var at = (DateTimeOffset)first["receivedAt"]!;
        return new JsonObject
        {
            ["id"] = id,
            ["from"] = first["from"]!.DeepClone(),
            ["octets"] = first["octets"]!.DeepClone(),
            ["receivedAt"] = at,
            ["expiresAt"] = at + TimeSpan.FromDays(5),
            ["warnedAt"] = null,
            ["session"] = "s7g2k-1f",
            ["user"] = "ann",
            ["client"] = "laptop.example",
            ["envelopeId"] = null,
            ["requireTls"] = false,
            ["earlierAttempts"] = 0,
            ["recipients"] = new JsonArray([.. own.Select(i => new JsonObject
            {
                ["address"] = i["to"]![0]!.DeepClone(), ["destination"] = i["destination"]!.DeepClone(), ["state"] = i["state"]!.DeepClone(), ["failures"] = i["failures"]!.DeepClone(),
                ["nextAt"] = i["nextAt"]?.DeepClone(), ["status"] = "4.2.0", ["why"] = i["why"]?.DeepClone(),
            })]),
            ["attempts"] = new JsonArray(
                Attempt(at + TimeSpan.FromSeconds(1), first, null, null, "connecting", "connection refused", 0.03, "4.4.1", null),
                Attempt(at + TimeSpan.FromMinutes(1), first, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384", "opportunistic", "envelope", null, 0.41, "4.2.0", (string?)first["why"])),
        };
    }

    private static JsonObject Attempt(DateTimeOffset at, JsonObject item, string? tls, string? policy, string phase, string? why, double seconds, string status, string? reply) => new()
    {
        ["at"] = at,
        ["seconds"] = seconds,
        ["destination"] = item["destination"]!.DeepClone(),
        ["server"] = item["host"]?.DeepClone(),
        ["host"] = null,
        ["address"] = null,
        ["tls"] = tls,
        ["tlsProblem"] = tls is null ? null : "the certificate is for mail.other.example",
        ["tlsPolicy"] = policy,
        ["phase"] = phase,
        ["why"] = why,
        ["outcomes"] = new JsonArray(new JsonObject { ["recipient"] = item["to"]![0]!.DeepClone(), ["what"] = "put off", ["status"] = status, ["reply"] = reply, ["why"] = null }),
    };

    private static bool Matches(JsonObject item, string? destination, string? state, string? error, HashSet<string>? ids) =>
        (destination is null || (string)item["destination"]! == destination) && (state is null || (string)item["state"]! == state)
        && (error is null || ((string?)item["why"])?.Contains(error, StringComparison.OrdinalIgnoreCase) == true) && (ids?.Contains((string)item["id"]!) ?? true);

    private int Count(string state) => _items.Count(i => (string)i["state"]! == state);
}
