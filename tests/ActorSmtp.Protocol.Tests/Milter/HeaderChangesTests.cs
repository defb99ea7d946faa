using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Milter;

namespace ActorSmtp.Protocol.Tests.Milter;

/// <summary>Messages taken apart, and put together again with what filters want changed.</summary>
public sealed class HeaderChangesTests
{
    private const string Trace = "Received: ours\r\n";

    [Theory]
    [InlineData("A: 1\r\nB:2\r\n\r\nbody\r\n", "A= 1|B=2|end|body\r\n")]
    [InlineData("A: 1\r\n folded\r\n\tmore\r\n\r\n", "A= 1\n folded\n\tmore|end|")]
    [InlineData("A : 1\r\n\r\n", "A= 1|end|")]
    [InlineData("A:\r\nB: \r\n\r\nx", "A=|B= |end|x")]
    [InlineData("A: 1\r\n", "A= 1|end|")]
    [InlineData("A: 1", "A= 1|end|")]
    [InlineData("", "end|")]
    [InlineData("\r\nbody", "end|body")]
    [InlineData("no field\r\n\r\nbody", "end|no field\r\n\r\nbody")]
    [InlineData("A: 1\r\nno field\r\nB: 2\r\n\r\n", "A= 1|end|no field\r\nB: 2\r\n\r\n")]
    [InlineData(" folded without a field\r\nA: 1\r\n\r\n", "end| folded without a field\r\nA: 1\r\n\r\n")]
    [InlineData("bad name: 1\r\n\r\n", "end|bad name: 1\r\n\r\n")]
    [InlineData(": 1\r\n\r\n", "end|: 1\r\n\r\n")]
    [InlineData("A: 1\r\n\rx\r\n\r\n", "A= 1|end|\rx\r\n\r\n")]
    public void A_message_comes_apart_in_the_same_way_wherever_it_is_cut(string message, string parts)
    {
        var octets = Encoding.Latin1.GetBytes(message);
        for (var piece = 1; piece <= octets.Length + 1; piece++)
        {
            Assert.Equal(parts, Apart(octets, piece));
        }
    }

    [Fact]
    public void Of_a_long_field_only_the_beginning_is_kept_and_all_of_it_is_counted()
    {
        var parts = new MessageParts();
        var message = Encoding.ASCII.GetBytes($"A: {new string('x', 200_000)}\r\nB: 2\r\n\r\n");

        Assert.Equal(MessagePart.Header, parts.Next(message, false, out var consumed, out _));
        Assert.Equal(200_005, parts.Length);
        Assert.Equal(MessageParts.MostField - 2, parts.Value.Length);
        Assert.Equal(MessagePart.Header, parts.Next(message.AsSpan(consumed), false, out _, out _));
        Assert.Equal(200_005, parts.Offset);
    }

