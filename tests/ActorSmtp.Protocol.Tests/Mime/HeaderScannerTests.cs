using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

public class HeaderScannerTests
{
    private static readonly byte[] Mail = Encoding.ASCII.GetBytes(
        "Received: one\r\nRECEIVED : two\r\n\tgoes on\r\nSubject: s\nReceived-SPF: no\r\n\r\nReceived: in the body\r\n");

    [Fact]
    public void Hops_are_counted_in_the_header_alone() => Assert.Equal(2, HeaderScanner.Count(Mail, "Received"u8));

    [Fact]
    public void A_field_is_found_with_its_raw_bytes()
    {
        var found = new List<string>();
        foreach (var field in new HeaderScanner(Mail))
        {
            found.Add($"{field.Offset}|{Encoding.ASCII.GetString(field.Name)}|{Encoding.ASCII.GetString(field.RawValue)}|{field.Field.Length}");
        }
        Assert.Equal(["0|Received| one|15", "15|RECEIVED| two\r\n\tgoes on|26", "41|Subject| s|11", "52|Received-SPF| no|18"], found);
        Assert.True(HeaderScanner.TryFind(Mail, "subject"u8, out var subject));
        Assert.Equal(41, subject.Offset);
        Assert.False(HeaderScanner.TryFind(Mail, "To"u8, out _));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("\r\nbody", 2)]
    [InlineData("A: b\r\n\r\nbody", 8)]
    [InlineData("A: b\n\nbody", 6)]
    [InlineData("A: b", 4)]
    [InlineData("A: b\r\nno field\r\nC: d\r\n\r\n", 6)]
    [InlineData("no field", 0)]
    [InlineData("From ann Mon\nA: b\n\nx", 19)]
    [InlineData(" stray\r\nA: b\r\n\r\nx", 16)]
    public void The_body_begins_after_the_empty_line_or_where_no_field_stands(string mail, int body) =>
        Assert.Equal(body, HeaderScanner.FindBody(Encoding.ASCII.GetBytes(mail)));

    [Fact]
    public void Scanning_allocates_nothing()
    {
        HeaderScanner.Count(Mail, "Received"u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            HeaderScanner.Count(Mail, "Received"u8);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_collector_stops_at_its_limit_and_keeps_what_it_has()
    {
        var collector = new HeaderCollector(100);
        var progress = collector.Append(Encoding.ASCII.GetBytes("A: b\r\n" + new string('x', 200) + ": y\r\n\r\n"), out var consumed);
        Assert.Equal(HeaderProgress.TooLong, progress);
        Assert.Equal(6, consumed);
        Assert.Equal("A", Assert.Single(collector.Headers(MimeLimits.Ample)).Name);
        Assert.Equal(HeaderProgress.TooLong, collector.Append("more"u8, out _));
    }

    [Fact]
    public void A_collector_takes_the_header_and_leaves_the_body()
    {
        var collector = new HeaderCollector(1000);
        Assert.Equal(HeaderProgress.Complete, collector.Append("A: b\r\n\r\nbody"u8, out var consumed));
        Assert.Equal(8, consumed);
    }

    [Fact]
    public void Fields_beyond_the_limits_are_left_out_with_a_defect()
    {
        var many = MimeReader.Read(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 50).Select(i => $"X-{i}: y\r\n")) + "\r\nbody"), new MimeLimits(5, 5, 10, 1000));
        Assert.Equal(10, many.Headers.Count);
        Assert.True(many.Defects.Has(MimeDefectKind.HeaderLimit));
        Assert.Equal("body", MimeBodies.Text(many));
        var big = MimeReader.Read(Encoding.ASCII.GetBytes($"A: {new string('x', 2000)}\r\nB: c\r\n\r\nbody"), new MimeLimits(5, 5, 10, 1000));
        Assert.Empty(big.Headers);
        Assert.Equal("body", MimeBodies.Text(big));
    }
}
