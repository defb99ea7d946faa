using System.Globalization;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>Which files are segments, which use each is in, and which uses no file has.</summary>
internal static class SegmentUse
{
    /// <summary>Whether a file's name is a segment's (<c>NNNNNN.seg</c>); others are not ours and are left alone.</summary>
    public static bool IsSegment(string name) => TryNumber(name, out _);

    public static bool TryNumber(string name, out int number)
    {
        number = 0;
        return name.Length >= 10 && name.EndsWith(".seg", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(0, name.Length - 4), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The use by the file's first page; 0 where that cannot be read, or the file was never used.</summary>
    /// <exception cref="StoreException">Another version wrote it.</exception>
    public static long OfFirstPage(IDiskFile file, string name)
    {
        var page = new byte[Segment.Page];
        return Segment.ReadHeader(page.AsSpan(0, file.Read(page, 0)), name);
    }

    /// <summary>
    /// The use by the first unharmed record, for a file whose first page is lost; 0 where there is none. Content of an unharmed record is not
    /// looked into, so nobody can send what looks like one.
    /// </summary>
    public static long OfRecords(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var hit = bytes[at..].IndexOf("AMSJ"u8);
            if (hit < 0)
            {
                return 0;
            }

            at += hit;
            if (at % 8 == 0 && RecordHeader.TryRead(bytes[at..], out var header) && header.Segment > 0
                && Crc32C.Of(bytes.Slice(at + RecordHeader.Size, header.PayloadLength)) == header.PayloadCrc)
            {
                return header.Segment;
            }

            at++;
        }

        return 0;
    }

    /// <summary>
    /// Uses from the floor to the last one with records that no file has, as first and last of each gap. The lowest needed one may be
    /// missing in order: where a start had no free file it takes the oldest that holds nothing any more, and a crash may come before its first record.
    /// </summary>
    /// <param name="uses">In order.</param>
    public static List<(long First, long Last)> Gaps(IEnumerable<long> uses, long floor, long last)
    {
        var gaps = new List<(long First, long Last)>();
        var expected = Math.Max(1, floor);
        var begun = false;
        foreach (var use in uses)
        {
            begun |= use > last;
            if (use >= expected && use <= last)
            {
                if (use > expected)
                {
                    gaps.Add((expected, use - 1));
                }

                expected = use + 1;
            }
        }

        if (begun && gaps.Count > 0 && gaps[0].First == floor)
        {
            gaps[0] = (floor + 1, gaps[0].Last);
        }

        gaps.RemoveAll(gap => gap.First > gap.Last);
        return gaps;
    }
}
