using Microsoft.Extensions.Logging;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// What the program itself logs. Ids 1000 to 1099. All in one file: the generator orders classes of several files by chance, and two builds of
/// one commit would differ.
/// </summary>
internal static partial class HostLog
{
    [LoggerMessage(1000, LogLevel.Information, "ActorSmtp {Version}: data in {DataDirectory}, {Sync}")]
    public static partial void Started(ILogger log, string version, string dataDirectory, string sync);

    [LoggerMessage(1001, LogLevel.Information, "mail for every address of every domain is accepted and stays here; read it with: actorsmtp mailbox list")]
    public static partial void TakesAll(ILogger log);

    [LoggerMessage(1003, LogLevel.Information, "{Signal}: accepting no more, ending sessions; a second signal stops at once")]
    public static partial void Stopping(ILogger log, string signal);

    [LoggerMessage(1004, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(1005, LogLevel.Information, "SIGHUP: configuration read again: {What}")]
    public static partial void Reloaded(ILogger log, string what);

    [LoggerMessage(1006, LogLevel.Warning, "SIGHUP: changed, but taken in at the next start only: {Paths}")]
    public static partial void NeedsRestart(ILogger log, string paths);

    [LoggerMessage(1007, LogLevel.Error, "SIGHUP: {Mistake}; what was in force stays so")]
    public static partial void ReloadFailed(ILogger log, string mistake);

    [LoggerMessage(1008, LogLevel.Error, "transport: {What}")]
    public static partial void TransportTrouble(ILogger log, string what, Exception? fault);

    [LoggerMessage(1009, LogLevel.Error, "the stop went wrong: {What}")]
    public static partial void StopFailed(ILogger log, string what);

    [LoggerMessage(1010, LogLevel.Warning, "more than {Rate} lines of dialogue a second: they are left out until it is quieter (logging.dialogue-rate)")]
    public static partial void DialogueLeftOut(ILogger log, int rate);

    [LoggerMessage(1011, LogLevel.Information, "dialogues are logged again")]
    public static partial void DialogueAgain(ILogger log);

    [LoggerMessage(1012, LogLevel.Warning, "nodes differ: {Difference}; give all nodes the same (actorsmtp nodes shows who has what)")]
    public static partial void NodesDiffer(ILogger log, string difference);
}
