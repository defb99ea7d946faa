using System.CommandLine;

namespace ActorSmtp.Cli.Commands;

/// <summary>How a word below a command is made.</summary>
internal static class Subcommand
{
    /// <summary>With these arguments and options, in their order.</summary>
    public static Command Of(string name, string description, params ReadOnlySpan<Symbol> symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        return command;
    }
}
