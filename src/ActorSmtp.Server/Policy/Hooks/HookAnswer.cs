using System.Text;
using System.Text.Json;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Policy.Hooks;

/// <summary>What a hook answers, or why that is no answer.</summary>
/// <param name="Answer">Null: it is none.</param>
/// <param name="Wrong">Why.</param>
internal readonly record struct HookAnswer(PolicyAnswer? Answer, string? Wrong)
{
    /// <summary>Octets of an answer.</summary>
    public const int Longest = 64 * 1024;

    private const int MostFields = 50;
    private const int LongestFields = PolicyRecord.MostForeignFields / 2;
    private const int LongestReason = 200;

    // Written by servers alone: somebody would believe them.
    private static readonly HashSet<string> s_ours = new(["Received", "Return-Path", "Delivered-To", "X-Policy"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads one. Nothing at all (204, or an empty body) says: let it pass.</summary>
    public static HookAnswer Read(string hook, int status, ReadOnlyMemory<byte> body)
    {
        if (status is < 200 or > 299)
        {
            return No($"it answered {status}{(status is >= 300 and < 400 ? "; redirects are not followed" : "")}");
        }

        if (body.IsEmpty)
        {
            return new HookAnswer(PolicyAnswer.Pass, null);
        }

        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8 });
            return Read(hook, document.RootElement);
        }
        catch (JsonException broken)
        {
            return No($"the answer is no JSON: {broken.Message}");
        }
        catch (Exception broken) when (broken is InvalidOperationException or FormatException)
        {
            return No($"the answer makes no sense: {broken.Message}");           // of another type than asked for
        }
    }

    private static HookAnswer Read(string hook, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return No("the answer is no object: expected { \"action\": … }");
        }

        var word = Text(root, "action");
        PolicyAction? action = word switch
        {
            "accept" => PolicyAction.Pass,
            "tag" or "quarantine" => PolicyAction.Tag,
            "defer" => PolicyAction.Defer,
            "reject" => PolicyAction.Reject,
            "discard" => PolicyAction.Discard,
            _ => null,
        };
        if (action is not { } wanted)
        {
            return No($"action is {(word is null ? "not there" : $"\"{Clean(word)}\"")}: expected accept, tag, quarantine, defer, reject or discard");
        }

        if (ReplyOf(root, wanted, out var reply) is { } wrongReply)
        {
            return No(wrongReply);
        }

        if (FieldsOf(root, out var fields) is { } wrongField)
        {
            return No(wrongField);
        }

        var score = root.TryGetProperty("score", out var number) && number.ValueKind != JsonValueKind.Null ? number.GetDouble() : 0;
        if (!(Math.Abs(score) <= 1000))
        {
            return No("score is beyond 1000");
        }

        var reason = Clean(Text(root, "reason") ?? "");
        reason = reason.Length > LongestReason ? reason[..LongestReason] : reason;
        return new HookAnswer(
            new PolicyAnswer(wanted, reply)
            {
                Findings = wanted == PolicyAction.Pass && score == 0 && reason.Length == 0 ? [] : [new Finding(HttpHookCheck.Word, word!, reason.Length == 0 ? hook : $"{hook}: {reason}", score)],
                Fields = fields,
                FieldsAreForeign = true,
                SetsApart = word == "quarantine",
            },
            null);
    }

    /// <summary>What the peer is told; answers what is wrong with it, or null.</summary>
    private static string? ReplyOf(JsonElement root, PolicyAction action, out Reply? reply)
    {
        reply = null;
        if (action is not (PolicyAction.Defer or PolicyAction.Reject))
        {
            return null;
        }

        var isReject = action == PolicyAction.Reject;
        var code = root.TryGetProperty("code", out var given) && given.ValueKind != JsonValueKind.Null ? given.GetInt32() : isReject ? 550 : 451;
        if (code / 100 != (isReject ? 5 : 4))
        {
            return $"code is {code}: expected {(isReject ? "5xx to reject" : "4xx to defer")}";
        }

        if (code == 421)
        {
            return "code is 421, which would end the session: expected 450 to 459";
        }

        var status = Text(root, "status") ?? (isReject ? "5.7.1" : "4.7.1");
        var parts = status.Split('.');
        if (parts.Length != 3 || parts[0] != (isReject ? "5" : "4") || !int.TryParse(parts[1], out var subject) || !int.TryParse(parts[2], out var detail)
            || subject is < 0 or > 999 || detail is < 0 or > 999)
        {
            return $"status is \"{Clean(status)}\": expected such as {(isReject ? "5.7.1" : "4.7.1")}";
        }

        var text = Text(root, "text");
        reply = Replies.PassedOn(code, subject, detail, string.IsNullOrWhiteSpace(text) ? (isReject ? Replies.PolicyRefused : Replies.NotNowByPolicy).Text : text.Length > 400 ? text[..400] : text);
        return null;
    }

    private static string? FieldsOf(JsonElement root, out string fields)
    {
        fields = "";
        if (!root.TryGetProperty("headers", out var headers) || headers.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (headers.GetArrayLength() > MostFields)
        {
            return $"there are more than {MostFields} headers";
        }

        var text = new StringBuilder();
        foreach (var header in headers.EnumerateArray())
        {
            var (name, value) = (Text(header, "name") ?? "", Text(header, "value") ?? "");
            if (s_ours.Contains(name))
            {
                return $"a hook may not add {name}";
            }

            if (TextField.TryWrite(name, value, out var why) is not { } field)
            {
                return $"header {Clean(name.Length > 40 ? name[..40] : name)}: {why}";
            }

            text.Append(field);
        }

        fields = text.ToString();
        return fields.Length > LongestFields ? $"its headers are more than {LongestFields} characters" : null;
    }

    private static string? Text(JsonElement at, string name) =>
        at.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    private static string Clean(string text) => new Reply(550, 7, 1, text).Text;

    private static HookAnswer No(string why) => new(null, why);
}
