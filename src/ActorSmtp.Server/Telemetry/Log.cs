using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// Every line the server logs, one method each: id, level, template. Areas are in files of their own (<c>Log.Sessions.cs</c> …) with a block
/// of ids each; the next free one is at the block's end.
/// </summary>
/// <remarks>
/// Info: a mail changed hands, or something began or ended. Warning: somebody was refused or has to try again. Error: we are at fault.
/// Debug: the dialogue itself. Every line of a session carries <c>Actor</c> and <c>Session</c>, after MAIL also <c>Tx</c>. Secrets never: AUTH
/// lines are <c>AUTH PLAIN ***</c>, SASL lines <c>***</c>.
/// </remarks>
internal sealed partial class Log(ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Whether the dialogue is logged line by line; asked before its text is made.</summary>
    public bool Dialogue => _logger.IsEnabled(LogLevel.Debug);
}
