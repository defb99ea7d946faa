using System.Collections.Immutable;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <content>The mailboxes for those who read them.</content>
internal sealed partial class MaildirStore
{
    /// <summary>Two changes of a directory within this time may leave the same time behind.</summary>
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(20);

    private long _doubts;

    public Task<string[]> AccountsAsync(CancellationToken cancellation) => _threads.Call(
        () =>
        {
            try
            {
                return MaildirReader.Accounts(_disk, _root);
            }
            catch (DiskException failed)
            {
                throw new StoreException($"The mailboxes cannot be listed: {failed.Message}.", failed);
            }
        },
        cancellation);

    public Task<long?> StampAsync(string account, CancellationToken cancellation) => _threads.Call(
        () =>
        {
            try
            {
                using var directory = _disk.OpenDirectory($"{_root}/{AccountPath.Encode(account)}/Maildir");
                return directory.Status("new") is { IsDirectory: true } arrived && directory.Status("cur") is { IsDirectory: true } current
                    ? Stamp(arrived, current)
                    : (long?)null;
            }
            catch (DiskException failed)
            {
                return failed.Error == DiskError.NotFound
                    ? null
                    : throw new StoreException($"The mailbox of {account} cannot be read: {failed.Message}.", failed);
            }
        },
        cancellation);

    public Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation) => Read(
        account,
        reader =>
        {
            reader.Visit(visit, cancellation);
            return true;
        },
        false,
        cancellation);

    public Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation) => Read(
        account,
        reader =>
        {
            reader.Measure(visit, cancellation);
            return true;
        },
        false,
        cancellation);

    public Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) =>
        Read<ImmutableArray<MailboxMessage>>(account, reader => [.. names.Select(reader.Look).OfType<MailboxMessage>()], [], cancellation);

    public Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation) =>
        Read<Stream?>(account, reader => reader.Open(name.Key, name.Flags), null, cancellation);

    public Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation) =>
        Read(account, reader => reader.Flag(name, set, clear), null, cancellation);

    public Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) =>
        Read<ImmutableArray<string>>(account, reader => [.. reader.Delete(names)], [], cancellation);

    public Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation) =>
        _threads.Call(() => InHome(account, TagFile.Read, TagFile.None), cancellation);

    public Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation) =>
        _threads.Call(
            () => InHome(
                account,
                home =>
                {
                    TagFile.Write(home, tags);
                    return true;
                },
                false),
            cancellation);

    /// <summary>A directory that was changed just now may be changed again without a trace: then no two stamps are equal.</summary>
    private long Stamp(DiskStatus arrived, DiskStatus current)
    {
        var stamp = (uint)HashCode.Combine(arrived.Changed.UtcTicks, arrived.Inode) | ((long)HashCode.Combine(current.Changed.UtcTicks, current.Inode) << 32);
        var newest = arrived.Changed > current.Changed ? arrived.Changed : current.Changed;
        return (_time.GetUtcNow() - newest).Duration() < ClockTick ? stamp ^ Interlocked.Increment(ref _doubts) : stamp;
    }

    private T InHome<T>(string account, Func<IDiskDirectory, T> work, T nothing)
    {
        try
        {
            using var home = _disk.OpenDirectory($"{_root}/{AccountPath.Encode(account)}");
            return work(home);
        }
        catch (DiskException failed)
        {
            return failed.Error == DiskError.NotFound
                ? nothing
                : throw new StoreException($"The tags of {account} cannot be read or saved: {failed.Message}.", failed);
        }
    }
}
