using System.CommandLine;
using System.CommandLine.Parsing;
using ActorSmtp.Cli.Commands;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Postgres;

namespace ActorSmtp.Cli;

/// <summary>
/// Runs a subcommand and turns what goes wrong into one line on standard error and an exit code of sysexits.h. A mistake in the arguments is 64.
/// </summary>
internal static class Shell
{
    /// <summary>The table of subcommands.</summary>
    public static RootCommand Root(Terminal terminal) => new("An actor-model SMTP server and its tools.")
    {
        ServeCommand.Create(terminal),
        SendCommand.Create(terminal),
        BenchCommand.Create(terminal),
        CheckCommand.Create(terminal),
        RouteCommand.Create(terminal),
        PolicyCommand.Create(terminal),
        GreylistCommand.Create(terminal),
        DkimCommand.Create(terminal),
        SrsCommand.Create(terminal),
        DmarcCommand.Create(terminal),
        UserCommand.Create(terminal),
        MailboxCommand.Create(terminal),
        QueueCommand.Create(terminal),
        NodesCommand.Create(terminal),
        MigrateCommand.Create(terminal),
        JournalCommand.Create(terminal),
        LogCommand.Create(terminal),
        ActorsCommand.Create(terminal),
        ExplainCommand.Create(terminal),
        HealthCommand.Create(terminal),
        TokenCommand.Create(terminal),
        ConfigCommand.Create(terminal),
        CompletionCommand.Create(terminal),
        ManualCommand.Create(terminal, () => Root(terminal)),
    };

    /// <summary>Runs one; answers the exit code.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var parsed = Root(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });     // a text may begin with @
        if (parsed.Errors.Count > 0)
        {
            return Refuse(parsed, terminal);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Out,
                Error = terminal.Error,
            }).ConfigureAwait(false);
        }
        catch (SettingsException wrong)
        {
            foreach (var mistake in wrong.Mistakes)
            {
                terminal.Complain(mistake.ToString());
            }

            return ExitCodes.Configuration;
        }
        catch (CommandFailedException failed)
        {
            terminal.Complain(failed.Message);
            return failed.ExitCode;
        }
        catch (Exception denied) when (IsDenied(denied))
        {
            terminal.Complain($"{denied.Message.TrimEnd('.')}; check its owner and permissions");
            return ExitCodes.Permission;
        }
        catch (ServerStartException cannot)
        {
            terminal.Complain(cannot.Message);
            return cannot.IsConfiguration ? ExitCodes.Configuration : cannot.IsDenied ? ExitCodes.Permission : ExitCodes.Unavailable;
        }
        catch (IOException broken)
        {
            terminal.Complain(broken.Message);
            return PostgresStores.IsOfDatabase(broken) ? ExitCodes.Unavailable : ExitCodes.InputOutput;
        }
        catch (OperationCanceledException)
        {
            terminal.Complain("interrupted");
            return ExitCodes.TemporaryFailure;
        }
    }

    /// <summary>Whether a disk did not let us, however the failure was wrapped on its way here.</summary>
    private static bool IsDenied(Exception? failure) => failure switch
    {
        null => false,
        UnauthorizedAccessException or DiskException { Error: DiskError.Denied or DiskError.ReadOnly } => true,
        ServerStartException { IsConfiguration: true } => false,
        _ => IsDenied(failure.InnerException),
    };

    /// <summary>One line for each mistake in the arguments, and where to read on.</summary>
    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.Tokens.Count == 0 || (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0 && command.Action is null))
        {
            new System.CommandLine.Help.HelpAction().Invoke(command.Parse("--help"));
            return ExitCodes.Usage;
        }

        var unknown = parsed.UnmatchedTokens.FirstOrDefault();
        if (unknown is not null)
        {
            string[] words = [.. command.Subcommands.Select(c => c.Name), .. command.Options.Select(o => o.Name), "--help"];
            var near = words.FirstOrDefault(w => w.Order().SequenceEqual(unknown.Order())) ?? NearestKey.To(unknown, words);     // sned: send
            var meant = near is null ? "" : $"; did you mean {near}?";
            terminal.Complain($"unknown {(unknown.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument")} '{unknown}'{meant}");
        }

        foreach (var error in unknown is null ? parsed.Errors : [])
        {
            terminal.Complain(error.Message);
        }

        terminal.Error.WriteLine($"Try: {string.Join(' ', CommandPath(parsed).Prepend("actorsmtp"))} --help");
        return ExitCodes.Usage;
    }

    private static Stack<string> CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var at = parsed.CommandResult; at?.Parent is not null; at = at.Parent as CommandResult)
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
