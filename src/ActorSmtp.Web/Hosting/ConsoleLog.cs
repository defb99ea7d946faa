using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Hosting;

/// <summary>What the console logs. Ids 1500 to 1599. All in one file, so that two builds of one commit are equal.</summary>
internal static partial class ConsoleLog
{
    [LoggerMessage(1500, LogLevel.Information, "console: {Address}{Login}")]
    public static partial void Opened(ILogger log, string address, string login);

    [LoggerMessage(1501, LogLevel.Error, "console: cannot listen on {Address}: {Reason}; mail goes on without it, trying again in {Seconds} s")]
    public static partial void CannotOpen(ILogger log, string address, string reason, double seconds);

    [LoggerMessage(1502, LogLevel.Error, "console: {Method} {Path} failed")]
    public static partial void Failed(ILogger log, string method, string path, Exception fault);

    [LoggerMessage(1503, LogLevel.Error, "admin socket: cannot listen on {Path}: {Reason}; commands cannot reach this server")]
    public static partial void NoSocket(ILogger log, string path, string reason);

    [LoggerMessage(1504, LogLevel.Information, "console: {User} logged in from {Peer}")]
    public static partial void LoggedIn(ILogger log, string user, string peer);

    [LoggerMessage(1505, LogLevel.Warning, "console: login as {User} from {Peer} was refused")]
    public static partial void LoginRefused(ILogger log, string user, string peer);

    [LoggerMessage(1506, LogLevel.Error, "leases: the file cannot be read, none is taken up; it is kept as {Aside}: {Reason}")]
    public static partial void LeasesUnreadable(ILogger log, string aside, string reason);

    [LoggerMessage(1507, LogLevel.Error, "leases: {Address} is over and its mailbox could not be removed, it is tried again: {Reason}")]
    public static partial void LeaseStays(ILogger log, string address, string reason);

    [LoggerMessage(1508, LogLevel.Warning, "webhook {Name}: {Reason}; trying again")]
    public static partial void HookFails(ILogger log, string name, string reason);

    [LoggerMessage(1509, LogLevel.Information, "webhook {Name}: takes events again")]
    public static partial void HookIsWell(ILogger log, string name);

    [LoggerMessage(1510, LogLevel.Warning, "webhook {Name}: {Type} {Id} is given up after {Attempts} attempts: {Reason}")]
    public static partial void HookGaveUp(ILogger log, string name, string type, string id, int attempts, string reason);

    [LoggerMessage(1511, LogLevel.Warning, "webhook {Name}: {Queue} events wait already, further ones are dropped ({Dropped} so far)")]
    public static partial void HookIsFull(ILogger log, string name, int queue, long dropped);

    [LoggerMessage(1512, LogLevel.Error, "webhook {Name}: {Type} {Id} could not be told")]
    public static partial void HookBroke(ILogger log, string name, string type, string id, Exception fault);

    [LoggerMessage(1513, LogLevel.Warning, "webhook {Name}: {Waiting} events were not told before the stop")]
    public static partial void HookLeft(ILogger log, string name, int waiting);

    [LoggerMessage(1514, LogLevel.Error, "live arrival: {Key} in {Mailbox} could not be shown; others go on")]
    public static partial void ArrivalBroke(ILogger log, string mailbox, string key, Exception fault);

    [LoggerMessage(1515, LogLevel.Error, "leases: what is lent cannot be kept over a restart: {Reason}")]
    public static partial void LeasesUnsaved(ILogger log, string reason);

    [LoggerMessage(1516, LogLevel.Error, "leases: mail of {Address} cannot be listed, only what comes from now on is waited for: {Reason}")]
    public static partial void LeaseUnlisted(ILogger log, string address, string reason);

    [LoggerMessage(1517, LogLevel.Warning, "leases: what other nodes lend cannot be heard of at present: {Reason}")]
    public static partial void LeasesNotFollowed(ILogger log, string reason);
}
