using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server.Telemetry;

/// <summary>What is logged of the keys that sign mail; a class of its own, since one may stand in one file only (<see cref="Log"/> says why).</summary>
internal sealed partial class SigningLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    // 2000 to 2099: signing

    [LoggerMessage(2000, LogLevel.Information, "{Key} ({Algorithm}) signs {When}")]
    public partial void SigningKeyTaken(string actor, string key, string algorithm, string when);

    [LoggerMessage(2001, LogLevel.Information, "{Key} signs no more")]
    public partial void SigningKeyGone(string actor, string key);

    [LoggerMessage(2002, LogLevel.Error, "a key cannot be used as it is: {Reason}")]
    public partial void SigningKeyRefused(string actor, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "{Key} is to sign and does not yet, the one before it goes on: {Reason} (dkim.check-dns)")]
    public partial void SigningKeyNotPublished(string actor, string key, string reason);

    [LoggerMessage(2004, LogLevel.Error, "the keys could not be looked at: {Reason}; those in use stay so")]
    public partial void SigningKeysNotSeen(string actor, string reason);
}
