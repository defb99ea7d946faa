using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>One change of a stored content: at <paramref name="Offset"/>, <paramref name="Removed"/> octets are left out and others stand in their place.</summary>
/// <param name="Offset">Where in the content as it is stored.</param>
/// <param name="Removed">Octets of it that are left out; 0: none.</param>
/// <param name="Inserted">What is put there; empty: nothing.</param>
public sealed record ContentEdit(long Offset, long Removed, ReadOnlyMemory<byte> Inserted)
{
    /// <summary>Equal when the octets are.</summary>
    public bool Equals(ContentEdit? other) =>
        other is not null && (Offset, Removed) == (other.Offset, other.Removed) && Inserted.Span.SequenceEqual(other.Inserted.Span);

    public override int GetHashCode() => HashCode.Combine(Offset, Removed, Inserted.Length);
}

/// <summary>
/// What a filter wants changed in a message whose content was stored while it came: cuts and insertions, applied by whoever hands the content on
/// (docs/decisions/0015). In the order of the content, none touching the octets of another; no more than <see cref="Most"/>, and no more than
/// <see cref="MostInserted"/> octets put in by all together.
/// </summary>
public sealed class ContentEdits : IEquatable<ContentEdits>
{
    /// <summary>Cuts and insertions of one message.</summary>
    public const int Most = 2000;

    /// <summary>Octets that they may put in.</summary>
    public const int MostInserted = 64 * 1024;

    private const long Farthest = 1L << 48;
    private const int Fixed = 16;

    private readonly long _grows;

    private ContentEdits(ImmutableArray<ContentEdit> all)
    {
        All = all;
        _grows = all.Sum(e => e.Inserted.Length - e.Removed);
    }

    /// <summary>Reads stored content at an offset into a span; answers how many octets, 0 at the end.</summary>
    public delegate int Reading(long offset, Span<byte> into);

    /// <summary>The changes, at least one.</summary>
    public ImmutableArray<ContentEdit> All { get; }

    /// <summary>Makes a list of changes; null where there is none.</summary>
    /// <exception cref="ArgumentException">They are too many or too long, out of order, or two touch the same octets.</exception>
    public static ContentEdits? Of(params ImmutableArray<ContentEdit> all) =>
        all.IsEmpty ? null : IsWhole(all) ? new ContentEdits(all) : throw new ArgumentException("The changes are too many, too long, or out of order.", nameof(all));

    /// <summary>How long the content is with them.</summary>
    /// <param name="stored">How long it is as it is stored.</param>
    public long LengthOf(long stored) => Math.Max(0, stored + _grows);

    /// <summary>Reads the changed content.</summary>
    /// <param name="offset">In the content as it is with the changes.</param>
    /// <param name="into">Filled as far as one part of it reaches.</param>
    /// <returns>Octets read; 0 at the end.</returns>
    public int Read(long offset, Span<byte> into, Reading stored)
    {
        var (inserted, from, most) = At(offset);
        if (inserted.IsEmpty)
        {
            return stored(from, into[..(int)Math.Min(into.Length, most)]);
        }

        inserted = inserted[..Math.Min(inserted.Length, into.Length)];
        inserted.Span.CopyTo(into);
        return inserted.Length;
    }

    /// <summary>What stands at an offset of the changed content: octets that were put in, from there on; or, where there are none, where in what is stored it goes on, and for how many octets at most.</summary>
    public (ReadOnlyMemory<byte> Inserted, long From, long Most) At(long offset)
    {
        long from = 0;                                          // in what is stored
        long to = 0;                                            // the same place in what is handed on
        foreach (var edit in All)
        {
            var kept = edit.Offset - from;
            if (offset < to + kept)
            {
                return (default, from + (offset - to), to + kept - offset);
            }

            to += kept;
            if (offset < to + edit.Inserted.Length)
            {
                return (edit.Inserted[(int)(offset - to)..], from, 0);
            }

            to += edit.Inserted.Length;
            from = edit.Offset + edit.Removed;
        }

        return (default, from + (offset - to), long.MaxValue);
    }

    /// <summary>The binary form: a count (2 octets, big endian), and for each the offset (6), the octets removed (6), the length of what is put in (4), and that.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var head = output.GetSpan(2);
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)All.Length);
        output.Advance(2);
        foreach (var edit in All)
        {
            var fixedPart = output.GetSpan(Fixed);
            WriteSix(fixedPart, edit.Offset);
            WriteSix(fixedPart[6..], edit.Removed);
            BinaryPrimitives.WriteInt32BigEndian(fixedPart[12..], edit.Inserted.Length);
            output.Advance(Fixed);
            output.Write(edit.Inserted.Span);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote from the front of <paramref name="rest"/>, and nothing else.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> rest, out ContentEdits? edits)
    {
        edits = null;
        if (rest.Length < 2)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[2..];
        if (count is 0 or > Most || count * Fixed > rest.Length)
        {
            return false;
        }

        var all = ImmutableArray.CreateBuilder<ContentEdit>(count);
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < Fixed)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(rest[12..]);
            if (length is < 0 or > MostInserted || length > rest.Length - Fixed)
            {
                return false;
            }

            all.Add(new ContentEdit(ReadSix(rest), ReadSix(rest[6..]), rest.Slice(Fixed, length).ToArray()));
            rest = rest[(Fixed + length)..];
        }

        var whole = all.MoveToImmutable();
        edits = IsWhole(whole) ? new ContentEdits(whole) : null;
        return edits is not null;
    }

    public bool Equals(ContentEdits? other) => other is not null && All.AsSpan().SequenceEqual(other.All.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as ContentEdits);

    public override int GetHashCode() => HashCode.Combine(All.Length, All[0]);

    private static bool IsWhole(ImmutableArray<ContentEdit> all)
    {
        long at = 0;
        long inserted = 0;
        foreach (var edit in all)
        {
            if (edit.Offset < at || edit.Offset >= Farthest || edit.Removed is < 0 or >= Farthest || (edit.Removed == 0 && edit.Inserted.IsEmpty))
            {
                return false;
            }

            at = edit.Offset + edit.Removed;
            inserted += edit.Inserted.Length;
        }

        return all.Length <= Most && inserted <= MostInserted;
    }

    private static void WriteSix(Span<byte> into, long value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(into, (ushort)(value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(into[2..], (uint)value);
    }

    private static long ReadSix(ReadOnlySpan<byte> from) => ((long)BinaryPrimitives.ReadUInt16BigEndian(from) << 32) | BinaryPrimitives.ReadUInt32BigEndian(from[2..]);
}
