using ActorSmtp.Protocol.Milter;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// What one milter is told of one session, and what it says. It is connected to when it is first to answer: a milter that does not answer to connections or HELO holds
/// no connection for sessions that send no mail. One that fails is out until the next MAIL, and meanwhile has said its <c>default-action</c>.
/// </summary>
/// <remarks>Asked by one at a time; only the content comes on another thread, and is told by <see cref="MilterContent"/> until the answer about it is asked for.</remarks>
internal sealed partial class MilterDialogue : IDisposable
{
    private readonly MilterPool _pool;
    private readonly MiltersWorld _world;
    private readonly CancellationTokenSource _over = new();
    private MilterLink? _link;
    private MilterOptions? _options;
    private MilterContent? _content;
    private MilterSaid? _failed;                                // it is out, and this is what its failure leads to
    private MilterSaid? _saidOfMessage;                         // its last word, said before the content
    private string? _helloTold;
    private bool _isInMessage;
    private bool _mustAbort;
    private bool _letsSessionPass;
    private int _busy;

    /// <param name="index">Which it is among those of the session, from 0.</param>
    public MilterDialogue(MilterPool pool, CheckLimit most, int index, MiltersWorld world)
    {
        (_pool, _world) = (pool, world);
        (Most, Index) = (most, index);
    }

    /// <summary>The most that may come of it at this listener.</summary>
    public CheckLimit Most { get; }

    /// <summary>Which it is.</summary>
    public int Index { get; }

    /// <summary>It is going to be asked about the message that is under way.</summary>
    public bool MayStillSpeak => _link is not null && _failed is null && _saidOfMessage is null && !_letsSessionPass;

    /// <summary>What is set.</summary>
    public MilterSettings Settings => _pool.Settings;

