using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Signing;

/// <summary>
/// Seals what is passed on (RFC 8617 §5.1), behind all that may change it: a seal is over the message as it leaves, so filters have had their say, and what they changed is in it.
/// </summary>
/// <param name="sealer">Who seals.</param>
/// <param name="server">Who says what was found out (authserv-id).</param>
/// <param name="background">Where content is hashed, and where it is sealed: that takes two milliseconds.</param>
/// <param name="memory">What may be held of messages for it, of all sessions together.</param>
internal sealed class SealingCheck(MailSealer sealer, string server, IBackground background, OctetBudget memory) : ICheck
{
    /// <summary>Its name in findings.</summary>
    public const string Word = "arc-seal";

    private static readonly DkimOptions s_options = DkimOptions.Usual with { MostSignatures = 0 };

    public string Name => Word;

    public ICheckOfSession? Begin(SessionFacts session) => new OfSession(this);

    /// <summary>On a background thread, once the last of the message is hashed.</summary>
    private async Task<PolicyAnswer> SealAsync(SealedContent content, OriginTap tap, PolicyFacts facts)
    {
        if (await tap.CompleteAsync() is not { } message)
        {
            return Left("too many messages are looked at at this moment");
        }

        if (facts.Origin is not { Chain: not null } found)
        {
            return PolicyAnswer.Pass;
        }

        if (message.IsTooLong)
        {
            return Left("its header is too long");
        }

        return content.Changed(message, facts.Changes?.Edits) is not { } changed ? Left("a filter changes it in a way that cannot be followed")
            : await background.Run(() => sealer.Seal(changed.Header, changed.Body, found, server)) is { Length: > 0 } fields
                ? PolicyAnswer.Found(new Finding(Word, "sealed", sealer.Domain)) with { Fields = fields }
                : Left("its chain is broken, or it cannot be signed");
    }

    private static PolicyAnswer Left(string why) => PolicyAnswer.Found(new Finding(Word, "unsealed", why));

    /// <summary>One session's part: of each message that is passed on, a tap.</summary>
    private sealed class OfSession(SealingCheck check) : ICheckOfSession
    {
        private IKeptContent? _kept;
        private SealedContent? _content;
        private OriginTap? _tap;

        public PolicySteps Steps => PolicySteps.Content;

        public void Keeps(IKeptContent kept) => _kept = kept;

        public IContentTap? Receive(PolicyFacts facts)
        {
            if (!check._sealer.Wants(facts))
            {
                return null;
            }

            _content = new SealedContent(_kept!);
            return _tap = new OriginTap(new SignedMessage(s_options, Canonicalization.Relaxed), check._background, check._memory, _content);
        }

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) =>
            _tap is { } tap && _content is { } content ? new(check.SealAsync(content, tap, facts)) : new(PolicyAnswer.Pass);

        public void Reset()
        {
            _tap?.Dispose();
            _content?.Dispose();
            (_kept, _content, _tap) = (null, null, null);
        }

        public void Dispose() => Reset();
    }

    private MailSealer _sealer => sealer;

    private IBackground _background => background;

    private OctetBudget _memory => memory;
}
