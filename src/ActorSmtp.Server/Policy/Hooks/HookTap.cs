using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Hooks;

/// <summary>
/// Keeps what a hook is to be shown of a message while it comes in: so many octets of it and no more, within what all messages together may hold. Where that is used up it keeps
/// nothing, and the hook has failed for this message.
/// </summary>
/// <param name="isKnown">It is the message of somebody who logged in, or of a neighbour: strangers leave some of the memory to those.</param>
internal sealed class HookTap(HttpHookSettings settings, OctetBudget memory, bool isKnown) : IContentTap, IDisposable
{
    private const int Smallest = 4096;

    private byte[] _octets = [];
    private int _length;
    private Line _line;
    private bool _isOver;

    private enum Line : byte
    {
        Start,                              // nothing of it yet
        Return,                             // a CR, and if an LF comes, the empty line that ends the header
        Text,
    }

    /// <summary>What is shown.</summary>
    public ReadOnlySpan<byte> Octets => _octets.AsSpan(0, _length);

    /// <summary>There is more than is shown: of the header, or of the message.</summary>
    public bool IsCut { get; private set; }

    /// <summary>There was no room for it.</summary>
    public bool HasNoRoom { get; private set; }

    public bool Take(ReadOnlySpan<byte> content, Action ready)
    {
        if (_isOver)
        {
            return true;
        }

        var kept = settings.Content == HookContent.Header ? content[..EndOfHeader(content)] : content;
        var fits = Math.Min(kept.Length, settings.ContentLimit - _length);
        if (Grow(_length + fits))
        {
            kept[..fits].CopyTo(_octets.AsSpan(_length));
            _length += fits;
        }

        if (fits < kept.Length)
        {
            (IsCut, _isOver) = (true, true);
        }

        return true;
    }

    public void Dispose()
    {
        memory.GiveBack(_octets.Length);
        (_octets, _length, _isOver) = ([], 0, true);
    }

    /// <summary>How much of it is header; behind that nothing is looked at any more.</summary>
    private int EndOfHeader(ReadOnlySpan<byte> content)
    {
        for (var at = 0; at < content.Length; at++)
        {
            if (content[at] == '\n' && _line != Line.Text)
            {
                _isOver = true;
                return at + 1;
            }

            _line = content[at] switch
            {
                (byte)'\n' => Line.Start,
                (byte)'\r' when _line == Line.Start => Line.Return,
                _ => Line.Text,
            };
        }

        return content.Length;
    }

    private bool Grow(int length)
    {
        if (length <= _octets.Length)
        {
            return true;
        }

        var size = Math.Min(settings.ContentLimit, Math.Max(Smallest, Math.Max(length, 2 * _octets.Length)));
        if (!memory.TryTake(size - _octets.Length, isKnown))
        {
            (HasNoRoom, _isOver) = (true, true);
            return false;
        }

        Array.Resize(ref _octets, size);
        return true;
    }
}
