using System.Buffers.Binary;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// The payload of a record of state: how many records the content has (4 octets), for each its use, offset, length of content and of envelope (4 octets
/// each, little-endian), and what the store's owner wants kept.
/// </summary>
internal static class StatePayload
{
    private const int PlaceSize = 16;

    public static int LengthOf(QueuePlace[] places) => 4 + (places.Length * PlaceSize);

    public static void Write(QueuePlace[] places, ReadOnlySpan<byte> state, Span<byte> into)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into, places.Length);
        var at = 4;
        foreach (var place in places)
        {
            BinaryPrimitives.WriteInt32LittleEndian(into[at..], place.Use);
            BinaryPrimitives.WriteInt32LittleEndian(into[(at + 4)..], place.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(into[(at + 8)..], place.ContentLength);
            BinaryPrimitives.WriteInt32LittleEndian(into[(at + 12)..], place.EnvelopeLength);
            at += PlaceSize;
        }

        state.CopyTo(into[at..]);
    }

    /// <summary>False where the octets are none of these.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out QueuePlace[] places, out ReadOnlySpan<byte> state)
    {
        places = [];
        state = default;
        if (payload.Length < 4 || BinaryPrimitives.ReadInt32LittleEndian(payload) is var count && (count < 1 || count > (payload.Length - 4) / PlaceSize))
        {
            return false;
        }

        places = new QueuePlace[count];
        var at = 4;
        for (var i = 0; i < count; i++, at += PlaceSize)
        {
            places[i] = new QueuePlace(
                BinaryPrimitives.ReadInt32LittleEndian(payload[at..]), BinaryPrimitives.ReadInt32LittleEndian(payload[(at + 4)..]),
                BinaryPrimitives.ReadInt32LittleEndian(payload[(at + 8)..]), BinaryPrimitives.ReadInt32LittleEndian(payload[(at + 12)..]));
            if (places[i] is not { Use: > 0, Offset: >= Journal.Segment.Page, ContentLength: >= 0, EnvelopeLength: >= 0 })
            {
                return false;
            }
        }

        state = payload[at..];
        return true;
    }
}
