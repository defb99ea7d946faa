using ActorSmtp.Storage;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>A disk on which the removal of a mailbox takes longer than whoever may lose patience has.</summary>
internal sealed class SlowToDelete
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A mailbox is to be removed.</summary>
    public Task Asked => _asked.Task;

    public IMailboxStore Over(IMailboxStore store) => new Store(store, _asked);

    private sealed class Store(IMailboxStore inner, TaskCompletionSource asked) : IMailboxStore
    {
        public async Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation)
        {
            asked.TrySetResult();
            if (cancellation.CanBeCanceled)
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            return await inner.DeleteMailboxAsync(account, cancellation);
        }

        public void Deliver(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer) => inner.Deliver(batch, observer);

        public MailboxCondition Condition(string account) => inner.Condition(account);

        public IAsyncEnumerable<MailboxSummary> ListMailboxesAsync(CancellationToken cancellation) => inner.ListMailboxesAsync(cancellation);

        public Task<MailboxSummary?> ShowAsync(string account, CancellationToken cancellation) => inner.ShowAsync(account, cancellation);

        public IAsyncEnumerable<MailboxMessage> ListAsync(string account, CancellationToken cancellation) => inner.ListAsync(account, cancellation);

        public Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation) => inner.OpenAsync(account, key, cancellation);

        public Task<bool> DeleteAsync(string account, string key, CancellationToken cancellation) => inner.DeleteAsync(account, key, cancellation);

        public Task<int?> ExportAsync(string account, Stream destination, CancellationToken cancellation) => inner.ExportAsync(account, destination, cancellation);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
