using System.Buffers;
using ActorSmtp.Storage.Access;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <content>Messages taken over from other mailboxes.</content>
internal sealed partial class MaildirStore : IMailboxTarget
{
    public Task PutAsync(string account, MailboxName name, DateTimeOffset deliveredAt, Stream content, long octets, CancellationToken cancellation) => _threads.Call(
        () =>
        {
            if (name.Key.Length == 0 || name.Key.AsSpan().ContainsAny('/', ':', '\0') || name.Key[0] == '.')
            {
                throw new StoreException($"The message {name.Key} of {account} has a name that no file can have.");
            }

            try
            {
                using var box = MaildirBox.Open(_disk, _root, account, unsettled: false);
                using var current = _disk.OpenDirectory($"{_root}/{AccountPath.Encode(account)}/Maildir/cur");
                Write(box.Temporary, name.Key, content, octets, cancellation);
                var placed = name.IsNew
                    ? box.Temporary.TryMove(name.Key, box.Arrived, name.Key)
                    : box.Temporary.TryMove(name.Key, current, $"{name.Key}:2,{name.Flags}");
                if (!placed)
                {
                    box.Temporary.Delete(name.Key);             // it was there already
                }

                (name.IsNew ? box.Arrived : current).Sync();
                foreach (var fresh in box.Fresh)
                {
                    fresh.Sync();
                }

                return true;
            }
            catch (DiskException failed)
            {
                throw new StoreException($"The mailbox of {account} cannot be written: {failed.Message}.", failed);
            }
        },
        cancellation);

    private static void Write(IDiskDirectory directory, string name, Stream content, long octets, CancellationToken cancellation)
    {
        directory.Delete(name);                                 // of an attempt that was cut off
        using var file = directory.Open(name, DiskAccess.CreateNew);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            var at = 0L;
            for (int read; (read = content.Read(buffer, 0, buffer.Length)) > 0; at += read)
            {
                cancellation.ThrowIfCancellationRequested();
                file.Write(buffer.AsSpan(0, read), at);
            }

            if (at != octets)
            {
                throw new StoreException($"The message {name} has {at} octets and should have {octets}.");
            }

            file.Sync();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
