using System.Text;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Protocol.Sasl;
using Spectre.Console;

namespace ActorSmtp.Cli.Sending;

/// <summary>Where a password comes from: a file, a variable, a question; never an argument, which every user of the machine could read.</summary>
internal static class Secret
{
    public const string Variable = "ACTORSMTP_PASSWORD";
    public const string TokenVariable = "ACTORSMTP_TOKEN";
    private const int Longest = 4096;
    private const int LongestToken = 8192;

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

    /// <summary>The access token: of the file where one is named, else of the variable.</summary>
    /// <exception cref="CommandFailedException">There is none to be had, or it is none.</exception>
    public static string Token(string? file, Terminal terminal)
    {
        var token = file is not null ? FirstLine(file, terminal, "token", LongestToken).Trim()
            : terminal.Variables.TryGetValue(TokenVariable, out var given) && given.Length > 0 ? given.Trim()
            : throw new CommandFailedException(ExitCodes.Usage, $"no access token; give --token-file FILE or set {TokenVariable}");
        return BearerToken.IsToken(token)
            ? token
            : throw new CommandFailedException(ExitCodes.BadData, "the access token holds characters that no token has (RFC 6750)");
    }

    /// <summary>The first line of a file or, for <c>-</c>, of standard input, without its line end.</summary>
    public static string FirstLine(string file, Terminal terminal, string what = "password", int longest = Longest)
    {
        using var input = file == "-" ? terminal.InOctets() : Files.OpenRead(file);
        var octets = new List<byte>();
        for (int octet; (octet = input.ReadByte()) is not (-1 or '\n');)
        {
            octets.Add((byte)octet);
            if (octets.Count > longest)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"the {what} is longer than {longest} octets");
            }
        }

        var text = Encoding.UTF8.GetString([.. octets]).TrimEnd('\r');
        return text.Length > 0
            ? text
            : throw new CommandFailedException(ExitCodes.BadData, $"{(file == "-" ? "standard input" : file)} holds no {what} on its first line");
    }

    /// <summary>Asks for it, without showing it.</summary>
    public static string Ask(string question, Terminal terminal) => Consoles.Of(terminal.Error).Prompt(
        new TextPrompt<string>(Markup.Escape(Printable.Line(question)) + ":").Secret(null).AllowEmpty().Validate(p =>
            p.Length == 0 ? ValidationResult.Error("it is needed; Ctrl-C gives up")
            : p.Length > Longest ? ValidationResult.Error($"it is longer than {Longest} characters")
            : ValidationResult.Success()));
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
