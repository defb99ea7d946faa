using System.Runtime.CompilerServices;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// Writes a delivery into its file: the prefix, then the content, from memory where it lies there. Large content goes in whole pages, past the
/// system's cache: filling fresh pages of it with a megabyte took four times the processor that all the rest of the message did.
/// </summary>
internal sealed unsafe class FileCopy
{
    /// <summary>From so many octets on the cache is passed by.</summary>
    public const int Large = 256 * 1024;

    private const int Piece = 512 * 1024;

    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(Piece + DiskExtensions.Page, pinned: true);
    private readonly byte* _piece;

    public FileCopy()
    {
        var start = (nuint)Unsafe.AsPointer(ref _memory[0]);
        _piece = (byte*)((start + DiskExtensions.Page - 1) & ~(nuint)(DiskExtensions.Page - 1));
    }

    /// <summary>How the file of this message is to be made.</summary>
    public static DiskAccess Access(StoredMail mail) => mail.HandedOnLength < Large ? DiskAccess.CreateNew : DiskAccess.CreateNewUncached;

    /// <exception cref="DiskException">The mailbox's disk.</exception>
    /// <exception cref="StoreException">The journal's disk, or the content is not all there.</exception>
    public void Write(in MailboxDelivery delivery, IDiskFile file)
    {
        if (delivery.Mail.TryGetHandedOn(out var content))
        {
            using var prefix = delivery.Prefix.Pin();
            using var whole = content.Pin();
            file.Write([new DiskVector((byte*)prefix.Pointer, (nuint)delivery.Prefix.Length), new DiskVector((byte*)whole.Pointer, (nuint)content.Length)], 0);
            return;
        }

        delivery.Prefix.Span.CopyTo(new Span<byte>(_piece, Piece));
        var filled = delivery.Prefix.Length;
        var written = 0L;
        var length = delivery.Mail.HandedOnLength;
        for (var at = 0L; at < length;)
        {
            var read = delivery.Mail.ReadHandedOn(at, new Span<byte>(_piece + filled, Piece - filled));
            if (read == 0)
            {
                throw new StoreException($"message {delivery.Mail.Id} ends in the journal at {at} of {length} octets");
            }

            at += read;
            filled += read;
            if (filled == Piece)
            {
                file.Write([new DiskVector(_piece, Piece)], written);
                (written, filled) = (written + filled, 0);
            }
        }

        var pages = length < Large ? 0 : filled & ~(DiskExtensions.Page - 1);
        if (pages > 0)
        {
            file.Write([new DiskVector(_piece, (nuint)pages)], written);
        }

        if (filled > pages)
        {
            file.Write([new DiskVector(_piece + pages, (nuint)(filled - pages))], written + pages);
        }
    }
}
