using ActorSmtp.Server.Settings;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace ActorSmtp.Cli.Logging;

/// <summary>Where log lines go: the terminal and the files under <c>log/</c>.</summary>
internal static class Logs
{
    public static ILoggerFactory Create(ServerSettings settings)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(LogEventLevel.Information)
            .WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {actor} {Message:lj}{NewLine}{Exception}")
            .CreateLogger();
        return new SerilogLoggerFactory(logger, dispose: true);
    }
}
