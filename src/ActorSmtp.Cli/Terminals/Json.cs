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

    private static readonly JsonSerializerOptions Flat = new(Indented) { WriteIndented = false };

    /// <summary>One document, with a line end behind it.</summary>
    /// <param name="indented">Over several lines, for people; else one line, for streams of them.</param>
    public static void Write(TextWriter to, object document, bool indented = true) => to.WriteLine(JsonSerializer.Serialize(document, indented ? Indented : Flat));

    /// <summary>The same for a document with parts that come one by one (<see cref="IAsyncEnumerable{T}"/>): never held as a whole.</summary>
    public static async Task WriteAsync(Stream to, object document, CancellationToken cancellation)
    {
        await JsonSerializer.SerializeAsync(to, document, Indented, cancellation).ConfigureAwait(false);
        await to.WriteAsync("\n"u8.ToArray(), cancellation).ConfigureAwait(false);
    }

    /// <summary>The same on one line, as a part of a document.</summary>
    public static string Text(object part) => JsonSerializer.Serialize(part, Flat);
}
