using System.Text;

namespace ActorSmtp.Server.Outbound;

/// <summary>The beginning of a message's record, read without keeping anything: a million are looked at when the queue is opened.</summary>
internal ref struct RecordGlance
{
    private RecordReader _from;
    private int _left;

    public RecordGlance(ReadOnlySpan<byte> octets)
    {
        _from = new RecordReader(octets);
        if (_from.Octet() != 1)
        {
            return;                                 // of another version: it has no destinations, and what loads it says so
        }

        MayWarn = _from.Octet() != 0;
        ReceivedAt = _from.Time() ?? default;
        IsWarned = _from.Time() is not null;
        _left = _from.Count();
    }

    public DateTimeOffset ReceivedAt { get; }

    public bool MayWarn { get; }

    public bool IsWarned { get; }

    /// <summary>Known when the destinations have been read.</summary>
    public bool OwesNotices { get; private set; }

    /// <summary>The next destination. False: that were all.</summary>
    public bool NextDestination(Span<char> name, out int length, out DateTimeOffset due, out int failures, out bool isHeld)
    {
        (length, due, failures, isHeld) = (0, default, 0, false);
        if (_left == 0 || _from.IsBad)
        {
            OwesNotices = _from.Count() > 0;
            return false;
        }

        _left--;
        _from.TextOctets(out var octets);
        length = Encoding.UTF8.GetChars(octets[..Math.Min(octets.Length, name.Length)], name);
        (due, failures, isHeld) = (_from.Time() ?? default, (int)_from.Number(), _from.Time() is not null);
        for (var recipients = _from.Count(); recipients > 0 && !_from.IsBad; recipients--)
        {
            _from.Number();
        }

        return !_from.IsBad;
    }
}
