using System.Text.Json;

namespace ActorSmtp.Protocol.Tokens;

/// <summary>JSON as security wants it: one object, no name twice (RFC 7515 §4, RFC 7519 §4), not deep.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The object, to be disposed of; null for anything else.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> octets)
    {
        try
        {
            var document = JsonDocument.Parse(octets, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text member; null where there is none or it is something else.</summary>
    public static string? Text(JsonElement from, string name)
    {
        if (!from.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;                                    // half a surrogate pair, or no UTF-8
        }
    }

    /// <summary>The texts of a member that is one text or a list of them; null where it is neither.</summary>
    public static List<string>? Texts(JsonElement from, string name)
    {
        if (Text(from, name) is { } one)
        {
            return [one];
        }

        if (!from.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            try
            {
                texts.Add(item.GetString()!);
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }

        return texts;
    }
}
