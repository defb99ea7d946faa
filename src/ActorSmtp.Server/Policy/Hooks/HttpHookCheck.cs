using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Policy.Hooks;

/// <summary>
/// Somebody else's opinion, asked by HTTP at MAIL, RCPT and the end of the content (docs/gatekeeping.md). Without an answer mail goes on or is put off, as the settings say, and the
/// hook is asked about the next command all the same.
/// </summary>
internal sealed class HttpHookCheck(HookLine line, bool forUsers) : ICheck
{
    /// <summary>Its name; that of each hook stands in its findings.</summary>
    public const string Word = "http-hook";

    public string Name => Word;

    public bool IsForUsers => forUsers;

    public bool DefersOnFailure => line.Settings.DefersOnFailure;

    /// <summary>One or two for each hook: strangers and users are asked about apart.</summary>
    public static IEnumerable<ICheck> Of(ImmutableArray<HttpHookSettings> hooks, IHttpPosts posts, TimeProvider time, Metrics metrics, Log log)
    {
        var lines = hooks.Select(settings => new HookLine(settings, posts, time, metrics, log)).ToImmutableArray();
        metrics.Observe("actorsmtp.hook.held", "By", "What HTTP hooks are to be shown of messages that come in now.", () => lines.Sum(line => line.Memory.Taken));
        return lines.SelectMany(line => line.Settings.Sessions switch
        {
            HookSessions.Strangers => (ICheck[])[new HttpHookCheck(line, forUsers: false)],
            HookSessions.Users => [new HttpHookCheck(line, forUsers: true)],
            _ => [new HttpHookCheck(line, forUsers: false), new HttpHookCheck(line, forUsers: true)],
        });
    }

    public ICheckOfSession? Begin(SessionFacts session) => line.Settings.IsFor(session.Listener) ? new OfSession(line) : null;

    private sealed class OfSession(HookLine line) : ICheckOfSession
    {
        private HookTap? _tap;

        public PolicySteps Steps => line.Settings.Steps;

        public async ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
        {
            var tap = step == PolicySteps.Content ? _tap : null;
            var heard = tap is { HasNoRoom: true }
                ? new HookAnswer(null, "there was no room to show it the message (memory)")
                : await line.AskAsync(() => HookQuestion.Write(line.Settings, step, facts, tap), facts.IsOfKnown, deadline);
            return heard.Answer ?? Failed(heard.Wrong ?? "");
        }

        public IContentTap? Receive(PolicyFacts facts)
        {
            End();
            return line.Settings.Content == HookContent.None || !Steps.HasFlag(PolicySteps.Content) ? null : _tap = new HookTap(line.Settings, line.Memory, facts.IsOfKnown);
        }

        public void Reset() => End();

        public void Dispose() => End();

        private void End()
        {
            _tap?.Dispose();
            _tap = null;
        }

        private PolicyAnswer Failed(string why) =>
            new(line.Settings.DefersOnFailure ? PolicyAction.Defer : PolicyAction.Pass, line.Settings.DefersOnFailure ? Replies.LocalFault : null)
            {
                Findings = [new Finding(Word, "failed", $"{line.Settings.Name}: {why}")],
            };
    }
}
