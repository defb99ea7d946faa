using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>BDAT: exactly the octets of each chunk, and one count over all of them, wherever line breaks fall (RFC 3030 §2).</summary>
internal sealed class ChunkTarget : FuzzTarget
{
    public override string Name => "chunk";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets("Subject: a\r\n\r\nb\r\n", "a\r", "\nb", "\r\n.\r\n", "\0\r\n\n", "", "Received: a\r\nReceived: b\r\n\r\n");

    public override void Try(byte[] input, Dice dice)
    {
        var decoder = new ChunkDecoder();
        var content = new List<byte>();
        for (var at = 0; at < input.Length || dice.OneIn(2);)
        {
            var size = dice.Next(input.Length - at + 1);
            var chunk = input.AsSpan(at, size);
            decoder.Begin(size);
            while (true)
            {
                var arrives = chunk[..Piece(dice, chunk.Length)];
                var status = decoder.Decode(arrives, out var consumed, out var slice);
                Hold(consumed <= arrives.Length, "more was consumed than there was");
                content.AddRange(slice);
                chunk = chunk[consumed..];
                if (status == BodyStatus.End)
                {
                    break;
                }
            }

            Hold(chunk.IsEmpty && decoder.Remaining == 0, "the chunk is not over");
            at += size;
        }

        decoder.Complete();
        Hold(content.SequenceEqual(input), "the content is another");
        var plain = new ChunkDecoder();
        plain.Begin(input.Length);
        for (var i = 0; i < input.Length; i++)
        {
            plain.Decode(input.AsSpan(i, 1), out _, out _);
        }

        plain.Complete();
        Hold(decoder.Report == plain.Report, $"counted {decoder.Report}, octet by octet {plain.Report}");
        Hold(decoder.Report.Octets == input.Length && decoder.Report.Nuls == input.Count(o => o == 0), "octets counted wrong");
    }
}
