using System.Collections.Immutable;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Reading;

/// <summary>
/// Messages as the API shows them. What lists show is remembered within a bound; whole messages are read a few at a time, so that memory is
/// bounded whatever is asked at once.
/// </summary>
/// <param name="mostHeld">Octets made of messages that wait for their readers to take them, all answers together.</param>
internal sealed class MailReader(MailboxIndex index, long mostHeld = 256L << 20)
{
    /// <summary>A message larger than this is handed out raw only.</summary>
    public const int MostOctets = 64 << 20;

    private const int AtOnce = 4;

    private readonly GlanceCache _glances = new(32 << 20);
    private readonly SemaphoreSlim _parsing = new(AtOnce, AtOnce);
    private long _held;

    /// <summary>The rows of a list, in the names' order; those that have gone meanwhile are left out.</summary>
    public async Task<IReadOnlyList<MessageSummary>> SummariesAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation)
    {
        var tags = await index.TagsAsync(account, cancellation).ConfigureAwait(false);
        var looked = await index.LookAsync(account, names, cancellation).ConfigureAwait(false);
        var rows = new List<MessageSummary>(looked.Length);
        foreach (var message in looked)
        {
            if (await GlanceAsync(account, message.Key, cancellation).ConfigureAwait(false) is { } glance)
            {
                rows.Add(Row(account, message, glance, tags.GetValueOrDefault(message.Key, [])));
            }
        }

        return rows;
    }

    /// <summary>One row, or null where the message is not there.</summary>
    public async Task<MessageSummary?> SummaryAsync(string account, string key, CancellationToken cancellation) =>
        await index.FindAsync(account, key, cancellation).ConfigureAwait(false) is { } name
            ? (await SummariesAsync(account, [name], cancellation).ConfigureAwait(false)).FirstOrDefault()
            : null;

    /// <summary>What a list shows of a message, from memory or from its beginning.</summary>
    public async Task<Glance?> GlanceAsync(string account, string key, CancellationToken cancellation)
    {
        if (_glances.Find(account, key) is { } known)
        {
            return known;
        }

        var content = await index.OpenAsync(account, key, cancellation).ConfigureAwait(false);
        if (content is null)
        {
            return null;
        }

        await using (content.ConfigureAwait(false))
        {
            var beginning = new byte[Math.Min(content.Length, Glance.MostOctets)];
            var read = await content.ReadAtLeastAsync(beginning, beginning.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            var glance = Glance.Of(beginning.AsMemory(0, read));
            _glances.Keep(account, key, glance);
            return glance;
        }
    }

    /// <summary>Whether <see cref="GlanceAsync"/> needs the disk.</summary>
    public bool IsKnown(string account, string key) => _glances.Find(account, key) is not null;

    /// <summary>Reads a whole message and makes something of it; null where it is not there.</summary>
    /// <exception cref="ProblemException">It is too large for that.</exception>
    public async Task<T?> ReadAsync<T>(string account, string key, Func<MimeEntity, T?> make, CancellationToken cancellation)
        where T : class
    {
        var content = await index.OpenAsync(account, key, cancellation).ConfigureAwait(false);
        if (content is null)
        {
            return null;
        }

        await using (content.ConfigureAwait(false))
        {
            if (content.Length > MostOctets)
            {
                throw new ProblemException(Problem.TooLarge($"The message has {content.Length} octets; read it raw"));
            }

            await _parsing.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var octets = new byte[content.Length];
                var read = await content.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
                return make(MimeReader.Read(octets.AsMemory(0, read)));
            }
            finally
            {
                _parsing.Release();
            }
        }
    }

    /// <summary>A message whole, or null where it is not there.</summary>
    public async Task<MessageDetail?> DetailAsync(string account, string key, string? sessionId, CancellationToken cancellation) =>
        await SummaryAsync(account, key, cancellation).ConfigureAwait(false) is { } row
            ? await ReadAsync(account, key, mail => Details.Of(row, mail, sessionId), cancellation).ConfigureAwait(false)
            : null;

    /// <summary>So many octets are held for a reader until the answer is disposed of.</summary>
    /// <exception cref="ProblemException">Slow readers hold so much already that there is no room for these.</exception>
    public IDisposable Hold(long octets)
    {
        if (Interlocked.Add(ref _held, octets) > mostHeld)
        {
            Interlocked.Add(ref _held, -octets);
            throw new ProblemException(Problem.Busy("Too much mail is on its way to slow readers; try again in a moment, or read this message raw"));
        }

        return new Held(this, octets);
    }

    public void Forget(string account, string key) => _glances.Forget(account, key);

    private static MessageSummary Row(string account, MailboxMessage message, Glance glance, ImmutableArray<string> tags) => new(
        account,
        message.Key,
        message.Id,
        glance.From,
        glance.To,
        glance.Subject,
        glance.Date,
        message.DeliveredAt,
        message.Octets,
        !message.Unseen,
        message.Flags.Contains('F', StringComparison.Ordinal),
        message.Flags.Contains('R', StringComparison.Ordinal),
        tags,
        glance.Attachments,
        glance.Snippet);

    private sealed class Held(MailReader reader, long octets) : IDisposable
    {
        private long _octets = octets;

        public void Dispose() => Interlocked.Add(ref reader._held, -Interlocked.Exchange(ref _octets, 0));
    }
}
