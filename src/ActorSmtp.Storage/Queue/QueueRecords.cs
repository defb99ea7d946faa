using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Queue;

/// <summary>Reads records of the queue's two logs where the table, or the state, says they are.</summary>
internal static class QueueRecords
{
    /// <summary>A whole record.</summary>
    /// <param name="segment">The file of the place's use; null: there is none.</param>
    /// <exception cref="DiskException">The disk failed.</exception>
    /// <exception cref="StoreException">What is there is not what was stored.</exception>
    public static (RecordHeader Header, byte[] Payload) Read(Segment? segment, QueuePlace place, MailId id)
    {
        var octets = new byte[place.ContentLength + place.EnvelopeLength];
        Span<byte> head = stackalloc byte[RecordHeader.Size];
        var file = (segment ?? throw Harmed(id, place)).File;
        return file.Read(head, place.Offset) == head.Length && file.Read(octets, place.Offset + RecordHeader.Size) == octets.Length
            && IsHeaderOf(head, id, place, out var header) && Crc32C.Of(octets) == header.PayloadCrc
            ? (header, octets)
            : throw Harmed(id, place);
    }

    /// <summary>The envelope alone: its sum stands in the header, so that content need not be read for it.</summary>
    /// <inheritdoc cref="Read"/>
    public static Envelope ReadEnvelope(Segment? segment, QueuePlace place, MailId id)
    {
        Span<byte> head = stackalloc byte[RecordHeader.Size];
        var octets = new byte[place.EnvelopeLength];
        var file = (segment ?? throw Harmed(id, place)).File;
        return file.Read(head, place.Offset) == head.Length && file.Read(octets, place.Offset + RecordHeader.Size + place.ContentLength) == octets.Length
            && IsHeaderOf(head, id, place, out var header) && header.Order == Crc32C.Of(octets) && EnvelopeBytes.TryRead(octets, out var envelope)
            ? envelope
            : throw Harmed(id, place);
    }

    private static StoreException Harmed(MailId id, QueuePlace place) =>
        new($"What was stored of {id} cannot be read back (segment {place.Use}, octet {place.Offset}).");

    private static bool IsHeaderOf(ReadOnlySpan<byte> head, MailId id, QueuePlace place, out RecordHeader header) =>
        RecordHeader.TryReadAlone(head, out header) && header.Id == id && header.Segment == place.Use
        && (header.ContentLength, header.EnvelopeLength) == (place.ContentLength, place.EnvelopeLength);
}
