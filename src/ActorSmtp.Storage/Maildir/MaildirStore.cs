using System.Runtime.CompilerServices;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// Mailboxes as plain Maildirs under <c>mail/ACCOUNT/Maildir/{tmp,new,cur}</c>: mutt, Dovecot and friends read them as they are, and
/// may move, flag and delete while the server runs.
/// </summary>
internal sealed partial class MaildirStore : IMailboxStore, IMailboxReader
{
    private readonly IDisk _disk;
    private readonly IWorkThreads _threads;
    private readonly TimeProvider _time;
    private readonly string _root;
    private readonly Lanes _lanes;
    private readonly Lazy<IWorkThread[]> _workers;
    private bool _disposed;

    /// <exception cref="DiskException">The directory for mail cannot be made.</exception>
    public MaildirStore(IDisk disk, IWorkThreads threads, StorageSettings settings, TimeProvider time)
    {
        (_disk, _threads, _time) = (disk, threads, time);
        _root = $"{settings.DataDirectory}/mail";
        DataDirectory.Make(disk, _root);
        _lanes = new Lanes(time, settings.DeliveryThreads);
        _workers = new Lazy<IWorkThread[]>(() => [.. Enumerable.Range(1, settings.DeliveryThreads).Select(number =>
            threads.Start($"delivery-{number}", new DeliveryWorker(disk, _root, _lanes, settings.Sync == SyncPolicy.Always), TimeSpan.Zero))]);
    }

    public void Deliver(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!batch.IsEmpty)
        {
            _lanes.Add(batch, observer);
            WakeWorkers();
        }
    }

    public MailboxCondition Condition(string account) => _lanes.Condition(account);

    public async IAsyncEnumerable<MailboxSummary> ListMailboxesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var account in await _threads.Call(() => MaildirReader.Accounts(_disk, _root), cancellation).ConfigureAwait(false))
        {
            if (await ShowAsync(account, cancellation).ConfigureAwait(false) is { } summary)
            {
                yield return summary;
            }
        }
    }

    public Task<MailboxSummary?> ShowAsync(string account, CancellationToken cancellation) =>
        Read(account, reader => reader.Summary(account, cancellation), (MailboxSummary?)null, cancellation);

    public async IAsyncEnumerable<MailboxMessage> ListAsync(string account, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var names = await Read(account, reader => reader.Names(), [], cancellation).ConfigureAwait(false);
        for (var at = 0; at < names.Length; at += 256)
        {
            var page = names.AsMemory(at, Math.Min(256, names.Length - at));
            foreach (var message in await Read(account, reader => reader.Messages(page.Span), [], cancellation).ConfigureAwait(false))
            {
                yield return message;
            }
        }
    }

    public Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation) =>
        Read<Stream?>(account, reader => reader.Open(key), null, cancellation);

    public Task<bool> DeleteAsync(string account, string key, CancellationToken cancellation) =>
        Read(account, reader => reader.Delete(key), false, cancellation);

    public async Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation)
    {
        Lane lane;
        while (!_lanes.TryHold(account, out lane))
        {
            await Task.Delay(5, cancellation).ConfigureAwait(false);
        }

        try
        {
            _lanes.Close(lane);
            return await _threads.Call(() => MaildirReader.Remove(_disk, _root, account), cancellation).ConfigureAwait(false);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The mailbox of {account} cannot be removed: {failed.Message}.", failed);
        }
        finally
        {
            _lanes.LetGo(lane);
            WakeWorkers();
        }
    }

    public Task<int?> ExportAsync(string account, Stream destination, CancellationToken cancellation) =>
        MboxExport.WriteAsync(this, account, destination, cancellation);

    public ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return ValueTask.CompletedTask;
        }

        _disposed = true;
        return !_workers.IsValueCreated ? ValueTask.CompletedTask : new ValueTask(_threads.Call(
            () =>
            {
                foreach (var worker in _workers.Value)
                {
                    worker.Dispose();
                }

                _lanes.CloseAll();
                return true;
            },
            CancellationToken.None));
    }

    private void WakeWorkers()
    {
        foreach (var worker in _workers.Value)
        {
            worker.Wake();
        }
    }

    private Task<T> Read<T>(string account, Func<MaildirReader, T> work, T nothing, CancellationToken cancellation) => _threads.Call(
        () =>
        {
            try
            {
                using var reader = MaildirReader.Open(_disk, _root, account);
                return reader is null ? nothing : work(reader);
            }
            catch (DiskException failed)
            {
                throw new StoreException($"The mailbox of {account} cannot be read: {failed.Message}.", failed);
            }
        },
        cancellation);
}
