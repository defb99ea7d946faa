using System.Buffers;
using System.Globalization;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Writes messages as an mbox file: a "From " line, the message with LF line ends, an empty line. Lines that begin with
/// "From ", or with "&gt;"s and "From ", get one more "&gt;" (the mboxrd form), so that reading can undo it. Messages may
/// come in pieces of any size.
/// </summary>
public sealed class MboxWriter(IBufferWriter<byte> output)
{
    private int _matched;
    private int _quotes;
    private bool _atLineStart = true;
    private bool _heldCr;
    private bool _endsWithNewline = true;

    /// <summary>Begins a message. The sender is the envelope's; empty becomes MAILER-DAEMON. The date is written in UTC.</summary>
    public void Begin(string sender, DateTimeOffset date)
    {
        var name = string.Concat(sender.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c)));
        var line = string.Create(CultureInfo.InvariantCulture,
            $"From {(name.Length == 0 ? "MAILER-DAEMON" : name)} {date.UtcDateTime:ddd MMM} {date.UtcDateTime.Day,2} {date.UtcDateTime:HH:mm:ss yyyy}\n");
        output.Write(System.Text.Encoding.UTF8.GetBytes(line));
        _matched = _quotes = 0;
        _atLineStart = _endsWithNewline = true;
        _heldCr = false;
    }

    /// <summary>Takes the next piece of the message.</summary>
    public void Write(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (_heldCr)
            {
                _heldCr = false;
                if (piece[0] != '\n')
                {
                    Put("\r"u8);
                }
            }
            if (_atLineStart)
            {
                piece = piece[LineStart(piece)..];
                continue;
            }
            var end = piece.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                Put(piece);
                return;
            }
            Put(piece[..end]);
            if (piece[end] == '\n')
            {
                Put("\n"u8);
                _atLineStart = true;
            }
            else
            {
                _heldCr = true;
            }
            piece = piece[(end + 1)..];
        }
    }

    /// <summary>Ends the message: its last line is ended, and an empty line follows.</summary>
    public void End()
    {
        if (_heldCr)
        {
            _heldCr = false;
            Put("\r"u8);
        }
        if (_atLineStart)
        {
            Release();
        }
        output.Write(_endsWithNewline ? "\n"u8 : "\n\n"u8);
        _atLineStart = true;
    }

    // Holds back ">…From " until it is known whether the line needs quoting; answers how much of the piece it took.
    private int LineStart(ReadOnlySpan<byte> piece)
    {
        var from = "From "u8;
        for (var i = 0; i < piece.Length; i++)
        {
            if (_matched == 0 && piece[i] == '>')
            {
                _quotes++;
            }
            else if (piece[i] == from[_matched])
            {
                if (++_matched == from.Length)
                {
                    Put(">"u8);
                    Release();
                    return i + 1;
                }
            }
            else
            {
                Release();
                return i;
            }
        }
        return piece.Length;
    }

    private void Release()
    {
        for (; _quotes > 0; _quotes--)
        {
            Put(">"u8);
        }
        if (_matched > 0)
        {
            Put("From "u8[.._matched]);
        }
        _matched = 0;
        _atLineStart = false;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            output.Write(bytes);
            _endsWithNewline = bytes[^1] == '\n';
        }
    }
}
