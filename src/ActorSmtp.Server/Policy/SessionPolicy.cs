using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Policy;

/// <summary>
/// What the checks of a listener have to say of one session: asks those who want to be asked, one after another, until one says no; adds up their
/// scores; keeps what goes in front of the message. Nobody here blocks, and no check keeps a session waiting for longer than it may.
/// </summary>
/// <remarks>Used by one at a time, the session or the asking it waits for: there is no lock.</remarks>
internal sealed class SessionPolicy(PolicyBook book, ImmutableArray<SessionPolicy.Part> parts) : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly PolicyRecord _record = new();
    private CancellationToken _isOver;          // asked for before the source may be gone
    private Part? _discards;                    // wants the transaction gone, since MAIL or RCPT

    /// <summary>A check's part in the session.</summary>
    internal sealed class Part(PolicyChain.Link link, ICheckOfSession asked)
    {
        public ICheck Check => link.Check;

        public CheckLimit Most => link.Most;

        public ICheckOfSession Asked => asked;

        /// <summary>It failed, or did not answer: in this session it is asked no more.</summary>
        public bool HasFailed { get; set; }
    }

    /// <summary>The transaction is to be accepted and thrown away: its content is asked about no more.</summary>
    private bool Discards => _discards is not null;

    /// <summary>Whether anybody wants to be asked at this step.</summary>
    public bool Asks(PolicySteps step, string? user)
    {
        foreach (var part in parts)
        {
            if (IsAsked(part, step, user))
            {
                return true;
            }
        }

        return (step == PolicySteps.Content && Discards) || (step is PolicySteps.Rcpt or PolicySteps.Content && user is null && _record.HasScore);
    }

    /// <summary>The longest that an answer can take: from then on something is wrong with us.</summary>
    public TimeSpan Patience
    {
        get
        {
            var all = book.Settings.Tarpit.Delay + TimeSpan.FromSeconds(10);
            foreach (var part in parts)
            {
                all += part.Check.Patience ?? book.Settings.Timeout;
            }

            return all;
        }
    }

    /// <summary>Asks, and answers what is to be done. Never throws; what was found, by whomever, stands in the answer.</summary>
    public async ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts)
    {
        _isOver = _over.Token;
        var answer = await AskAllAsync(step, facts);
        return IsHeldBack(step, facts) ? await HoldBackAsync(answer) : answer;
    }

    /// <summary>Content comes: what shows it to those who look on; null: nobody does, and nothing is to go.</summary>
    /// <param name="observer">Who hears of the message.</param>
    public GateWriter? Receive(PolicyFacts facts, IMailWriterObserver observer)
    {
        if (Discards)
        {
            return null;                                        // it is thrown away as it comes
        }

        var taps = ImmutableArray.CreateBuilder<IContentTap>();
        var removers = new List<ICheckOfSession>();
        var gate = new GateWriter(observer);
        foreach (var part in parts.Where(p => !p.HasFailed && IsOfUser(p, facts.User)))
        {
            part.Asked.Keeps(gate);
            taps.AddRange(part.Asked.ReceiveAll(facts));
            if (part.Asked.RemovesFields)
            {
                removers.Add(part.Asked);
            }
        }

        if (taps.Count == 0 && removers.Count == 0 && facts.User is not null)
        {
            return null;
        }

        return gate.With(taps.ToImmutable(), removers.Count == 0 && facts.User is not null ? null : Removes);

        bool Removes(ReadOnlySpan<byte> field)
        {
            var removes = PolicyRecord.IsOurField(field);
            foreach (var remover in removers)
            {
                removes |= remover.Removes(field);
            }

            return removes;
        }
    }

    /// <summary>What goes in front of the message that is accepted now; null: nothing.</summary>
    public string? FieldsInFront => _record.Fields(book.Settings.Scores, flags: book.Quarantine is null);

    /// <summary>The transaction is over.</summary>
    public void Reset()
    {
        _record.Reset();
        _discards = null;
        foreach (var part in parts)
        {
            part.Asked.Reset();
        }
    }

    /// <summary>The session is over. Answers that are awaited are not any more.</summary>
    public void Dispose()
    {
        _over.Cancel();
        foreach (var part in parts)
        {
            part.Asked.Dispose();
        }

        _over.Dispose();
    }

    private static bool IsOfUser(Part part, string? user) => part.Check.IsForEverybody || part.Check.IsForUsers == user is not null;

    private static bool IsAsked(Part part, PolicySteps step, string? user) => !part.HasFailed && (part.Asked.Steps & step) != 0 && IsOfUser(part, user);

    private bool IsHeldBack(PolicySteps step, PolicyFacts facts) => !book.AsksAll &&
        book.Settings.Tarpit.FromScore is > 0 and var from && step is PolicySteps.Mail or PolicySteps.Rcpt && facts.User is null && _record.Score >= from && book.HeldBack.TryTake();

    /// <summary>Whoever is suspected waits for the answer: that costs us a timer, and him a connection.</summary>
    private async ValueTask<PolicyAnswer> HoldBackAsync(PolicyAnswer answer)
    {
        try
        {
            await Task.Delay(book.Settings.Tarpit.Delay, book.Time, _isOver);
        }
        catch (OperationCanceledException)
        {
            // it has hung up
        }
        finally
        {
            book.HeldBack.GiveBack();
        }

        var finding = new Finding("tarpit", "held back", string.Create(CultureInfo.InvariantCulture, $"for {book.Settings.Tarpit.Delay.TotalSeconds:0.###} s, with a score of {_record.Score:0.##}"));
        return answer with { Findings = answer.Findings.Add(finding) };
    }

    private async ValueTask<PolicyAnswer> AskAllAsync(PolicySteps step, PolicyFacts facts)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        MessageChanges? changes = null;
        OriginFindings? origin = null;
        Part? discards = null;
        PolicyAnswer? no = null;
        if (step == PolicySteps.Content && _discards is { } earlier)
        {
            return new PolicyAnswer(PolicyAction.Discard) { Findings = [new Finding(earlier.Check.Name, "discarded", "as it said before the content")] };
        }

        _record.Begin(step);
        foreach (var part in parts)
        {
            if (!IsAsked(part, step, facts.User) || part == _discards)
            {
                continue;
            }

            var asked = _record.HasScore ? facts with { Score = _record.Score } : facts;
            asked = changes is null && origin is null ? asked : asked with { Changes = changes, Origin = origin };
            asked = step == PolicySteps.Content && _record.HasFields ? asked with { Fields = _record.AllFields } : asked;
            var answer = PolicyLimits.Limit(await AskOneAsync(part, step, asked), part.Most);
            findings.AddRange(answer.Findings);
            (changes, origin) = (answer.Changes ?? changes, answer.Origin ?? origin);
            if (!_record.Add(step, answer))
            {
                findings.Add(new Finding(part.Check.Name, "cut", "its header fields are too long together, and were left out"));
            }

            if (answer.Action == PolicyAction.Discard && step is PolicySteps.Mail or PolicySteps.Rcpt)
            {
                discards ??= part;                              // who refuses behind it is heard all the same: that one is told the peer
                continue;
            }

            if (answer.Action > PolicyAction.Tag)
            {
                no ??= answer;
                if (!book.AsksAll)
                {
                    break;
                }
            }
        }

        if (no is not null)
        {
            return no with { Findings = findings.ToImmutable() };
        }

        var verdict = step is PolicySteps.Rcpt or PolicySteps.Content && facts.User is null && !facts.IsForPostmasterOnly(step)
            ? _record.Judge(book.Settings.Scores)
            : PolicyAnswer.Pass;
        _discards ??= verdict.Action > PolicyAction.Tag ? null : discards;
        changes = step == PolicySteps.Content ? SetApart(changes, facts) : changes;
        return verdict with { Findings = findings.ToImmutable().AddRange(verdict.Findings), Changes = changes };
    }

    /// <summary>A milter's own wish for quarantine goes before.</summary>
    private MessageChanges? SetApart(MessageChanges? changes, PolicyFacts facts)
    {
        if (book.Quarantine is not { } quarantine || _record.Apart is not { } why || changes?.Quarantine is not null)
        {
            return changes;
        }

        _record.Add(PolicySteps.Content, PolicyAnswer.Pass with { Fields = QuarantineField.Of(why, facts) });
        return (changes ?? new MessageChanges()) with { Quarantine = quarantine };
    }

    private async ValueTask<PolicyAnswer> AskOneAsync(Part part, PolicySteps step, PolicyFacts facts)
    {
        CancellationTokenSource? deadline = null;
        var patience = part.Check.Patience ?? book.Settings.Timeout;
        try
        {
            deadline = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
            var asked = part.Asked.AskAsync(step, facts, deadline.Token);
            if (asked.IsCompletedSuccessfully)
            {
                return asked.Result;
            }

            var waiting = facts.User is null ? book.Waiting : book.WaitingUsers;
            if (!waiting.TryTake())
            {
                await deadline.CancelAsync();
                return new PolicyAnswer(PolicyAction.Defer, Replies.TooBusyToCheck) { Findings = [new Finding(part.Check.Name, "not asked", "too many wait already")] };
            }

            try
            {
                return await asked.AsTask().WaitAsync(patience, book.Time, deadline.Token);
            }
            finally
            {
                waiting.GiveBack();
            }
        }
        catch (TimeoutException)
        {
            await deadline!.CancelAsync();
            return Failed(part, $"no answer within {patience.TotalSeconds:0.###} s");
        }
#pragma warning disable CA1031 // whatever is wrong with a check costs its opinion, not the session
        catch (Exception broken)
#pragma warning restore CA1031
        {
            return Failed(part, broken is OperationCanceledException ? "the session is over" : broken.Message);
        }
        finally
        {
            deadline?.Dispose();
        }
    }

    private static PolicyAnswer Failed(Part part, string why)
    {
        part.HasFailed = !part.Check.DefersOnFailure;       // who must be heard is asked again: a failure is no way round it
        var answer = part.Check.DefersOnFailure ? new PolicyAnswer(PolicyAction.Defer, Replies.LocalFault) : PolicyAnswer.Pass;
        return answer with { Findings = [new Finding(part.Check.Name, "failed", why)] };
    }
}
