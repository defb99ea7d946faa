using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorSmtp.Cli.Terminals;

/// <summary>How <c>--json</c> writes: camelCase, nothing that is null, everything beyond ASCII escaped (so no control can reach a terminal).</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>One document, with a line end behind it.</summary>
    public static void Write(TextWriter to, object document) => to.WriteLine(JsonSerializer.Serialize(document, Indented));
}
