using System.Globalization;
using System.Runtime.InteropServices;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>Which files there are, and what is set aside of them.</summary>
internal sealed unsafe partial class JournalRecovery
{
    private void OpenAll()
    {
        foreach (var name in directory.List().Where(SegmentUse.IsSegment).Order(StringComparer.Ordinal).ToList())
        {
            var file = directory.Open(name, DiskAccess.Write);
            _segments.Add(new Segment(name, file, (int)file.Length) { Id = SegmentUse.OfFirstPage(file, name) });
        }

        // Without a first page: never used, or its page is lost. Then its records tell, unless they claim what cannot be.
        _doubtful.AddRange(_segments.Where(segment => segment.Id == 0 && Extent(Load(segment)).Length > 0));
        var newest = _segments.Max(segment => (long?)segment.Id) ?? 0;
        var most = newest == 0 ? long.MaxValue : newest + _segments.Count;
        foreach (var segment in _doubtful)
        {
            var use = SegmentUse.OfRecords(Load(segment));
            segment.Id = use <= most && !_segments.Exists(other => other.Id == use) ? use : 0;
        }
    }

    /// <summary>
    /// Reports uses that no file has, and sets aside what files hold of which no use can be told. Such files without a missing use are those whose
    /// very first write was torn. Files of another size that were never used go; what cannot be set aside is left alone.
    /// </summary>
    private void Doubt(List<long> used, long last)
    {
        var gaps = SegmentUse.Gaps(used, _floor, last);
        foreach (var (first, end) in gaps)
        {
            _damage.Add(new RecoveryDamage("(none)", 0, 0, $"no file is use {first}{(end > first ? $" to {end}" : "")} of the journal's segments: what waited in it is lost, or in what is set aside", "nothing"));
        }

        foreach (var segment in _doubtful.Where(segment => segment.Id == 0 || (segment.Id < _floor && gaps.Count > 0)))
        {
            var bytes = Extent(Load(segment));
            try
            {
                var aside = SetAside(segment, 0, bytes);
                if (gaps.Count > 0)
                {
                    _damage.Add(new RecoveryDamage(segment.Name, 0, bytes.Length, "its use cannot be told", aside));
                }
                else
                {
                    _torn += bytes.Length;
                }
            }
            catch (DiskException)
            {
                segment.File.Dispose();
                _segments.Remove(segment);
            }
        }

        foreach (var segment in _segments.Where(segment => segment.Id == 0 && segment.Size != settings.SegmentSize).ToList())
        {
            segment.File.Dispose();
            _segments.Remove(segment);
            directory.Delete(segment.Name);
        }
    }

    /// <summary>Up to the last octet that is not zero.</summary>
    private static ReadOnlySpan<byte> Extent(ReadOnlySpan<byte> bytes) => bytes[..(bytes.LastIndexOfAnyExcept((byte)0) + 1)];

    private ReadOnlySpan<byte> Load(Segment segment)
    {
        if (_room < (nuint)segment.Size)
        {
            _room = (nuint)segment.Size;
            _bytes = (byte*)NativeMemory.Realloc(_bytes, _room);
        }

        var bytes = new Span<byte>(_bytes, segment.Size);
        return bytes[..segment.File.Read(bytes, 0)];
    }

    /// <summary>A whole record, as it is.</summary>
    private void SetAside(RecordPlace place, string what)
    {
        var bytes = new byte[place.Length];
        SetAside(place.Segment, place.Offset, bytes.AsSpan(0, place.Segment.File.Read(bytes, place.Offset)), what);
    }

    private void SetAside(Segment segment, int offset, ReadOnlySpan<byte> bytes, string what) =>
        _damage.Add(new RecoveryDamage(segment.Name, offset, bytes.Length, what, SetAside(segment, offset, bytes)));

    /// <summary>Answers where.</summary>
    private string SetAside(Segment segment, int offset, ReadOnlySpan<byte> bytes)
    {
        var path = $"{directory.Path}/damaged";
        var name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(segment.Name)}-{segment.Id}-{offset}.bin");
        disk.CreateDirectory(path);
        using var aside = disk.OpenDirectory(path);
        aside.Delete(name);
        using (var file = aside.Open(name, DiskAccess.CreateNew))
        {
            file.Write(bytes, 0);
            file.Sync();
        }

        aside.Sync();
        directory.Sync();
        return $"damaged/{name}";
    }
}
