using System.Collections;
using System.Text;

namespace ActorSmtp.Cli.Terminals;

/// <summary>Where a command reads and writes; tests hand in their own.</summary>
internal sealed class Terminal
{
    public required TextReader In { get; init; }

    /// <summary>Standard input as octets, for messages and passwords.</summary>
    public required Func<Stream> InOctets { get; init; }

    public required TextWriter Out { get; init; }

    /// <summary>Standard output as octets, for mbox and raw messages; <see cref="Out"/> is flushed before.</summary>
    public required Func<Stream> OutOctets { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Somebody sits before it: questions can be asked.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Standard output is a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Standard error is a terminal: progress can be shown.</summary>
    public bool ErrorIsTerminal { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether colours are wanted on standard output (https://no-color.org).</summary>
    public bool Colours => OutIsTerminal && string.IsNullOrEmpty(Variables.GetValueOrDefault("NO_COLOR")) && Variables.GetValueOrDefault("TERM") != "dumb";

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal
        {
            In = Console.In,
            InOctets = Console.OpenStandardInput,
            Out = Console.Out,
            OutOctets = () =>
            {
                Console.Out.Flush();
                return Console.OpenStandardOutput();
            },
            Error = Console.Error,
            IsInteractive = !Console.IsInputRedirected && !Console.IsOutputRedirected,
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal),
        };
    }

    /// <summary>One line that says what is wrong and what to do.</summary>
    public void Complain(string message) => Error.WriteLine($"actorsmtp: {Printable.Line(message)}");
}
