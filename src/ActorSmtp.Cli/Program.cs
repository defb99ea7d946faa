using System.CommandLine;
using ActorSmtp.Cli;
using ActorSmtp.Cli.Commands;

// Reads and writes of sockets complete on the thread that saw them (docs/decisions/0002); must be set before the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var root = new RootCommand("An actor-model SMTP server and its tools.")
{
    ServeCommand.Create(),
};

return await Shell.RunAsync(root, args);
