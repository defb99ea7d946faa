using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Stories with what the outbound queue itself knows: attempts of which neither memory nor log tell any more (they are kept with the message, so
/// they outlive both), and at the end what the message waits for.
/// </summary>
/// <param name="others">What is known elsewhere; null: nothing is.</param>
public sealed class QueuedStories(ISessionStories? others, IOutboundQueue queue, string node, TimeProvider time) : ISessionStories
{
    /// <summary>Log and memory tell of an attempt when it is durable: so long after its end at most.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>Memory cuts what is long.</summary>
    private const int Compared = 100;

    public Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation) =>
        others?.TranscriptAsync(sessionId, cancellation) ?? Task.FromResult<TranscriptView?>(null);

    public Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) => others?.SessionOfAsync(mailId, cancellation) ?? Task.FromResult<string?>(null);

    public Task<string?> RecentSessionOfAsync(string mailId, CancellationToken cancellation) => others?.RecentSessionOfAsync(mailId, cancellation) ?? Task.FromResult<string?>(null);

    public async Task<Story?> ExplainAsync(string id, CancellationToken cancellation)
    {
        var story = others is null ? null : await others.ExplainAsync(id, cancellation).ConfigureAwait(false);
        var (mail, recipient) = StoryWords.Delivery(id);
        if (mail is null && MailId.TryParse(id, out var own))
        {
            mail = own;
        }

        return mail is { } wanted && await queue.ShowAsync(wanted.ToString(), cancellation).ConfigureAwait(false) is { } message
            ? With(story, id, message, recipient)
            : story;
    }

    /// <param name="recipient">Whose delivery it is about; null: all of them.</param>
    private Story? With(Story? story, string id, QueuedMessage message, string? recipient)
    {
        var wanted = message.Recipients.Where(r => recipient is null || r.Address.ToString().Equals(recipient, StringComparison.OrdinalIgnoreCase)).ToList();
        if (wanted.Count == 0)
        {
            return story;
        }

        var told = story?.Entries ?? [];
        var numbers = wanted.Select(r => r.Number).ToHashSet();
        var entries = message.Attempts.SelectMany(a => Entries(a, message.Envelope, numbers, told)).ToList();
        if (told.IsEmpty)
        {
            entries.Insert(0, Entry(message, message.Envelope.ReceivedAt, StoryWords.Accepted, string.Create(
                CultureInfo.InvariantCulture, $"from {message.Envelope.From}, {message.Length} octets{(message.Envelope.SessionId.Length == 0 ? "" : $", in session {message.Envelope.SessionId}")}"), "info"));
        }

        entries.AddRange(wanted.Where(r => r.State is RecipientState.Active or RecipientState.Waiting or RecipientState.Held).GroupBy(r => (r.Destination, r.State, r.NextAt, r.Why)).Select(g => Now(message, [.. g])));
        return new Story(story?.Id ?? id, story?.Kind ?? (recipient is null ? "message" : "delivery"), [.. told.Concat(entries).OrderBy(e => e.At)], Complete: false) { Shared = story?.Shared ?? message.Node is not null };
    }

    /// <summary>What is not told already.</summary>
    private IEnumerable<StoryEntry> Entries(AttemptReport attempt, Envelope envelope, HashSet<int> wanted, ImmutableArray<StoryEntry> told)
    {
        var by = (AttemptWords.Server(attempt) ?? "no server") + (AttemptWords.Protection(attempt) is { } how ? $", {how}" : "");
        var at = attempt.At + attempt.Took;
        if (attempt.Outcomes.IsEmpty)
        {
            var why = attempt.Why ?? "nothing was tried";
            return IsTold(told, at, attempt.Destination, why) ? [] : [Entry(envelope.Id, at, StoryWords.Tried, $"for {attempt.Destination}: {by}: {why}", "info")];
        }

        return attempt.Outcomes.Where(o => wanted.Contains(o.Recipient) && !IsTold(told, at, envelope.Recipients[o.Recipient].Address.ToString(), AttemptWords.Of(attempt, o))).Select(o => Entry(
            envelope.Id,
            at,
            o.Kind switch { OutcomeKind.Delivered or OutcomeKind.Relayed => StoryWords.Sent, OutcomeKind.Later => StoryWords.PutOff, _ => StoryWords.GivenUp },
            $"to {envelope.Recipients[o.Recipient].Address} by {by}: {AttemptWords.Of(attempt, o)}",
            o.Kind is OutcomeKind.Delivered or OutcomeKind.Relayed ? "info" : "warning"));
    }

    private static bool IsTold(ImmutableArray<StoryEntry> told, DateTimeOffset at, string whom, string what) => told.Any(e =>
        e.At >= at - TimeSpan.FromSeconds(1) && e.At - at < s_longest
        && e.Detail.Contains(whom, StringComparison.OrdinalIgnoreCase) && e.Detail.Contains(what.Length > Compared ? what[..Compared] : what, StringComparison.Ordinal));

    /// <summary>How it stands with recipients of which the same is to be said.</summary>
    private StoryEntry Now(QueuedMessage message, IReadOnlyList<QueuedRecipient> alike)
    {
        var who = alike.Count == 1 ? alike[0].Address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{alike.Count} recipients at {alike[0].Destination}");
        var why = alike[0].Why is { } words ? $": {words}" : "";
        return alike[0] switch
        {
            { State: RecipientState.Active } => Entry(message, time.GetUtcNow(), StoryWords.Waits, $"for {who}: an attempt is under way", "info"),
            { State: RecipientState.Held } => Entry(message, time.GetUtcNow(), StoryWords.Waits, $"for {who}: held by an administrator{why}", "warning"),
            { NextAt: { } next } when next > time.GetUtcNow() => Entry(
                message, time.GetUtcNow(), StoryWords.Waits, string.Create(CultureInfo.InvariantCulture, $"for {who}, tried again at {next:yyyy-MM-dd HH:mm:ss} UTC{why}"), "info"),
            _ => Entry(message, time.GetUtcNow(), StoryWords.Waits, $"for {who}, due to be tried{why}", "info"),
        };
    }

    private StoryEntry Entry(QueuedMessage message, DateTimeOffset at, string what, string detail, string level) => Entry(message.Envelope.Id, at, what, detail, level);

    private StoryEntry Entry(MailId id, DateTimeOffset at, string what, string detail, string level) =>
        new(at, node, QueueNews.Path, what, detail, level, ImmutableDictionary<string, string>.Empty.Add("message", id.ToString()));
}
