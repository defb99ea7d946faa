using System.Collections.Immutable;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// The milters' part in one session. Each sees the message as it came, at the same time as the others; they are heard in their order, and the first that says no is the last
/// that is heard. What they want changed is put together here.
/// </summary>
internal sealed class MiltersOfSession(ImmutableArray<MilterDialogue> milters, Mailbox quarantine, MiltersWorld world) : ICheckOfSession
{
    private IKeptContent? _kept;
    private HeaderIndex? _index;

    public PolicySteps Steps => PolicySteps.Connect | PolicySteps.Hello | PolicySteps.Mail | PolicySteps.Rcpt | PolicySteps.Content;

    public async ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
    {
        var all = new Gathered();
        var message = step == PolicySteps.Content ? _index?.Finish() ?? new HeaderChanges(_kept!.Trace) : null;
        foreach (var milter in milters)
        {
            var said = message is not null
                ? await milter.EndAsync(facts, message, _kept!, deadline)
                : await milter.AskAsync(step, facts, deadline);
            var answer = PolicyLimits.Limit(all.Take(milter, said, step, world), milter.Most);
            if (answer.Action > PolicyAction.Tag)
            {
                return answer with { Findings = all.Findings };
            }

            all.IsTagged |= answer.Action == PolicyAction.Tag;
        }

        return message is not null ? Conclude(all, message, facts) : new PolicyAnswer(all.IsTagged ? PolicyAction.Tag : PolicyAction.Pass) { Findings = all.Findings };
    }

    public void Keeps(IKeptContent kept) => _kept = kept;

    public ImmutableArray<IContentTap> ReceiveAll(PolicyFacts facts)
    {
        var taps = ImmutableArray.CreateBuilder<IContentTap>(milters.Length + 1);
        _index = new HeaderIndex(_kept!);
        taps.Add(_index);
        foreach (var milter in milters)
        {
            if (milter.Receive(facts) is { } content)
            {
                taps.Add(content);
            }
        }

        return milters.Any(m => m.MayStillSpeak) ? taps.ToImmutable() : [];
    }

    public void Reset()
    {
        (_index, _kept) = (null, null);
        foreach (var milter in milters)
        {
            milter.Reset();
        }
    }

    public void Dispose()
    {
        foreach (var milter in milters)
        {
            milter.Dispose();
        }
    }

    private PolicyAnswer Conclude(Gathered all, HeaderChanges message, PolicyFacts facts)
    {
        var changes = new MessageChanges
        {
            Sender = all.Sender,
            Recipients = [.. all.Recipients],
            Quarantine = all.Quarantine is null ? null : quarantine,
            Edits = message.ToEdits(),
        };
        return new PolicyAnswer(all.IsTagged ? PolicyAction.Tag : PolicyAction.Pass)
        {
            Findings = all.Findings,
            Changes = changes is { Sender: null, Recipients.IsEmpty: true, Quarantine: null, Edits: null } ? null : changes,
            Fields = all.Quarantine is { } why ? QuarantineField.Of(why, facts) : "",
        };
    }

    /// <summary>What they said at one step.</summary>
    private sealed class Gathered
    {
        private readonly ImmutableArray<Finding>.Builder _findings = ImmutableArray.CreateBuilder<Finding>();

        public ImmutableArray<Finding> Findings => _findings.ToImmutable();

        public bool IsTagged { get; set; }

        public SmtpCommand.Mail? Sender { get; private set; }

        public List<RecipientChange> Recipients { get; } = [];

        public string? Quarantine { get; private set; }

        public PolicyAnswer Take(MilterDialogue milter, MilterSaid said, PolicySteps step, MiltersWorld world)
        {
            var outcome = OutcomeOf(said, step);
            if (outcome is { } came)
            {
                if (came != MilterOutcome.Failed)
                {
                    world.Metrics.MilterOutcomes[came].Add(1);
                }

                _findings.Add(new Finding(milter.Settings.Name, came.ToString().ToLowerInvariant(), ReasonOf(said, step)));
            }

            if (said.Wishes is { } wishes && milter.Most != CheckLimit.Log)
            {
                Sender = wishes.Sender ?? Sender;
                Recipients.AddRange(wishes.Recipients);
                Quarantine ??= wishes.Quarantine is { } why ? $"{milter.Settings.Name}: {why}" : null;
            }

            return new PolicyAnswer(said.Action, said.Reply);
        }

        private static MilterOutcome? OutcomeOf(MilterSaid said, PolicySteps step) => said switch
        {
            { IsOld: true } => null,
            { Failure: not null } => MilterOutcome.Failed,
            { Action: PolicyAction.Reject } => MilterOutcome.Rejected,
            { Action: PolicyAction.Defer } => MilterOutcome.Deferred,
            { Action: PolicyAction.Discard } => MilterOutcome.Discarded,
            { Wishes.Quarantine: not null } => MilterOutcome.Quarantined,
            { Words.Length: > 0 } => MilterOutcome.Changed,
            { IsLast: true } => MilterOutcome.Accepted,
            _ => step == PolicySteps.Content ? MilterOutcome.Passed : null,
        };

        private static string ReasonOf(MilterSaid said, PolicySteps step) => said switch
        {
            { Failure: { } why } => why,
            { Reply: { } reply } => reply.ToString(),
            { Words: { Length: > 0 } words } => words,
            _ => step == PolicySteps.Content ? "" : $"at {step}",
        };
    }
}
