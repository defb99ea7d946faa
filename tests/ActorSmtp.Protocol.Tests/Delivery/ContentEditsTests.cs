using System.Buffers;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Protocol.Tests.Delivery;

/// <summary>Cuts and insertions in a content that is stored already.</summary>
public sealed class ContentEditsTests
{
    [Fact]
    public void Whatever_is_cut_out_and_put_in_is_read_as_if_it_had_been_written_so()
    {
        var random = new Random(20261122);
        for (var round = 0; round < 2000; round++)
        {
            var stored = new byte[random.Next(60)];
            random.NextBytes(stored);
            var edits = new List<ContentEdit>();
            var expected = new List<byte>();
            var at = 0;
            while (at < stored.Length && random.Next(4) > 0)
            {
                var offset = random.Next(at, stored.Length + 1);
                var removed = random.Next(stored.Length - offset + 1);
                var inserted = new byte[random.Next(removed == 0 ? 1 : 0, 6)];
                random.NextBytes(inserted);
                expected.AddRange(stored[at..offset]);
                expected.AddRange(inserted);
                edits.Add(new ContentEdit(offset, removed, inserted));
                at = offset + removed;
            }

            expected.AddRange(stored[at..]);
            var list = ContentEdits.Of([.. edits]);
            Assert.Equal(edits.Count == 0, list is null);
            if (list is null)
            {
                continue;
            }

            Assert.Equal(expected.Count, list.LengthOf(stored.Length));
            for (var from = 0; from <= expected.Count; from++)
            {
                Assert.Equal([.. expected[from..]], ReadAll(list, stored, from, random.Next(1, 20)));
            }

            var octets = new ArrayBufferWriter<byte>();
            list.Write(octets);
            var rest = octets.WrittenSpan;
            Assert.True(ContentEdits.TryRead(ref rest, out var back));
            Assert.True(rest.IsEmpty);
            Assert.Equal(list, back);
        }
    }

    [Fact]
    public void Changes_out_of_order_upon_one_another_or_of_nothing_are_refused()
    {
        var text = "x"u8.ToArray();
        Assert.Throws<ArgumentException>(() => ContentEdits.Of(new ContentEdit(5, 1, text), new ContentEdit(4, 0, text)));
        Assert.Throws<ArgumentException>(() => ContentEdits.Of(new ContentEdit(0, 5, text), new ContentEdit(4, 1, text)));
        Assert.Throws<ArgumentException>(() => ContentEdits.Of(new ContentEdit(0, 0, default)));
        Assert.Throws<ArgumentException>(() => ContentEdits.Of(new ContentEdit(-1, 1, text)));
        Assert.Throws<ArgumentException>(() => ContentEdits.Of(new ContentEdit(0, 0, new byte[ContentEdits.MostInserted + 1])));
        Assert.Throws<ArgumentException>(() => ContentEdits.Of([.. Enumerable.Range(0, ContentEdits.Most + 1).Select(i => new ContentEdit(i, 1, default))]));
        Assert.NotNull(ContentEdits.Of([.. Enumerable.Range(0, ContentEdits.Most).Select(i => new ContentEdit(i, 1, default))]));
    }

    private static byte[] ReadAll(ContentEdits edits, byte[] stored, int from, int most)
    {
        var all = new List<byte>();
        var piece = new byte[most];
        for (int read; (read = edits.Read(from + all.Count, piece, Stored)) > 0;)
        {
            all.AddRange(piece[..read]);
        }

        return [.. all];

        int Stored(long offset, Span<byte> into)
        {
            var there = stored.AsSpan((int)Math.Min(offset, stored.Length));
            there = there[..Math.Min(Math.Min(there.Length, into.Length), 7)];
            there.CopyTo(into);
            return there.Length;
        }
    }
}
