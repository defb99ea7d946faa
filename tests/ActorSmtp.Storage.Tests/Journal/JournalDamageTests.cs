using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>What was on the disk and is not, or cannot be read: nothing of it is overlooked, used again or deleted.</summary>
public sealed class JournalDamageTests : JournalSteps
{
    private static StorageSettings Settings => TestMail.Settings("/data");

    [Fact]
    public void A_segment_whose_beginning_is_lost_is_known_by_its_records()
    {
        var segment = Messages(use: 7, count: 4);
        segment.Bytes.AsSpan(0, Segment.Page + 50).Clear();
        segment.Put(Disk, "000001.seg");
        Assert.Equal(3, JournalReader.Read(Disk, "/data", null, default).Waiting);
        var store = Open(Settings, out var report);
        Assert.Equal(3, Take(store).Length);
        Assert.Single(report.Damage);
    }

    [Fact]
    public void A_segment_that_is_missing_is_reported()
    {
        Messages(use: 4, count: 1).Add(new RecordHeader { Kind = RecordKind.Seal }, []).Put(Disk, "000001.seg");
        Messages(use: 6, count: 1, floor: 4).Put(Disk, "000003.seg");
        Assert.Equal(1, JournalReader.Read(Disk, "/data", null, default).Damage);
        var store = Open(Settings, out var report);
        Assert.Equal(2, Take(store).Length);
        Assert.Contains("use 5", Assert.Single(report.Damage).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_which_nothing_can_be_told_is_set_aside_before_it_is_used_again()
    {
        var harmed = new byte[1 << 20];
        TestMail.Content(1, 100_000).CopyTo(harmed, 5000);
        Messages(use: 4, count: 1).Put(Disk, "000001.seg");
        JournalBytes.Put(Disk, "000002.seg", harmed);
        Messages(use: 6, count: 1, floor: 4).Put(Disk, "000003.seg");
        Open(Settings, out var report);
        var aside = Assert.Single(report.Damage, damage => damage.Segment == "000002.seg");
        Assert.Equal(harmed[..105_000], JournalBytes.Read(Disk, aside.SetAside));
    }

    [Fact]
    public void A_file_of_another_size_is_set_aside_before_it_goes()
    {
        JournalBytes.Put(Disk, "000001.seg", TestMail.Content(1, 5000));
        Open(Settings);
        Assert.Equal(TestMail.Content(1, 5000), JournalBytes.Read(Disk, "damaged/000001-0-0.bin"));
    }

    [Theory]
    [InlineData("a.seg")]
    [InlineData("000001 (copy).seg")]
    [InlineData("-00001.seg")]
    public void A_foreign_file_is_left_alone(string name)
    {
        var segment = Messages(use: 1, count: 1).Put(Disk, name);
        var store = Open(Settings);
        Assert.Empty(Take(store));
        Assert.Equal(segment.Bytes, JournalBytes.Read(Disk, name));
    }

    [Fact]
    public void An_envelope_of_another_version_stops_the_start_and_nothing_is_touched()
    {
        var segment = Unknown();
        segment.Put(Disk, "000001.seg");
        var refused = Assert.Throws<StoreException>(() => Open(Settings));
        Assert.Contains("000001.seg", refused.Message, StringComparison.Ordinal);
        Assert.Contains("run the version that wrote it", refused.Message, StringComparison.Ordinal);
        Assert.Equal(segment.Bytes, JournalBytes.Read(Disk, "000001.seg"));
    }

    [Fact]
    public void An_envelope_of_another_version_does_not_matter_when_the_message_was_delivered()
    {
        Unknown().Add(new RecordHeader { Kind = RecordKind.Done }, DoneList.Write([(9, -1)])).Put(Disk, "000001.seg");
        Assert.Empty(Take(Open(Settings)));
    }

    [Fact]
    public void Of_a_message_that_has_lost_a_part_all_others_are_set_aside_whole()
    {
        var id = TestMail.NextId();
        byte[][] parts = [TestMail.Content(1, 3000), TestMail.Content(2, 3001), TestMail.Content(3, 3002), TestMail.Content(4, 500)];
        var segment = new JournalBytes(use: 1);
        for (var i = 0; i < 3; i++)
        {
            segment.Add(new RecordHeader { Kind = RecordKind.Chunk, Id = id, Index = i, Total = parts.Sum(part => part.Length) }, parts[i]);
        }

        segment.Add(new RecordHeader { Kind = RecordKind.Commit, Id = id, Index = 3, Order = 9, Total = parts.Sum(part => part.Length) }, parts[3], JournalBytes.Envelope(id))
            .AddMessage(TestMail.NextId(), [1]);
        segment.Bytes[segment.Places[1].Offset + 1000] ^= 4;
        segment.Put(Disk, "000001.seg");
        var store = Open(Settings, out var report);
        Assert.Single(Take(store));
        Assert.Equal(4, report.Damage.Length);
        foreach (var (offset, length) in segment.Places.Take(4))
        {
            var damage = Assert.Single(report.Damage, damage => damage.Offset <= offset && offset < damage.Offset + damage.Octets);
            Assert.Equal(segment.Bytes.AsSpan(offset, length).ToArray(), JournalBytes.Read(Disk, damage.SetAside).AsSpan(offset - (int)damage.Offset, length).ToArray());
        }
    }

    private static JournalBytes Messages(long use, int count, long floor = 0)
    {
        var segment = new JournalBytes(use, floor == 0 ? use : floor);
        for (; count > 0; count--)
        {
            segment.AddMessage(TestMail.NextId(), TestMail.Content(count, 700));
        }

        return segment;
    }

    /// <summary>A message with the order 9 and an envelope of the future.</summary>
    private static JournalBytes Unknown()
    {
        var id = TestMail.NextId();
        var envelope = JournalBytes.Envelope(id);
        envelope[0] = 99;
        return new JournalBytes(use: 1).Add(new RecordHeader { Kind = RecordKind.Message, Id = id, Order = 9 }, TestMail.Content(1, 100), envelope);
    }
}