    [Theory]
    [InlineData("h|X|1", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\nX:1\r\n\r\nbody\r\n")]
    [InlineData("i0|X|1", "X:1\r\nReceived: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("i1|X|1", "Received: ours\r\nX:1\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("i3|X|1", "Received: ours\r\nA: 1\r\nB: 2\r\nX:1\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("i99|X|1", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\nX:1\r\n\r\nbody\r\n")]
    [InlineData("i0|X|1;i0|Y|2", "Y:2\r\nX:1\r\nReceived: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("i1|X|1;i2|Y|2", "Received: ours\r\nX:1\r\nY:2\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("m2|a|", "Received: ours\r\nA: 1\r\nB: 2\r\n\r\nbody\r\n")]
    [InlineData("m1|A|;m1|A|", "Received: ours\r\nB: 2\r\n\r\nbody\r\n")]
    [InlineData("m0|A|new", "Received: ours\r\nA:new\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("m1|B|x;m1|B|y", "Received: ours\r\nA: 1\r\nB:y\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("m1|Received|", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("m1|C|", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n")]
    [InlineData("m1|C|new", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\nC:new\r\n\r\nbody\r\n")]
    [InlineData("m1|A|;m1|B|;m1|A|;h|Z|z", "Received: ours\r\nZ:z\r\n\r\nbody\r\n")]
    [InlineData("h|X|a\r\nEvil: 1\r\n\r\nbody", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\nX:a\r\n\tEvil: 1\r\n\t\r\n\tbody\r\n\r\nbody\r\n")]
    [InlineData("h|X|a\n b\n", "Received: ours\r\nA: 1\r\nB: 2\r\nA: 3\r\nX:a\r\n b\r\n\r\nbody\r\n")]
    public void What_a_filter_wants_is_what_comes_out(string wishes, string changed) =>
        Assert.Equal(changed, Changed("A: 1\r\nB: 2\r\nA: 3\r\n\r\nbody\r\n", wishes));

    [Theory]
    [InlineData("", "h|X|1", "Received: ours\r\nX:1\r\n")]
    [InlineData("A: 1\r\n", "h|X|1", "Received: ours\r\nA: 1\r\nX:1\r\n")]
    [InlineData("A: 1", "h|X|1", "Received: ours\r\nA: 1\r\nX:1\r\n")]
    [InlineData("A: 1", "m1|A|2", "Received: ours\r\nA:2\r\n")]
    [InlineData("A: 1", "m1|A|;h|X|1", "Received: ours\r\nX:1\r\n")]
    [InlineData("A: 1", "b", "Received: ours\r\nA: 1\r\n\r\nNEW")]
    [InlineData("A: 1\r\n", "b", "Received: ours\r\nA: 1\r\n\r\nNEW")]
    [InlineData("A: 1\r\n\r\n", "b", "Received: ours\r\nA: 1\r\n\r\nNEW")]
    [InlineData("A: 1\r\n\r\nold", "b;h|X|1", "Received: ours\r\nA: 1\r\nX:1\r\n\r\nNEW")]
    [InlineData("A: 1\r\njunk\r\n", "b;h|X|1", "Received: ours\r\nA: 1\r\nX:1\r\n\r\nNEW")]
    [InlineData("A: 1\r\n\r\nold", "cut", "Received: ours\r\nA: 1\r\n\r\nold")]
    [InlineData("A: 1\r\n\r\nold", "cut;b", "Received: ours\r\nA: 1\r\n\r\nNEW")]
    [InlineData("A: 1\r\n\r\nold", "b;cut", "Received: ours\r\nA: 1\r\n\r\nNEW")]
    [InlineData("A: 1\r\n\r\nold", "b;b;m1|A|2", "Received: ours\r\nA:2\r\n\r\nNEW")]
    public void Messages_without_an_end_of_their_header_and_new_bodies_come_out_whole(string message, string wishes, string changed) =>
        Assert.Equal(changed, Changed(message, wishes));

    [Theory]
    [InlineData("h||1")]
    [InlineData("h|X Y|1")]
    [InlineData("h|X:|1")]
    [InlineData("h|X\r\n|1")]
    public void A_name_that_cannot_be_is_refused_and_nothing_of_it_counts(string wish)
    {
        var header = new HeaderChanges(0);
        Assert.NotNull(header.TakeAll(0, [Wish("h|Good|1"), Wish(wish)], leadingSpace: true));
        Assert.Null(header.ToEdits());
    }

    [Fact]
    public void There_is_an_end_to_changes_and_to_what_they_put_in()
    {
        var header = new HeaderChanges(0);
        Assert.NotNull(header.TakeAll(0, [.. Enumerable.Repeat(Wish("h|X|1"), HeaderChanges.MostChanges + 1)], true));
        Assert.NotNull(header.TakeAll(0, [Wish("h|X|" + new string('x', ContentEdits.MostInserted))], true));
        Assert.Null(header.TakeAll(0, [.. Enumerable.Repeat(Wish("h|X|1"), HeaderChanges.MostChanges)], true));
        Assert.NotNull(header.TakeAll(1, [Wish("h|X|1")], true));
        Assert.NotNull(header.ToEdits());
    }

    [Fact]
    public void Fields_behind_the_last_that_is_known_stay_as_they_are()
    {
        var fields = string.Concat(Enumerable.Range(0, HeaderChanges.MostFields + 10).Select(i => $"F{i}: x\r\n"));
        var last = $"F{HeaderChanges.MostFields + 5}";

        Assert.Equal(Trace + "F0:new\r\n" + fields[("F0: x\r\n".Length)..] + $"{last}:new\r\n\r\nb", Changed(fields + "\r\nb", $"m1|F0|new;m1|{last}|new"));
    }

    private static string Apart(byte[] message, int piece)
    {
        var parts = new MessageParts();
        var text = new StringBuilder();
        var held = new List<byte>();
        for (var at = 0; ;)
        {
            var ended = at >= message.Length;
            var rest = ended ? [] : message.AsSpan(at, Math.Min(piece, message.Length - at));
            var part = parts.Next(rest, ended, out var consumed, out var body);
            at += consumed;
            switch (part)
            {
                case MessagePart.Header:
                    text.Append(Encoding.Latin1.GetString(parts.Name)).Append('=').Append(Encoding.Latin1.GetString(parts.Value)).Append('|');
                    break;
                case MessagePart.HeaderEnd:
                    text.Append("end|");
                    break;
                case MessagePart.Body:
                    text.Append(Encoding.Latin1.GetString(body));
                    break;
                case MessagePart.End:
                    return text.ToString();
            }
        }
    }

    private static string Changed(string message, string wishes)
    {
        var stored = Encoding.Latin1.GetBytes(Trace + message).ToList();
        var header = new HeaderChanges(Trace.Length);
        var parts = new MessageParts();
        var rest = Encoding.Latin1.GetBytes(message).AsSpan();
        for (MessagePart part; (part = parts.Next(rest, true, out var consumed, out _)) != MessagePart.HeaderEnd; rest = rest[consumed..])
        {
            Assert.Equal(MessagePart.Header, part);
            header.Found(parts.Name, parts.Offset, parts.Length);
        }

        header.Ended(parts);
        foreach (var wish in wishes.Split(';'))
        {
            switch (wish)
            {
                case "b":
                    header.BodyReplaced(stored.Count);
                    stored.AddRange("NEW"u8);
                    break;
                case "cut":
                    header.Cut(stored.Count, stored.Count + 4);
                    stored.AddRange("HALF"u8);
                    break;
                default:
                    Assert.Null(header.TakeAll(0, [Wish(wish)], leadingSpace: true));
                    break;
            }
        }

        return Read(header.ToEdits(), [.. stored]);
    }

    private static MilterReply Wish(string wish)
    {
        var words = wish.Split('|');
        var value = Encoding.Latin1.GetBytes(words[2]);
        return words[0] switch
        {
            "h" => new MilterReply.NewHeader(null, words[1], value),
            ['i', .. var index] => new MilterReply.NewHeader(uint.Parse(index, System.Globalization.CultureInfo.InvariantCulture), words[1], value),
            ['m', .. var index] => new MilterReply.ChangedHeader(uint.Parse(index, System.Globalization.CultureInfo.InvariantCulture), words[1], value),
            _ => throw new ArgumentException(wish),
        };
    }

    private static string Read(ContentEdits? edits, byte[] stored)
    {
        if (edits is null)
        {
            return Encoding.Latin1.GetString(stored);
        }

        var whole = new byte[edits.LengthOf(stored.Length)];
        for (var at = 0; at < whole.Length;)
        {
            var read = edits.Read(at, whole.AsSpan(at, Math.Min(3, whole.Length - at)), Stored);
            Assert.True(read > 0, $"nothing at {at} of {whole.Length}");
            at += read;
        }

        Assert.Equal(0, edits.Read(whole.Length, new byte[10], Stored));
        return Encoding.Latin1.GetString(whole);

        int Stored(long offset, Span<byte> into)
        {
            var piece = stored.AsSpan((int)Math.Min(offset, stored.Length));
            piece = piece[..Math.Min(piece.Length, into.Length)];
            piece.CopyTo(into);
            return piece.Length;
        }
    }
}
