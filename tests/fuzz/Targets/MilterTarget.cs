using System.Buffers;
using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Milter;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// What a filter sends: packets are cut in one way wherever they are cut by the network, nothing throws, and a message with whatever was asked for is still one header and one
/// body. And what it is told: a message comes apart in one way, without an octet of its body lost.
/// </summary>
internal sealed class MilterTarget : FuzzTarget
{
    private const string Trace = "Received: by us\r\n";

    public override string Name => "milter";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "\0\0\0\rO\0\0\0\u0006\0\0\u0001\u00ff\0\u001f\u00f7\u00ff",
        "\0\0\0\u001eO\0\0\0\u0006\0\0\u0001\u00ff\0\u001f\u00f7\u00ff\0\0\0\u0002{mail_addr}\0",
        "\0\0\0\u000ahX-A\0 one\0\0\0\0\u0001c",
        "\0\0\0\u000ei\0\0\0\u0001X-A\0one\0\0\0\0\u0011m\0\0\0\u0001Subject\0two\0\0\0\0\u0001a",
        "\0\0\0\u000c+<a@b.test>\0\0\0\0\u000fe<a@b.test>\0x\0",
        "\0\0\0\u0014y550 5.7.1 so %% no\0\0\0\0\u0005bnew\n",
        "Subject: a\r\nX-B: c\r\n d\r\n\r\nbody\r\n",
        "no field\r\n\r\nbody", "A:b\r\nC", "");

    public override IReadOnlyList<byte[]> Words { get; } =
        [.. Common, .. Octets("\0\0\0\u0001", "\0\0\0\u000ah", "i\0\0\0\u0001", "X-A\0", "\n ", "\n\n", "\r\n\r\n", "550 ", "550-", "5.7.1 ", "%%", "\u00ff\u00ff\u00ff\u00ff", "m\0\0\0\u0001Subject\0")];

    public override void Try(byte[] input, Dice dice)
    {
        var message = "Subject: a\r\nX-B: c\r\n d\r\n\r\nbody\r\n"u8.ToArray();
        var header = Take(message);
        var wishes = new List<MilterReply>();
        var rest = input.AsSpan();
        while (true)
        {
            var status = MilterFrame.TryRead(rest, out var word, out var data, out var consumed);
            for (var cut = 0; status == MilterFrameStatus.Whole && cut < consumed; cut += 1 + dice.Next(8))
            {
                Hold(MilterFrame.TryRead(rest[..cut], out _, out _, out _) == MilterFrameStatus.NeedMore, "a part of a packet is taken for another thing");
            }

            if (status != MilterFrameStatus.Whole)
            {
                break;
            }

            Hold(MilterOptions.TryRead(word, data, out var options, out var problem) == (options is not null) && (options is null) == (problem is not null), "settled, and not");
            if (MilterReply.Parse(word, data) is { } reply)
            {
                Hold(reply is not MilterReply.Refusal { Reply: var no } || (no.Code is >= 400 and <= 599 && !no.Text.Contains('\r', StringComparison.Ordinal)), "a refusal that is none");
                if (reply is MilterReply.NewHeader or MilterReply.ChangedHeader)
                {
                    wishes.Add(reply);
                }
            }

            rest = rest[consumed..];
        }

        if (header.TakeAll(0, wishes, dice.OneIn(2)) is null)
        {
            var changed = Read(header.ToEdits(), [.. Encoding.ASCII.GetBytes(Trace), .. message]);
            var text = Encoding.Latin1.GetString(changed);
            Hold(text.EndsWith("\r\n\r\nbody\r\n", StringComparison.Ordinal) || text is "\r\nbody\r\n", "the body is another");
            var fields = 0;
            Apart(changed, dice, out var body, _ => fields++);
            Hold(body.SequenceEqual("body\r\n"u8.ToArray()), "a wish broke the header off");
            Hold(fields <= 3 + wishes.Count, "one wish became several fields");
        }

        var last = -1L;
        var end = Apart(input, dice, out var told, parts =>
        {
            Hold(parts.Offset > last && parts.Length > 0, "a field is not behind the one before");
            last = parts.Offset;
        });
        Hold(input.AsSpan((int)end).SequenceEqual(told), "octets of the body were lost");
        Apart(input, dice, out var again, _ => { });
        Hold(told.SequenceEqual(again), "the message comes apart in another way where it is cut otherwise");
    }

    private static HeaderChanges Take(byte[] message)
    {
        var header = new HeaderChanges(Trace.Length);
        var parts = new MessageParts();
        for (var rest = message.AsSpan(); parts.Next(rest, true, out var consumed, out _) == MessagePart.Header; rest = rest[consumed..])
        {
            header.Found(parts.Name, parts.Offset, parts.Length);
        }

        header.Ended(parts);
        return header;
    }

    /// <summary>Where the body begins.</summary>
    private static long Apart(byte[] message, Dice dice, out byte[] body, Action<MessageParts> field)
    {
        var parts = new MessageParts();
        var told = new ArrayBufferWriter<byte>();
        var begins = 0L;
        for (var at = 0; ;)
        {
            var rest = message.AsSpan(at);
            var part = parts.Next(rest[..Piece(dice, rest.Length)], rest.IsEmpty, out var consumed, out var piece);
            at += consumed;
            switch (part)
            {
                case MessagePart.Header:
                    field(parts);
                    break;
                case MessagePart.HeaderEnd:
                    begins = parts.Offset;
                    break;
                case MessagePart.Body:
                    told.Write(piece);
                    break;
                case MessagePart.End:
                    body = told.WrittenSpan.ToArray();
                    return begins;
            }
        }
    }

    private static byte[] Read(ContentEdits? edits, byte[] stored)
    {
        if (edits is null)
        {
            return stored;
        }

        var whole = new byte[edits.LengthOf(stored.Length)];
        for (var at = 0; at < whole.Length;)
        {
            var read = edits.Read(at, whole.AsSpan(at), Stored);
            Hold(read > 0, "a changed message ends before its length");
            at += read;
        }

        return whole;

        int Stored(long offset, Span<byte> into)
        {
            var there = stored.AsSpan((int)Math.Min(offset, stored.Length));
            there = there[..Math.Min(there.Length, into.Length)];
            there.CopyTo(into);
            return there.Length;
        }
    }
}
