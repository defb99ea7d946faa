using System.Buffers;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>A segment made record by record, each in a batch of its own.</summary>
internal sealed class JournalBytes
{
    private readonly long _use;
    private readonly long _floor;
    private long _sequence;
    private int _at = Segment.Page;

    public JournalBytes(long use, long floor = 0)
    {
        (_use, _floor, _sequence) = (use, floor, use * 100);
        Segment.WriteHeader(Bytes.AsSpan(0, Segment.Page), use, Bytes.Length);
    }

    public byte[] Bytes { get; } = new byte[1 << 20];

    /// <summary>Where each record begins, and its length.</summary>
    public List<(int Offset, int Length)> Places { get; } = [];

    public static byte[] Envelope(MailId id, params string[] recipients)
    {
        var envelope = new ArrayBufferWriter<byte>();
        EnvelopeCodec.Write(TestMail.Envelope(id, recipients), envelope);
        return envelope.WrittenSpan.ToArray();
    }

    /// <summary>A message of its own.</summary>
    public JournalBytes AddMessage(MailId id, byte[] content) => Add(new RecordHeader { Kind = RecordKind.Message, Order = _sequence, Id = id }, content, Envelope(id));

    /// <summary>Total and sums are filled in where they are not given.</summary>
    public JournalBytes Add(RecordHeader header, byte[] content, byte[]? envelope = null)
    {
        byte[] payload = [.. content, .. envelope ?? []];
        (header.Segment, header.Floor, header.Stable, header.Sequence) = (_use, _floor, _at, _sequence++);
        header.Total = header.Total == 0 ? content.Length : header.Total;
        (header.ContentLength, header.EnvelopeLength, header.PayloadCrc) = (content.Length, payload.Length - content.Length, Crc32C.Of(payload));
        header.Write(Bytes.AsSpan(_at));
        payload.CopyTo(Bytes.AsSpan(_at + RecordHeader.Size));
        Places.Add((_at, header.RecordLength));
        _at = (_at + header.RecordLength + Segment.Page - 1) & -Segment.Page;
        return this;
    }

    public JournalBytes Put(SimulatedDisk disk, string name)
    {
        Put(disk, name, Bytes);
        return this;
    }

    public static void Put(SimulatedDisk disk, string name, byte[] bytes)
    {
        disk.CreateDirectory("/data");
        disk.CreateDirectory("/data/journal");
        using var directory = disk.OpenDirectory("/data/journal");
        using var file = directory.Open(name, DiskAccess.CreateNew);
        file.Write(bytes, 0);
    }

    public static byte[] Read(SimulatedDisk disk, string name)
    {
        using var directory = disk.OpenDirectory("/data/journal" + (name.Contains('/', StringComparison.Ordinal) ? "/damaged" : ""));
        using var file = directory.Open(name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..], DiskAccess.Read);
        return file.ReadAll();
    }
}
