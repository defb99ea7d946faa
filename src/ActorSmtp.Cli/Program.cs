using ActorSmtp.Cli;
using ActorSmtp.Cli.Terminals;

// Reads and writes of sockets complete on the thread that saw them (docs/decisions/0002); must be set before the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

return await Shell.RunAsync(args, Terminal.OfProcess());
