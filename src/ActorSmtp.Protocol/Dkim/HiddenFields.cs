using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// Looks for a From field that readers of mail do not agree upon: behind a line that is no field (for us the body begins there, others skip it and read on up to the empty line), or behind a
/// bare CR (which some take for the end of a line). Whoever writes such a one wants a reader to see another author than the one that was asked about. Streams; holds a few octets.
/// </summary>
internal sealed class HiddenFields
{
    private static ReadOnlySpan<byte> Name => "from"u8;

    private int _matched;               // octets of the name at the beginning of this line; -1: the line is another
    private bool _isEmptySoFar = true;  // the line has nothing but a CR yet
    private bool _lastWasCr;

    /// <summary>There is one.</summary>
    public bool Found { get; private set; }

    /// <summary>The empty line has come: what follows is the body for everybody.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether a field hides one behind a bare CR.</summary>
    public static bool HidesOne(HeaderField field)
    {
        var raw = HeaderLines.WithoutLineEnd(field.Raw.Span);
        for (int cr; (cr = raw.IndexOf((byte)'\r')) >= 0; raw = raw[(cr + 1)..])
        {
            var rest = raw[(cr + 1)..];
            if (rest.Length > Name.Length && Ascii.EqualsIgnoreCase(rest[..Name.Length], Name) && rest[Name.Length..].TrimStart(" \t"u8) is [(byte)':', ..])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes what comes behind the line that is no field, that line first.</summary>
    public void Take(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty && !IsOver && !Found)
        {
            if (_matched < 0 && !_lastWasCr)
            {
                var end = content.IndexOfAny((byte)'\r', (byte)'\n');
                if (end < 0)
                {
                    return;
                }

                content = content[end..];
            }

            Next(content[0]);
            content = content[1..];
        }
    }

    private void Next(byte octet)
    {
        if (octet == '\n')
        {
            IsOver = _isEmptySoFar;
            (_matched, _isEmptySoFar, _lastWasCr) = (0, true, false);
            return;
        }

        if (_lastWasCr)                 // a bare one: for some a new line begins, for others this one is not empty
        {
            (_matched, _isEmptySoFar) = (0, false);
        }

        _lastWasCr = octet == '\r';
        if (_lastWasCr)
        {
            return;
        }

        _isEmptySoFar = false;
        if (_matched == Name.Length && octet is (byte)' ' or (byte)'\t')
        {
            return;
        }

        Found = _matched == Name.Length && octet == ':';
        _matched = _matched >= 0 && _matched < Name.Length && (octet | 0x20) == Name[_matched] ? _matched + 1 : -1;
    }
}