    /// <summary>Asks it about a step before the content.</summary>
    public ValueTask<MilterSaid> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken cancellation)
    {
        if (_letsSessionPass || !IsAskedAt(step) || (facts.Session.MustLogIn && facts.User is null))
        {
            return new(MilterSaid.GoOn);
        }

        if (step == PolicySteps.Rcpt && (_failed ?? (_saidOfMessage is null ? null : MilterSaid.GoOn)) is { } said)
        {
            return new(said with { IsOld = true });
        }

        return GuardedAsync(facts, () => step switch
        {
            PolicySteps.Connect => StartAsync(facts, cancellation),
            PolicySteps.Hello => HelloAsync(facts, cancellation),
            PolicySteps.Mail => MailAsync(facts, cancellation),
            _ => RcptAsync(facts, cancellation),
        }, step);
    }

    /// <summary>Content is about to come: what shows it to the milter; null: it does not want it.</summary>
    public MilterContent? Receive(PolicyFacts facts)
    {
        _content = null;
        if (!MayStillSpeak || _link is not { } link || _options is not { } options)
        {
            return null;
        }

        if (!options.Wants(MilterCommand.Data) && !options.Wants(MilterCommand.Header) && !options.Wants(MilterCommand.HeaderEnd) && !options.Wants(MilterCommand.Body))
        {
            return null;
        }

        return _content = new MilterContent(this, link, options, facts, _over.Token);
    }

    /// <summary>The transaction is over, whatever became of it. The milter is told at the next step: it may be answering right now.</summary>
    public void Reset()
    {
        _content?.Stop();
        (_mustAbort, _isInMessage) = (_mustAbort || _isInMessage, false);
        (_saidOfMessage, _failed) = (null, null);
    }

    public void Dispose()
    {
        var isIdle = Volatile.Read(ref _busy) == 0 && _content is not { IsUnderWay: true };
        _over.Cancel();
        if (isIdle)
        {
            _link?.Quit();
        }
        else
        {
            _link?.End();
        }

        _over.Dispose();
    }

    private bool IsAskedAt(PolicySteps step) => step switch
    {
        PolicySteps.Connect => AnswersTo(MilterCommand.Connect),
        PolicySteps.Hello => _failed is null && (_link is not null || AnswersTo(MilterCommand.Hello)),
        _ => true,
    };

    /// <summary>As far as it is known what it answers to.</summary>
    private bool AnswersTo(MilterCommand command) => _pool.Last is not { } last || (last.Wants(command) && last.Answers(command));

    /// <summary>Whatever goes wrong with it is its failure, and not the session's.</summary>
    private async ValueTask<MilterSaid> GuardedAsync(PolicyFacts facts, Func<ValueTask<MilterSaid>> ask, PolicySteps step)
    {
        Volatile.Write(ref _busy, 1);
        try
        {
            var said = await ask();
            if (said.IsLast)
            {
                TakeLastWord(said, step);
            }

            return said;
        }
        catch (MilterException failed)
        {
            return Fail(failed.Message, facts);
        }
        catch (OperationCanceledException)
        {
            _link?.End();                                       // nobody waits for its answer any more
            throw;
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private void TakeLastWord(MilterSaid said, PolicySteps step)
    {
        switch (step)
        {
            case PolicySteps.Connect:
            case PolicySteps.Hello when said.Action == PolicyAction.Pass:
                _letsSessionPass = true;
                _link?.Quit();
                _link = null;
                break;

            case PolicySteps.Mail or PolicySteps.Content:
            case PolicySteps.Rcpt when said.Action is PolicyAction.Pass or PolicyAction.Discard:
                _saidOfMessage = said;
                break;
        }
    }

    private MilterSaid Fail(string why, PolicyFacts facts)
    {
        _link?.End();
        _link = null;
        (_helloTold, _isInMessage, _mustAbort) = (null, false, false);
        var (consequence, said) = Settings.Failing switch
        {
            MilterDefault.Accept => ("mail goes on without it", MilterSaid.GoOn),
            MilterDefault.Reject => ("mail is refused", new MilterSaid(PolicyAction.Reject)),
            _ => ("mail is put off", new MilterSaid(PolicyAction.Defer, Replies.FilterUnavailable)),
        };
        _failed = said;
        _world.Metrics.MilterOutcomes[MilterOutcome.Failed].Add(1);
        _world.Log.MilterFailed(facts.Session.Id, facts.Transaction?.Id ?? default, Settings.Name, Settings.Address.ToString(), why, Most == CheckLimit.Log ? "that is all" : consequence);
        return said with { Failure = why };
    }

    private async ValueTask<MilterSaid> StartAsync(PolicyFacts facts, CancellationToken cancellation)
    {
        _helloTold = null;
        (_link, _options) = await _pool.OpenAsync(facts.IsOfKnown, cancellation);
        if (!_options.Wants(MilterCommand.Connect))
        {
            return MilterSaid.GoOn;
        }

        MilterWriter.Macros(_link.Output, MilterCommand.Connect, MilterFacts.Macros(MilterStage.Connect, _options, Settings, facts));
        MilterWriter.Connect(_link.Output, MilterFacts.NameOf(facts.Session), facts.Session.Peer);
        return await AnswerAsync(MilterCommand.Connect, Settings.CommandTimeout, cancellation);
    }

    /// <summary>Told in its turn, and once more after each EHLO; begins with what goes before, where that was put off.</summary>
    private async ValueTask<MilterSaid> HelloAsync(PolicyFacts facts, CancellationToken cancellation)
    {
        if (_link is null && await StartAsync(facts, cancellation) is { IsLast: true } said)
        {
            return said;
        }

        await AbortAsync();
        _helloTold = facts.Hello?.Name ?? "";
        if (!_options!.Wants(MilterCommand.Hello))
        {
            return MilterSaid.GoOn;
        }

        MilterWriter.Macros(_link!.Output, MilterCommand.Hello, MilterFacts.Macros(MilterStage.Hello, _options, Settings, facts));
        MilterWriter.Texts(_link.Output, MilterCommand.Hello, _helloTold);
        return await AnswerAsync(MilterCommand.Hello, Settings.CommandTimeout, cancellation);
    }

    private async ValueTask<MilterSaid> MailAsync(PolicyFacts facts, CancellationToken cancellation)
    {
        _failed = null;                                         // once more
        if (_link is null)
        {
            return await BeginMessageAsync(facts, cancellation);
        }

        try
        {
            return await BeginMessageAsync(facts, cancellation);
        }
        catch (MilterException)
        {
            _link?.End();                                       // it was started anew since the last message, maybe: this one begins with a connection of its own
            (_link, _content, _helloTold, _mustAbort) = (null, null, null, false);
            return await BeginMessageAsync(facts, cancellation);
        }
    }

    private async ValueTask<MilterSaid> BeginMessageAsync(PolicyFacts facts, CancellationToken cancellation)
    {
        if (_helloTold is null || _link is null)
        {
            if (await HelloAsync(facts, cancellation) is { IsLast: true } said)
            {
                if (said.Action == PolicyAction.Pass)
                {
                    TakeLastWord(said, PolicySteps.Hello);
                }

                return said;
            }
        }

        await AbortAsync();
        _isInMessage = true;
        var mail = facts.Transaction!.Mail;
        return await TellAsync(MilterCommand.Mail, MilterStage.Mail, facts, MilterFacts.Words(CommandWriter.Mail(mail.From, mail.Parameters)), cancellation);
    }

    private ValueTask<MilterSaid> RcptAsync(PolicyFacts facts, CancellationToken cancellation)
    {
        var to = facts.Recipient!;
        return TellAsync(
            MilterCommand.Rcpt, MilterStage.Rcpt, facts,
            MilterFacts.Words(CommandWriter.Rcpt(to.Address, new RcptParameters { Notify = to.Notify, Original = to.Original })), cancellation);
    }

    private ValueTask<MilterSaid> TellAsync(MilterCommand command, MilterStage stage, PolicyFacts facts, string[] words, CancellationToken cancellation)
    {
        if (!_options!.Wants(command))
        {
            return new(MilterSaid.GoOn);
        }

        MilterWriter.Macros(_link!.Output, command, MilterFacts.Macros(stage, _options, Settings, facts));
        MilterWriter.Texts(_link.Output, command, words);
        return AnswerAsync(command, Settings.CommandTimeout, cancellation);
    }

    /// <summary>The verdict on a command that was just written; where it answers none, that goes out with the next.</summary>
    internal async ValueTask<MilterSaid> AnswerAsync(MilterCommand command, TimeSpan timeout, CancellationToken cancellation)
    {
        var (link, options) = (_link ?? throw new MilterException("it was given up"), _options!);
        if (!options.Answers(command))
        {
            return MilterSaid.GoOn;
        }

        link.ThrowIfItSpoke();
        await link.FlushAsync(timeout, cancellation);
        var until = _world.Time.GetTimestamp() + (long)(timeout.TotalSeconds * _world.Time.TimestampFrequency);
        while (true)
        {
            var reply = await link.ReadAsync(static (word, data) => (Reply: MilterReply.Parse(word, data), Word: word), Left(until), cancellation);
            if (reply.Reply is MilterReply.Plain { Word: MilterWord.Progress })
            {
                continue;                                       // only the end of a message has more time for it
            }

            return reply.Reply is { } parsed && MilterSaid.Of(parsed, command, options) is { } said ? said : throw OutOfPlace(reply.Reply, reply.Word, command);
        }
    }

    private async ValueTask WithinAsync(Task task, TimeSpan timeout, string what, CancellationToken cancellation)
    {
        try
        {
            await task.WaitAsync(timeout, _world.Time, cancellation);
        }
        catch (TimeoutException)
        {
            throw new MilterException($"{what} within {timeout.TotalSeconds:0.###} s");
        }
    }

    private TimeSpan Left(long until) => TimeSpan.FromSeconds(Math.Max(0, until - _world.Time.GetTimestamp()) / (double)_world.Time.TimestampFrequency);

    private static MilterException OutOfPlace(MilterReply? reply, byte word, MilterCommand command) =>
        new($"answers {command} with {MilterOptions.Words(word)}, which {(reply is null ? "is not of the protocol" : "has no place there")}");

    /// <summary>The message that was begun is not to be had any more.</summary>
    private async ValueTask AbortAsync()
    {
        if (!_mustAbort)
        {
            return;
        }

        if (_content is { } content)
        {
            await WithinAsync(content.WhenStopped, Settings.CommandTimeout, "it is not done with the message before", CancellationToken.None);
            if (content.Failure is { } why)
            {
                throw new MilterException(why);
            }
        }

        _content = null;
        _mustAbort = false;
        MilterWriter.Data((_link ?? throw new MilterException("it was given up")).Output, MilterCommand.Abort);
    }
}
