using ActorSmtp.Storage;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>A disk on which the first removal of a mailbox takes longer than whoever asked for it stays.</summary>
internal sealed class SlowToDelete
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A mailbox is to be removed.</summary>
    public Task Asked => _asked.Task;

    public void GoOn() => _goOn.TrySetResult();

    public IMailboxStore Over(IMailboxStore store) => new StoreWithOwnDelete(store, async (inner, account, cancellation) =>
    {
        _asked.TrySetResult();
        await _goOn.Task.WaitAsync(cancellation);
        return await inner.DeleteMailboxAsync(account, cancellation);
    });
}
