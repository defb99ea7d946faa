using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// A segment of the journal as a crash or a bad disk may leave it: read to its end without an exception; every record that is taken lies inside, in
/// order, and is one of those written, octet for octet.
/// </summary>
internal sealed class JournalTarget : FuzzTarget
{
    private const long Number = 7;
    private static readonly byte[] Good = MakeSegment(out _);
    private static readonly HashSet<string> Written = Payloads();

    public override string Name => "journal";

    public override IReadOnlyList<byte[]> Corpus { get; } = [Good, Good[..9000], Good[..4096], new byte[8192]];

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets("AMSJ", "\0\0\0\0\0\0\0\0", "\u00ff\u00ff\u00ff\u00ff"), Good[4096..4184], new byte[4096]];

    public override int MaxLength => 32768;

    public override void Try(byte[] input, Dice dice)
    {
        var scanner = new SegmentScanner(input, Number, dice.OneIn(3), dice.OneIn(3) ? dice.Next(input.Length + 1) : 0);
        var (last, position) = (-1L, -1);
        for (var found = scanner.Next(); found != Found.End; found = scanner.Next())
        {
            Hold(scanner.Position > position || (scanner.Position == input.Length && found != Found.Record && last >= 0), $"{found} at {scanner.Position} and again");   // what is missing at the very end
            Hold(scanner.Position <= input.Length, "beyond the end");
            position = scanner.Position;
            if (found != Found.Record)
            {
                Hold(scanner.Offset >= 0 && scanner.BadLength >= 0, "a harmed place that is none");
                continue;
            }

            Hold(scanner.Header.Sequence > last, $"number {scanner.Header.Sequence} behind {last}");
            last = scanner.Header.Sequence;
            Hold(Written.Contains(Convert.ToBase64String(scanner.Payload)), "a record that nobody wrote");
            _ = EnvelopeCodec.TryRead(scanner.Envelope, out _);
        }

        _ = EnvelopeCodec.TryRead(input, out _);
    }

    private static byte[] MakeSegment(out List<byte[]> payloads)
    {
        payloads = [];
        var dice = new Dice(3);
        var segment = new byte[16384];
        var at = Segment.Page;
        for (var i = 0; i < 24 && at < segment.Length - 1200; i++)
        {
            var payload = new byte[dice.Next(600)];
            for (var j = 0; j < payload.Length; j++)
            {
                payload[j] = dice.Octet();
            }

            payloads.Add(payload);
            var header = new RecordHeader
            {
                Kind = (RecordKind)dice.Next(1, 4),
                Segment = Number,
                Sequence = 100 + i,
                Stable = at,
                ContentLength = payload.Length / 2,
                EnvelopeLength = payload.Length - (payload.Length / 2),
                Total = payload.Length / 2,
                Order = 100 + i,
                PayloadCrc = Crc32C.Of(payload),
            };
            header.Write(segment.AsSpan(at));
            payload.CopyTo(segment, at + RecordHeader.Size);
            at += header.RecordLength;
            at = dice.OneIn(4) ? (at + Segment.Page - 1) & -Segment.Page : at;
        }

        return segment;
    }

    private static HashSet<string> Payloads()
    {
        MakeSegment(out var payloads);
        return [.. payloads.Select(p => Convert.ToBase64String(p))];
    }
}
