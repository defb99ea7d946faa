using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using ActorSmtp.Web.Routing;
using ActorSmtp.Web.Webhooks;

namespace ActorSmtp.Web.Api;

/// <summary>The API's description as OpenAPI 3.1, made of the table of routes itself: what is not in it is not served, and the other way round.</summary>
internal static class OpenApiRoutes
{
    public static IEnumerable<ApiRoute> Of(IReadOnlyList<ApiRoute> all)
    {
        var document = new Lazy<byte[]>(() => JsonSerializer.SerializeToUtf8Bytes(Document(all), Json.Options));
        return new Routes("Server").GetContent("/api/openapi.json", "This API as OpenAPI 3.1.", "application/json", call =>
        {
            call.Http.Response.ContentType = "application/json; charset=utf-8";
            call.Http.Response.Headers.CacheControl = "no-cache";
            return call.Http.Response.Body.WriteAsync(document.Value, call.Cancellation).AsTask();
        });
    }

    private static JsonObject Document(IReadOnlyList<ApiRoute> all)
    {
        var schemas = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal) { ["Problem"] = SchemaOf(typeof(ProblemDocument)) };
        var paths = new JsonObject();
        foreach (var path in all.GroupBy(r => r.Pattern))
        {
            var methods = new JsonObject();
            foreach (var route in path)
            {
                methods[route.Method.ToLowerInvariant()] = Operation(route, schemas);
            }

            paths[path.Key] = methods;
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "ActorSmtp",
                ["version"] = "1",
                ["description"] = "Mailboxes, leased test inboxes, and what happens inside. Errors are problem details (RFC 9457).",
            },
            ["paths"] = paths,
            ["webhooks"] = new JsonObject { ["event"] = new JsonObject { ["post"] = Told(schemas) } },
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))),
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                    ["session"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = "actorsmtp" },
                },
            },
        };
    }

    /// <summary>What the webhooks of the configuration are sent.</summary>
    private static JsonObject Told(SortedDictionary<string, JsonNode> schemas) => new()
    {
        ["summary"] = "An event, posted to a webhook of the configuration; any 2xx takes it.",
        ["operationId"] = "webhookEvent",
        ["parameters"] = new JsonArray(
            Parameter("ActorSmtp-Event", "header", "string", "As event in the body.", required: true),
            Parameter("ActorSmtp-Delivery", "header", "string", "As id in the body: the same at every attempt.", required: true),
            Parameter("ActorSmtp-Attempt", "header", "integer", "From 1.", required: true),
            Parameter("ActorSmtp-Signature", "header", "string", "t=SECONDS,v1=HEX: HMAC-SHA-256 of SECONDS, a dot and the body with the webhook's secret; where it has one.", required: false)),
        ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", Reference(typeof(WebhookBody), schemas)) },
        ["responses"] = new JsonObject { ["2XX"] = new JsonObject { ["description"] = "Taken." }, ["default"] = new JsonObject { ["description"] = "Tried again." } },
    };

    private static JsonObject Operation(ApiRoute route, SortedDictionary<string, JsonNode> schemas)
    {
        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["tags"] = new JsonArray(route.Group),
            ["operationId"] = Name(route),
            ["parameters"] = new JsonArray(
            [
                .. route.Parts.Select(p => (JsonNode)Parameter(p.Name, "path", "string", null, required: true)),
                .. route.Query.Select(q => Parameter(q.Name, "query", q.Type, q.Description, required: false)),
            ]),
        };
        if (route.Body is { } body)
        {
            operation["requestBody"] = new JsonObject { ["required"] = !route.BodyIsOptional, ["content"] = Content("application/json", Reference(body, schemas)) };
        }

        var answer = new JsonObject { ["description"] = route.Status == 204 ? "Done." : "The answer." };
        if (route.Answer is { } type)
        {
            answer["content"] = Content("application/json", Reference(type, schemas));
        }
        else if (route.Produces is { } produces)
        {
            answer["content"] = Content(produces, new JsonObject { ["type"] = "string" });
        }

        operation["responses"] = new JsonObject
        {
            [route.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = answer,
            ["default"] = new JsonObject
            {
                ["description"] = "A problem.",
                ["content"] = Content("application/problem+json", new JsonObject { ["$ref"] = "#/components/schemas/Problem" }),
            },
        };
        operation["security"] = route.IsOpen ? new JsonArray() : new JsonArray(new JsonObject(), new JsonObject { ["token"] = new JsonArray() }, new JsonObject { ["session"] = new JsonArray() });
        return operation;
    }

    private static string Name(ApiRoute route) => route.Method.ToLowerInvariant()
        + string.Concat(route.Pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(s => s != "api").Select(s => s.Trim('{', '}').Replace(".", "", StringComparison.Ordinal)).Select(s => char.ToUpperInvariant(s[0]) + s[1..]));

    private static JsonObject Parameter(string name, string place, string type, string? description, bool required)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["required"] = required, ["schema"] = new JsonObject { ["type"] = type } };
        if (description is not null)
        {
            parameter["description"] = description;
        }

        return parameter;
    }

    private static JsonObject Content(string type, JsonNode schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Reference(Type type, SortedDictionary<string, JsonNode> schemas)
    {
        var name = NameOf(type);
        if (!schemas.ContainsKey(name))
        {
            schemas[name] = SchemaOf(type);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    private static string NameOf(Type type) =>
        type.IsGenericType ? type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)] + string.Concat(type.GetGenericArguments().Select(NameOf)) : type.Name;

    /// <summary>Schemas of parts within parts refer to each other by where they stand in their own document, so each is whole by itself.</summary>
    private static JsonNode SchemaOf(Type type)
    {
        var schema = Json.Options.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
        Rebase(schema, $"#/components/schemas/{NameOf(type)}");
        return schema;
    }

    private static void Rebase(JsonNode? node, string root)
    {
        if (node is JsonObject fields)
        {
            if (fields["$ref"] is JsonValue reference && reference.TryGetValue(out string? target) && target.StartsWith('#') && !target.StartsWith("#/components", StringComparison.Ordinal))
            {
                fields["$ref"] = root + target[1..];
            }

            foreach (var (_, inner) in fields.ToList())
            {
                Rebase(inner, root);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                Rebase(item, root);
            }
        }
    }
}
