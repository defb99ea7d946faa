using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// What is read of Delivered-To fields: whether one of them names an address that is watched. Bounded in length and number: whoever sends more than
/// a hundred of them sends mail that goes in a circle.
/// </summary>
internal sealed class DeliveredToValue
{
    private const int Most = 100;

    private readonly byte[] _octets = new byte[CommandParser.MaxPath + 2];
    private int _length;        // beyond the room: it is too long to be an address
    private int _fields;
    private bool _found;

    public void Add(byte octet)
    {
        if (_length < _octets.Length)
        {
            _octets[_length] = octet;
        }

        _length = Math.Min(_length + 1, _octets.Length + 1);
    }

    /// <summary>The field has ended.</summary>
    public void End(IReadOnlySet<Mailbox> watched)
    {
        _found |= ++_fields > Most || IsWatched(watched);
        _length = 0;
    }

    /// <param name="isOver">What was read last is a whole field.</param>
    public bool IsFoundIn(IReadOnlySet<Mailbox> watched, bool isOver) => _found || (isOver && IsWatched(watched));

    private bool IsWatched(IReadOnlySet<Mailbox> watched)
    {
        if (_length > _octets.Length)
        {
            return false;
        }

        var value = _octets.AsSpan(0, _length);
        value = value is [(byte)'<', .., (byte)'>'] ? value[1..^1] : value;
        return Mailbox.TryParse(Encoding.UTF8.GetString(value)) is { } address && watched.Contains(address);
    }
}
