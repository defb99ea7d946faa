using ActorSmtp.Storage;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>Mailboxes as they are, but for their removal, which the test does.</summary>
internal sealed class StoreWithOwnDelete(IMailboxStore inner, Func<IMailboxStore, string, CancellationToken, Task<bool>> delete) : IMailboxStore
{
    public Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation) => delete(inner, account, cancellation);

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
