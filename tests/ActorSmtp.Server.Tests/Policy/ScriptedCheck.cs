using System.Collections.Concurrent;
using System.Text;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>A check that says what the test wants, when it wants it, and writes down what it was asked.</summary>
internal sealed class ScriptedCheck(string name = "scripted") : ICheck
{
    public string Name => name;

    /// <summary>What may come of it at the listener.</summary>
    public CheckLimit Most { get; init; } = CheckLimit.Reject;

    public bool IsForUsers { get; init; }

    public bool DefersOnFailure { get; init; }

    public PolicySteps Steps { get; init; } = PolicySteps.Connect | PolicySteps.Hello | PolicySteps.Mail | PolicySteps.Rcpt | PolicySteps.Content;

    /// <summary>What it says; the default passes.</summary>
    public Func<PolicySteps, PolicyFacts, CancellationToken, ValueTask<PolicyAnswer>> Answer { get; set; } = (_, _, _) => new(PolicyAnswer.Pass);

    /// <summary>Where it is to answer later, on another thread.</summary>
    public bool Later { get; init; }

    public Func<byte[], bool>? Removes { get; init; }

    public IContentTap? Tap { get; init; }

    public ConcurrentQueue<string> Asked { get; } = new();

    public int Open;

    public int Resets;

    public ICheckOfSession Begin(SessionFacts session)
    {
        Interlocked.Increment(ref Open);
        return new OfSession(this);
    }

    /// <summary>Always the same.</summary>
    public static Func<PolicySteps, PolicyFacts, CancellationToken, ValueTask<PolicyAnswer>> At(PolicySteps step, PolicyAnswer answer) =>
        (at, _, _) => new(at == step ? answer : PolicyAnswer.Pass);

    private sealed class OfSession(ScriptedCheck check) : ICheckOfSession
    {
        public PolicySteps Steps => check.Steps;

        public bool RemovesFields => check.Removes is not null;

        public async ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
        {
            check.Asked.Enqueue(step switch
            {
                PolicySteps.Hello => $"Hello {facts.Hello!.Name}",
                PolicySteps.Mail => $"Mail {facts.Sender}",
                PolicySteps.Rcpt => $"Rcpt {facts.Recipient!.Address}",
                PolicySteps.Content => $"Content {facts.Octets}",
                _ => step.ToString(),
            });
            if (check.Later)
            {
                await Task.Yield();
            }

            return await check.Answer(step, facts, deadline);
        }

        public IContentTap? Receive(PolicyFacts facts) => check.Tap;

        public bool Removes(ReadOnlySpan<byte> field) => check.Removes!(field.ToArray());

        public void Reset() => Interlocked.Increment(ref check.Resets);

        public void Dispose() => Interlocked.Decrement(ref check.Open);
    }
}

/// <summary>Writes down what goes by; wants no more when the test says so.</summary>
internal sealed class ScriptedTap : IContentTap
{
    private readonly StringBuilder _seen = new();

    /// <summary>Whether it has room for more; the action is to be invoked when it has again.</summary>
    public Func<Action, bool> HasRoom { get; set; } = _ => true;

    public string Seen
    {
        get
        {
            lock (_seen)
            {
                return _seen.ToString();
            }
        }
    }

    public bool Take(ReadOnlySpan<byte> content, Action ready)
    {
        lock (_seen)
        {
            _seen.Append(Encoding.Latin1.GetString(content));
        }

        return HasRoom(ready);
    }
}
