using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>A journal cut at every octet, flipped at every place, and read with an old use of the file behind it.</summary>
public sealed class JournalCutTests
{
    private const string Name = "000001.seg";

    [Fact]
    public void Cut_at_every_octet_it_keeps_every_record_before_the_cut()
    {
        var (bytes, ends) = Written(messages: 6, batch: 2);
        for (var cut = Segment.Page; cut <= ends[^1]; cut++)
        {
            var cutOff = bytes.ToArray();
            cutOff.AsSpan(cut).Clear();
            var (found, report) = Recover(cutOff);
            Assert.True(Whole(bytes, cutOff, ends) == found.Count, $"cut at {cut}: {found.Count} messages found");
            Assert.Empty(report.Damage);
        }
    }

    [Fact]
    public void Cut_at_every_octet_before_the_leavings_of_an_earlier_use_it_takes_none_of_them_for_new()
    {
        var (old, _) = Written(messages: 7, batch: 1, use: 5);
        var (bytes, ends) = Written(messages: 3, batch: 1, use: 9);
        for (var cut = Segment.Page; cut <= ends[^1]; cut++)
        {
            byte[] mixed = [.. bytes.AsSpan(0, cut), .. old.AsSpan(cut)];
            var (found, _) = Recover(mixed);
            Assert.True(Whole(bytes, mixed, ends) == found.Count, $"cut at {cut}: {found.Count} messages found");
        }
    }

    [Fact]
    public void A_flipped_bit_harms_one_record_and_is_reported_when_it_had_been_stable()
    {
        var (bytes, ends) = Written(messages: 8, batch: 1);
        var random = new Random(1);
        for (var at = Segment.Page; at < ends[^2]; at += 3)
        {
            var index = ends.FindIndex(end => at < end);
            var start = index == 0 ? Segment.Page : (ends[index - 1] + Segment.Page - 1) / Segment.Page * Segment.Page;
            if (at < start)
            {
                at = start - 3;
                continue;                           // the zeros between two batches
            }

            var flipped = bytes.ToArray();
            flipped[at] ^= (byte)(1 << random.Next(8));
            var (found, report) = Recover(flipped);
            Assert.True(found.Count == 7, $"flipped at {at}: {found.Count} messages found");
            Assert.True(report.Damage.Length == 1, $"flipped at {at}: {report.Damage.Length} places reported");
            Assert.Equal(Name, report.Damage[0].Segment);
        }
    }

    [Fact]
    public void Zeroed_sectors_in_the_middle_are_reported_and_those_behind_are_found()
    {
        var (bytes, ends) = Written(messages: 8, batch: 1);
        for (var at = Segment.Page; at < ends[^2]; at += 512)
        {
            var zeroed = bytes.ToArray();
            if (!zeroed.AsSpan(at, 512).ContainsAnyExcept((byte)0))
            {
                continue;
            }

            zeroed.AsSpan(at, 512).Clear();
            var (found, report) = Recover(zeroed);
            Assert.Equal(7, found.Count);
            Assert.Single(report.Damage);
        }
    }

    [Fact]
    public void What_is_set_aside_holds_the_harmed_octets()
    {
        var (bytes, _) = Written(messages: 4, batch: 1);
        bytes[Segment.Page + 200] ^= 0x40;
        var disk = Disk(bytes);
        var report = Open(disk).Report;
        var damage = Assert.Single(report.Damage);
        using var directory = disk.OpenDirectory("/data/journal/damaged");
        using var file = directory.Open(damage.SetAside["damaged/".Length..], DiskAccess.Read);
        Assert.Equal(bytes.AsSpan((int)damage.Offset, (int)damage.Octets).ToArray(), file.ReadAll());
    }

    [Fact]
    public void Another_version_s_journal_is_not_touched()
    {
        var (bytes, _) = Written(messages: 1, batch: 1);
        bytes[8] = 9;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), Crc32C.Of(bytes.AsSpan(0, 24)));
        var refused = Assert.Throws<StoreException>(() => Recover(bytes));
        Assert.Contains("format version 9", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_sees_the_records_and_counts_what_waits()
    {
        var (bytes, _) = Written(messages: 5, batch: 2);
        var entries = new List<JournalEntry>();
        var summary = JournalReader.Read(Disk(bytes), "/data", entries.Add, default);
        Assert.Equal(5, summary.Waiting);
        Assert.Equal(0, summary.Damage);
        Assert.Equal(5, entries.Count(entry => entry.Kind == "message" && entry.Envelope!.Id == entry.Id));
        Assert.Equal(entries.Select(entry => entry.Sequence).Order(), entries.Select(entry => entry.Sequence));
    }

    /// <summary>Messages whose octets are all still there (what is cut off may have been zeros anyhow).</summary>
    private static int Whole(byte[] before, byte[] after, List<int> ends) =>
        ends.Count(end => before.AsSpan(0, end).SequenceEqual(after.AsSpan(0, end)));

    /// <summary>A segment's octets with messages in batches, and the end of each message's record.</summary>
    private static (byte[] Bytes, List<int> Ends) Written(int messages, int batch, long use = 1)
    {
        var bytes = new byte[1 << 20];
        Segment.WriteHeader(bytes.AsSpan(0, Segment.Page), use, bytes.Length);
        var (at, stable, ends) = (Segment.Page, Segment.Page, new List<int>());
        for (var i = 0; i < messages; i++)
        {
            if (i > 0 && i % batch == 0)
            {
                stable = at = (at + Segment.Page - 1) / Segment.Page * Segment.Page;
            }

            var id = TestMail.NextId();
            var envelope = new System.Buffers.ArrayBufferWriter<byte>();
            EnvelopeCodec.Write(TestMail.Envelope(id), envelope);
            var content = TestMail.Content(i, 300 + (i * 7));
            byte[] payload = [.. content, .. envelope.WrittenSpan];
            var header = new RecordHeader
            {
                Kind = RecordKind.Message,
                Segment = use,
                Sequence = (use * 100) + i,
                Order = (use * 100) + i,
                Floor = use,
                Stable = stable,
                Id = id,
                Total = content.Length,
                ContentLength = content.Length,
                EnvelopeLength = envelope.WrittenCount,
                PayloadCrc = Crc32C.Of(payload),
            };
            header.Write(bytes.AsSpan(at));
            payload.CopyTo(bytes.AsSpan(at + RecordHeader.Size));
            ends.Add(at + RecordHeader.Size + payload.Length);
            at += header.RecordLength;
        }

        return (bytes, ends);
    }

    private static (IReadOnlyList<JournalMail> Found, RecoveryReport Report) Recover(byte[] bytes) => Open(Disk(bytes));

    private static (IReadOnlyList<JournalMail> Found, RecoveryReport Report) Open(SimulatedDisk disk)
    {
        var settings = TestMail.Settings("/data");
        var store = new JournalMailStore(settings, disk, new SteppedThreads(TimeProvider.System), null, TimeProvider.System);
        using var directory = disk.OpenDirectory("/data/journal");
        var recovery = new JournalRecovery(store, disk, directory, settings, TestMail.Noon);
        var report = recovery.Run(default);
        return (recovery.Waiting, report);
    }

    private static SimulatedDisk Disk(byte[] bytes)
    {
        var disk = new SimulatedDisk(1);
        disk.CreateDirectory("/data");
        disk.CreateDirectory("/data/journal");
        using var directory = disk.OpenDirectory("/data/journal");
        using var file = directory.Open(Name, DiskAccess.CreateNew);
        file.Write(bytes, 0);
        return disk;
    }
}
