using ActorSmtp.Protocol.Milter;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>Notes where the header fields of a message are while it is stored: what milters want changed is told by their names and numbers.</summary>
internal sealed class HeaderIndex(IKeptContent kept) : IContentTap
{
    private readonly MessageParts _parts = new();
    private HeaderChanges? _header;
    private bool _isOver;

    public bool SeesWhatIsKept => true;

    public bool Take(ReadOnlySpan<byte> content, Action ready)
    {
        if (!_isOver)
        {
            Look(content, ended: false);
        }

        return true;
    }

    /// <summary>All of the message has come.</summary>
    public HeaderChanges Finish()
    {
        if (!_isOver)
        {
            Look([], ended: true);
        }

        return _header!;
    }

    private void Look(ReadOnlySpan<byte> content, bool ended)
    {
        _header ??= new HeaderChanges(kept.Trace);
        while (!_isOver)
        {
            switch (_parts.Next(content, ended, out var consumed, out _))
            {
                case MessagePart.Header:
                    _header.Found(_parts.Name, _parts.Offset, _parts.Length);
                    break;

                case MessagePart.NeedMore:
                    return;

                default:
                    _header.Ended(_parts);
                    _isOver = true;
                    break;
            }

            content = content[consumed..];
        }
    }
}
