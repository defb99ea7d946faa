using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Protocol.Milter;

/// <summary>
/// The header of a message that several filters look at, and what they want changed in it, turned into changes of the stored content in the end. Each filter saw the
/// message as it came: what another one asks for does not shift the places that it names.
/// </summary>
/// <remarks>
/// As sendmail and Postfix count: the nth field of a name is counted among those that the filter was told, and ones that it deleted count no longer; places to insert at
/// count our own Received field as the first, so 0 is above it and 1 below.
/// </remarks>
public sealed class HeaderChanges
{
    /// <summary>Fields of a message that are known by their place. Those behind them stay as they are, whatever a filter wants.</summary>
    public const int MostFields = 4096;

    /// <summary>Changes of the header of one message, by all filters.</summary>
    public const int MostChanges = ContentEdits.Most / 2;

    private const int MostName = 256;
    private const int Nobody = -1;

    private readonly List<Item> _items = [];
    private long _end;
    private bool _endsInLineBreak = true;
    private bool _hasEmptyLine = true;
    private long _bodyAt;
    private int _changes;
    private int _inserted;
    private long _newBodyAt = Nobody;
    private long _cutFrom = Nobody;
    private long _cutTo = Nobody;

    /// <param name="trace">Octets in front that are ours and no filter was told: Received.</param>
    public HeaderChanges(long trace)
    {
        _end = _bodyAt = trace;
        _items.Add(new Item("", 0, trace));
    }

    /// <summary>How many changes there are.</summary>
    public int Count => _changes;

    /// <summary>A field of the message, in order.</summary>
    /// <param name="offset">Behind the trace fields.</param>
    public void Found(ReadOnlySpan<byte> name, long offset, long length)
    {
        var at = _items[0].Length + offset;
        if (_items.Count <= MostFields && name.Length <= MostName)
        {
            _items.Add(new Item(System.Text.Encoding.ASCII.GetString(name), at, length));
        }
        else if (_items[^1].Name.Length == 0 && _items.Count > 1)
        {
            _items[^1].Length += length;
        }
        else
        {
            _items.Add(new Item("", at, length));               // of these it is only known that they are there
        }
    }

    /// <summary>The header is over.</summary>
    public void Ended(MessageParts parts)
    {
        _end = _items[0].Length + parts.HeaderEnd;
        _bodyAt = _items[0].Length + parts.Offset;
        (_endsInLineBreak, _hasEmptyLine) = (parts.EndsInLineBreak, parts.HasEmptyLine);
    }

    /// <summary>A filter wants changes of the header: all of them are taken, or none.</summary>
    /// <param name="filter">Which of them, from 0.</param>
    /// <param name="wanted">Each a <see cref="MilterReply.NewHeader"/> or <see cref="MilterReply.ChangedHeader"/>, in order.</param>
    /// <param name="leadingSpace">What was negotiated: values bring the space behind the colon themselves.</param>
    /// <returns>What is wrong with them, for people; null: nothing.</returns>
    public string? TakeAll(int filter, IReadOnlyList<MilterReply> wanted, bool leadingSpace)
    {
        var texts = new List<(string Name, byte[]? Text)>(wanted.Count);
        var octets = 0;
        foreach (var wish in wanted)
        {
            var (name, value) = wish switch
            {
                MilterReply.NewHeader m => (m.Name, m.Value),
                MilterReply.ChangedHeader m => (m.Name, m.Value),
                _ => ("", []),
            };
            if (name.Length is 0 or > MostName || name.AsSpan().ContainsAnyExceptInRange('!', '~') || name.Contains(':', StringComparison.Ordinal))
            {
                return "names a header field that cannot be";
            }

            var text = wish is MilterReply.ChangedHeader { Value.Length: 0 } ? null : HeaderText.Of(name, value, leadingSpace);
            octets += text?.Length ?? 0;
            texts.Add((name, text));
        }

        if (_changes + wanted.Count > MostChanges || _inserted + octets > ContentEdits.MostInserted - 16)
        {
            return $"wants more than {MostChanges} changes of the header, or more than {ContentEdits.MostInserted} octets put in";
        }

        (_changes, _inserted) = (_changes + wanted.Count, _inserted + octets);
        for (var i = 0; i < wanted.Count; i++)
        {
            Take(filter, wanted[i], texts[i].Name, texts[i].Text);
        }

        return null;
    }

