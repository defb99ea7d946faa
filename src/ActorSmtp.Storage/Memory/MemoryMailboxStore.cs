using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace ActorSmtp.Storage.Memory;

/// <summary>Mailboxes that live as long as the process. Deliveries are settled on the caller's thread.</summary>
internal sealed partial class MemoryMailboxStore : IMailboxStore, IMailboxReader
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, ImmutableSortedDictionary<string, Kept>> _mailboxes = new(StringComparer.Ordinal);
    private long _arrivals;

    public void Deliver(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer)
    {
        var results = new DeliveryResult[batch.Length];
        lock (_gate)
        {
            for (var i = 0; i < batch.Length; i++)
            {
                results[i] = new DeliveryResult(batch[i], null) { Key = Keep(batch[i]) };
            }
        }

        observer.OnSettled(results);
    }

    public MailboxCondition Condition(string account) => new(0, null);

    public async IAsyncEnumerable<MailboxSummary> ListMailboxesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        string[] accounts;
        lock (_gate)
        {
            accounts = [.. _mailboxes.Keys];
        }

        foreach (var account in accounts)
        {
            if (await ShowAsync(account, cancellation).ConfigureAwait(false) is { } summary)
            {
                yield return summary;
            }
        }
    }

    public Task<MailboxSummary?> ShowAsync(string account, CancellationToken cancellation)
    {
        var messages = Messages(account);
        return Task.FromResult(messages is null ? null : new MailboxSummary(account, messages.Count, messages.Values.Count(kept => kept.IsUnseen),
            messages.Values.Sum(kept => (long)kept.Bytes.Length), messages.Count == 0 ? null : messages.Values.Max(kept => kept.At)));
    }

    public async IAsyncEnumerable<MailboxMessage> ListAsync(string account, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var (key, kept) in Messages(account) ?? ImmutableSortedDictionary<string, Kept>.Empty)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return Shown(key, kept);
        }
    }

    public Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation) =>
        Task.FromResult<Stream?>(Messages(account)?.TryGetValue(key, out var kept) == true ? new MemoryStream(kept.Bytes, writable: false) : null);

    public Task<bool> DeleteAsync(string account, string key, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!_mailboxes.TryGetValue(account, out var messages) || !messages.ContainsKey(key))
            {
                return Task.FromResult(false);
            }

            _mailboxes[account] = messages.Remove(key);
            _changes++;
            return Task.FromResult(true);
        }
    }

    public Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _tags.Remove(account);
            return Task.FromResult(_mailboxes.Remove(account));
        }
    }

    public Task<int?> ExportAsync(string account, Stream destination, CancellationToken cancellation) =>
        MboxExport.WriteAsync(this, account, destination, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string Keep(MailboxDelivery delivery)
    {
        var mail = delivery.Mail;
        var messages = _mailboxes.GetValueOrDefault(delivery.Account) ?? ImmutableSortedDictionary.Create<string, Kept>(StringComparer.Ordinal);
        if (messages.FirstOrDefault(kept => kept.Value.Id == mail.Id.ToString()).Key is { } there)
        {
            return there;
        }

        var bytes = new byte[delivery.Prefix.Length + mail.HandedOnLength];
        delivery.Prefix.Span.CopyTo(bytes);
        for (var at = 0L; at < mail.HandedOnLength;)
        {
            at += mail.ReadHandedOn(at, bytes.AsSpan(delivery.Prefix.Length + (int)at));
        }

        var key = (++_arrivals).ToString("D12", System.Globalization.CultureInfo.InvariantCulture);
        _mailboxes[delivery.Account] = messages.Add(key, new Kept(mail.Id.ToString(), mail.Envelope.ReceivedAt, bytes, "", IsNew: true));
        _changes++;
        return key;
    }

    private ImmutableSortedDictionary<string, Kept>? Messages(string account)
    {
        lock (_gate)
        {
            return _mailboxes.GetValueOrDefault(account);
        }
    }

    private static MailboxMessage Shown(string key, Kept kept) => new(key, kept.Id, kept.Bytes.Length, kept.At, kept.IsUnseen, kept.Flags);

    private sealed record Kept(string Id, DateTimeOffset At, byte[] Bytes, string Flags, bool IsNew)
    {
        public bool IsUnseen => IsNew || !Flags.Contains('S', StringComparison.Ordinal);
    }
}
