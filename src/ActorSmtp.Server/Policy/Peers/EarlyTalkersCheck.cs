using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Peers;

/// <summary>
/// Who spoke before the greeting, while that was held back (a listener's <c>greeting-delay</c>, with <c>early-talkers = log</c> so that the session goes on): no mail server does
/// (RFC 5321 §4.3.1).
/// </summary>
internal sealed class EarlyTalkersCheck(Weight weight) : ICheck
{
    /// <summary>Its name.</summary>
    public const string Word = "early-talkers";

    public string Name => Word;

    public ICheckOfSession Begin(SessionFacts session) => new OfSession(weight);

    private sealed class OfSession(Weight weight) : ICheckOfSession
    {
        public PolicySteps Steps => PolicySteps.Hello;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) =>
            new(facts.SpokeEarly ? PolicyAnswer.Weighed(Word, "early", "spoke before the greeting", weight, Replies.SpokeTooEarly) : PolicyAnswer.Pass);

        public void Reset()
        {
        }

        public void Dispose()
        {
        }
    }
}
