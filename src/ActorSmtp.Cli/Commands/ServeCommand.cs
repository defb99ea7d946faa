using System.CommandLine;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp serve</c>: runs the server until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("serve", """
            Runs the server. Without --config: SMTP on 127.0.0.1:2525, data in ./data, mail for every address is accepted and stored.
            SIGTERM or SIGINT end sessions and stop; SIGHUP takes in other log levels and certificates.
            Example: actorsmtp serve --config /etc/actorsmtp/server.conf --set logging.level=debug
            """);
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction((parsed, cancellation) =>
            ServerHost.RunAsync(configuration.Load(parsed), () => configuration.Load(parsed), terminal, cancellation));
        return command;
    }
}
