using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <summary>Writes a delivery into its file: the prefix, then the content, from memory where it lies there.</summary>
internal sealed unsafe class FileCopy
{
    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(128 * 1024, pinned: true);

    /// <exception cref="DiskException">The mailbox's disk.</exception>
    /// <exception cref="StoreException">The journal's disk, or the content is not all there.</exception>
    public void Write(in MailboxDelivery delivery, IDiskFile file)
    {
        using var prefix = delivery.Prefix.Pin();
        if (delivery.Mail.TryGetContent(out var content))
        {
            using var whole = content.Pin();
            file.Write([new DiskVector((byte*)prefix.Pointer, (nuint)delivery.Prefix.Length), new DiskVector((byte*)whole.Pointer, (nuint)content.Length)], 0);
            return;
        }

        file.Write([new DiskVector((byte*)prefix.Pointer, (nuint)delivery.Prefix.Length)], 0);
        fixed (byte* start = _piece)
        {
            for (var at = 0L; at < delivery.Mail.Length;)
            {
                var read = delivery.Mail.Read(at, _piece);
                if (read == 0)
                {
                    throw new StoreException($"message {delivery.Mail.Id} ends in the journal at {at} of {delivery.Mail.Length} octets");
                }

                file.Write([new DiskVector(start, (nuint)read)], delivery.Prefix.Length + at);
                at += read;
            }
        }
    }
}
