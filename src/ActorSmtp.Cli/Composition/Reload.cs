using ActorSmtp.Cli.Logging;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// SIGHUP: log levels, aliases, tags and the secrets of rewritten senders are taken in at once, certificates, accounts and the keys that sign are looked at; everything else that differs is named and
/// waits for the next start. A mistake is logged and changes nothing.
/// </summary>
internal sealed class Reload(LoadedSettings started, Func<LoadedSettings> read, Logs logs, MailServer server, Action<ServerSettings> agree, ILogger log)
{
    private static readonly string[] Live =
        ["actorsmtp.logging.level", "actorsmtp.logging.file.level", "actorsmtp.logging.dialogue-rate", "actorsmtp.recipient-delimiter", "actorsmtp.alias-files"];

    private const string Aliases = "actorsmtp.aliases";
    private const string Senders = "actorsmtp.srs.";

    public void Run()
    {
        try
        {
            var now = read();
            logs.Apply(now.Server.Logging);
            server.LookAtCertificates();
            server.LookAtSigningKeys();
            server.ReloadAccounts();
            server.FollowAddresses(now.Server.Addresses);
            agree(started.Server with { Addresses = now.Server.Addresses });
            HostLog.Reloaded(log, $"log level {Word(now.Server.Logging.Level)}, in files {Word(now.Server.Logging.FileLevel)}");
            var changed = now.DifferencesFrom(started).Where(path => !IsLive(path)).ToList();
            if (changed.Count > 0)
            {
                HostLog.NeedsRestart(log, string.Join(", ", changed));
            }
        }
        catch (SettingsException wrong)
        {
            foreach (var mistake in wrong.Mistakes)
            {
                HostLog.ReloadFailed(log, mistake.ToString());
            }
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            HostLog.ReloadFailed(log, cannot.Message);
        }
    }

    private static bool IsLive(string path) => Live.Contains(path) || path == Aliases || path.StartsWith(Aliases + ".", StringComparison.Ordinal) || path.StartsWith(Senders, StringComparison.Ordinal);

    private static string Word(LoggingLevel level) => level.ToString().ToLowerInvariant();
}
