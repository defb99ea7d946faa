using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>What the fuzzer found in the reading of segments.</summary>
public class SegmentScannerTests
{
    [Fact]
    public void A_file_cut_anywhere_behind_its_header_is_read_to_its_end()
    {
        var payload = new byte[13];                                     // not a multiple of the records' alignment
        var bytes = new byte[Segment.Page + RecordHeader.Align(RecordHeader.Size + payload.Length)];
        new RecordHeader { Kind = RecordKind.Message, Segment = 1, Sequence = 1, Stable = Segment.Page, ContentLength = payload.Length, PayloadCrc = Crc32C.Of(payload) }
            .Write(bytes.AsSpan(Segment.Page));
        for (var length = 0; length <= bytes.Length; length++)
        {
            var scanner = new SegmentScanner(bytes.AsSpan(0, length), segment: 1, hasSuccessor: false, end: 0);
            var records = 0;
            for (var found = scanner.Next(); found != Found.End; found = scanner.Next())
            {
                records += found == Found.Record ? 1 : 0;
            }

            Assert.Equal(length >= Segment.Page + RecordHeader.Size + payload.Length ? 1 : 0, records);
        }
    }
}
