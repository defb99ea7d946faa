using System.Text;
using ActorSmtp.Cli.Terminals;
using Spectre.Console;

namespace ActorSmtp.Cli.Sending;

/// <summary>Where a password comes from: a file, a variable, a question; never an argument, which every user of the machine could read.</summary>
internal static class Secret
{
    public const string Variable = "ACTORSMTP_PASSWORD";
    private const int Longest = 4096;

    /// <summary>The password for a login.</summary>
    /// <exception cref="CommandFailedException">There is none to be had.</exception>
    public static string For(string user, string? file, Terminal terminal)
    {
        if (file is not null)
        {
            return FirstLine(file, terminal);
        }

        if (terminal.Variables.TryGetValue(Variable, out var given) && given.Length > 0)
        {
            return given;
        }

        return terminal.IsInteractive
            ? Ask($"Password of {user}", terminal)
            : throw new CommandFailedException(ExitCodes.Usage, $"no password for {user}; give --password-file FILE or set {Variable}");
    }

    /// <summary>The first line of a file or, for <c>-</c>, of standard input, without its line end.</summary>
    public static string FirstLine(string file, Terminal terminal)
    {
        using var input = file == "-" ? terminal.InOctets() : Files.OpenRead(file);
        var octets = new List<byte>();
        for (int octet; (octet = input.ReadByte()) is not (-1 or '\n');)
        {
            octets.Add((byte)octet);
            if (octets.Count > Longest)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"the password is longer than {Longest} octets");
            }
        }

        var text = Encoding.UTF8.GetString([.. octets]).TrimEnd('\r');
        return text.Length > 0
            ? text
            : throw new CommandFailedException(ExitCodes.BadData, $"{(file == "-" ? "standard input" : file)} holds no password on its first line");
    }

    /// <summary>Asks for it, without showing it.</summary>
    public static string Ask(string question, Terminal terminal) => Consoles.Of(terminal.Error).Prompt(
        new TextPrompt<string>(Markup.Escape(Printable.Line(question)) + ":").Secret(null).Validate(p => p.Length <= Longest));
}

/// <summary>Spectre's consoles.</summary>
internal static class Consoles
{
    /// <summary>One for tables.</summary>
    public static IAnsiConsole Of(TextWriter writer, bool colours) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = AnsiSupport.Yes,
        ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
    });

    /// <summary>One for questions.</summary>
    public static IAnsiConsole Of(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
}
