using System.CommandLine;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Cli;

/// <summary>
/// Runs a subcommand and turns what goes wrong into one line on standard error and an exit code of sysexits.h. A mistake in the arguments is 64.
/// </summary>
internal static class Shell
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                Complain(error.Message);
            }

            Console.Error.WriteLine($"Try: actorsmtp {string.Join(' ', CommandPath(parsed))} --help".Replace("  ", " "));
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null })
                .ConfigureAwait(false);
        }
        catch (SettingsException wrong)
        {
            foreach (var mistake in wrong.Mistakes)
            {
                Complain(mistake.ToString());
            }

            return ExitCodes.Configuration;
        }
        catch (CommandFailedException failed)
        {
            Complain(failed.Message);
            return failed.ExitCode;
        }
        catch (ServerStartException cannot)
        {
            Complain(cannot.Message);
            return ExitCodes.Unavailable;
        }
        catch (UnauthorizedAccessException denied)
        {
            Complain(denied.Message);
            return ExitCodes.Permission;
        }
        catch (IOException broken)
        {
            Complain(broken.Message);
            return ExitCodes.InputOutput;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.TemporaryFailure;
        }
    }

    /// <summary>One line that says what is wrong and what to do.</summary>
    public static void Complain(string message) => Console.Error.WriteLine($"actorsmtp: {message}");

    private static IEnumerable<string> CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var at = parsed.CommandResult; at is not null && at.Parent is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Push(at.Command.Name);
        }

        return names;
    }
}

/// <summary>A subcommand cannot do what it was asked; the message is for the user.</summary>
internal sealed class CommandFailedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