    /// <summary>Another body was stored behind the message: it takes the old one's place.</summary>
    /// <param name="at">Where it begins in what is stored.</param>
    public void BodyReplaced(long at) => (_newBodyAt, _cutFrom, _cutTo) = (at, Nobody, Nobody);

    /// <summary>These octets behind the message are nobody's: part of a body that a filter did not finish.</summary>
    public void Cut(long from, long to)
    {
        if (to > from)
        {
            (_cutFrom, _cutTo) = (_cutFrom < 0 ? from : _cutFrom, to);
        }
    }

    /// <summary>All of it as changes of the stored content; null: there are none.</summary>
    public ContentEdits? ToEdits()
    {
        var edits = ImmutableArray.CreateBuilder<ContentEdit>();
        var (at, removed) = (0L, 0L);
        var text = new List<byte>();
        foreach (var item in _items)
        {
            if (item.InsertedBy == Nobody && item.Text is null && item.DeletedBy == Nobody)
            {
                Flush();
                (at, removed) = (item.Offset + item.Length, 0);
                continue;
            }

            removed += item.InsertedBy == Nobody ? item.Length : 0;
            if (item.DeletedBy == Nobody && item.Text is { } put)
            {
                if (!_endsInLineBreak && (at, removed) == (_end, 0) && text.Count == 0)
                {
                    text.AddRange("\r\n"u8);                    // behind a field that nothing ended
                }

                text.AddRange(put);
            }
        }

        if (_newBodyAt >= 0 && !_hasEmptyLine)
        {
            text.AddRange(!_endsInLineBreak && (at, removed) == (_end, 0) && text.Count == 0 ? "\r\n\r\n"u8 : "\r\n"u8);
            removed = _newBodyAt - at;                          // the old body follows the header at once
        }

        Flush();
        if (_newBodyAt >= 0 && _hasEmptyLine)
        {
            (at, removed) = (_bodyAt, _newBodyAt - _bodyAt);
            Flush();
        }

        if (_cutFrom >= 0)
        {
            (at, removed) = (_cutFrom, _cutTo - _cutFrom);
            Flush();
        }

        return ContentEdits.Of(edits.ToImmutable());

        void Flush()
        {
            if (removed > 0 || text.Count > 0)
            {
                edits.Add(new ContentEdit(at, removed, text.ToArray()));
            }

            (at, removed) = (at + removed, 0);
            text.Clear();
        }
    }

    private void Take(int filter, MilterReply wanted, string name, byte[]? text)
    {
        switch (wanted)
        {
            case MilterReply.ChangedHeader change:
                Change(filter, Math.Max(1, change.Index), name, text);
                break;

            case MilterReply.NewHeader { Index: { } index }:
                _items.Insert(PlaceOf(filter, index), new Item(name, filter, text!));
                break;

            default:
                _items.Add(new Item(name, filter, text!));
                break;
        }
    }

    private void Change(int filter, uint index, string name, byte[]? text)
    {
        foreach (var item in _items)
        {
            if (item.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && item.IsSeenBy(filter) && --index == 0)
            {
                item.Text = text;
                item.DeletedBy = text is null ? filter : Nobody;
                return;
            }
        }

        if (text is not null)
        {
            _items.Add(new Item(name, filter, text));           // there is none: it is added, as sendmail does
        }
    }

    private int PlaceOf(int filter, uint index)
    {
        for (var i = 0; i < _items.Count; i++)
        {
            if (_items[i].IsSeenBy(filter) && index-- == 0)
            {
                return i;
            }
        }

        return _items.Count;
    }

    /// <summary>A field of the message, or one that a filter put in.</summary>
    private sealed class Item
    {
        public Item(string name, long offset, long length) => (Name, Offset, Length) = (name, offset, length);

        public Item(string name, int filter, byte[] text) => (Name, InsertedBy, Text) = (name, filter, text);

        public string Name { get; }

        public long Offset { get; }

        public long Length { get; set; }

        public int InsertedBy { get; } = Nobody;

        public int DeletedBy { get; set; } = Nobody;

        /// <summary>What stands there in place of what came.</summary>
        public byte[]? Text { get; set; }

        public bool IsSeenBy(int filter) => (InsertedBy == Nobody || InsertedBy == filter) && DeletedBy != filter;
    }
}
