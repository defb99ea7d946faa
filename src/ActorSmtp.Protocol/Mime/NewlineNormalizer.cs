using System.Buffers;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Turns LF, CR and CRLF line ends into CRLF, for messages from files (<c>--eml</c>). Pieces may cut a CRLF in two. What
/// has CRLF only comes out as it went in.
/// </summary>
public struct NewlineNormalizer
{
    private bool _afterCr;

    /// <summary>True when something was changed.</summary>
    public bool Changed { get; private set; }

    public void Write(ReadOnlySpan<byte> piece, IBufferWriter<byte> output)
    {
        while (!piece.IsEmpty)
        {
            if (_afterCr)
            {
                _afterCr = false;
                output.Write("\r\n"u8);
                if (piece[0] == '\n')
                {
                    piece = piece[1..];
                    continue;
                }
                Changed = true;
            }
            var end = piece.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                output.Write(piece);
                return;
            }
            output.Write(piece[..end]);
            if (piece[end] == '\r')
            {
                _afterCr = true;
            }
            else
            {
                output.Write("\r\n"u8);
                Changed = true;
            }
            piece = piece[(end + 1)..];
        }
    }

    /// <summary>The end: a CR that came last becomes a line end.</summary>
    public void End(IBufferWriter<byte> output)
    {
        if (_afterCr)
        {
            _afterCr = false;
            Changed = true;
            output.Write("\r\n"u8);
        }
    }
}
