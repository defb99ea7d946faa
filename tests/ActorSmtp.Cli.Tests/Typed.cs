using System.Text;
using System.Text.Json;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Tests;

/// <summary>A command as it is typed, run in this process, and what came of it.</summary>
internal sealed record Typed(int ExitCode, string Out, string Error, byte[] Octets)
{
    /// <summary>Types a command; words as the shell would hand them over.</summary>
    public static Task<Typed> Run(params string[] words) => RunWith("", null, words);

    public static async Task<Typed> RunWith(string input, IReadOnlyDictionary<string, string>? variables, params string[] words)
    {
        var (written, error, octets) = (new StringWriter(), new StringWriter(), new MemoryStream());
        var terminal = new Terminal
        {
            In = new StringReader(input),
            InOctets = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            Out = written,
            OutOctets = () => new Kept(octets),
            Error = error,
            Variables = variables ?? new Dictionary<string, string>(),
        };
        var code = await Shell.RunAsync(words, terminal).WaitAsync(TimeSpan.FromSeconds(60));
        return new Typed(code, written.ToString(), error.ToString(), octets.ToArray());
    }

    /// <summary>The one JSON document that was written.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>The one line on standard error, without the program's name.</summary>
    public string Complaint
    {
        get
        {
            var line = Assert.Single(Error.TrimEnd('\n').Split('\n'));
            Assert.StartsWith("actorsmtp: ", line, StringComparison.Ordinal);
            return line["actorsmtp: ".Length..];
        }
    }

    private sealed class Kept(MemoryStream octets) : MemoryStream
    {
        protected override void Dispose(bool disposing)
        {
            WriteTo(octets);
            SetLength(0);
            base.Dispose(disposing);
        }
    }
}
