using System.Security.Cryptography;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// The SHA-256 of a body that streams by, canonicalised (RFC 6376 §3.4.3, §3.4.4). Holds some kilobytes, whatever the body is: empty lines are counted until
/// it is known whether something follows them.
/// </summary>
internal sealed class BodyHash : IDisposable
{
    private static readonly byte[] _lines = [.. Enumerable.Repeat("\r\n"u8.ToArray(), 512).SelectMany(l => l)];

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Canonicalization _how;
    private readonly long? _most;
    private readonly byte[] _buffer;
    private int _buffered;
    private long _hashed;
    private long _lineEnds;                                         // seen, not hashed yet
    private bool _lastWasCr;
    private bool _blank;                                            // white space was seen, nothing behind it yet
    private bool _any;

    /// <param name="how">The canonicalisation.</param>
    /// <param name="most">Octets that count (l=); null: all.</param>
    public BodyHash(Canonicalization how, long? most)
    {
        (_how, _most) = (how, most);
        _buffer = how == Canonicalization.Relaxed ? new byte[4096] : [];
    }

    /// <summary>Octets of the canonical body so far, those beyond the limit too.</summary>
    public long Octets { get; private set; }

    /// <summary>Takes what comes next.</summary>
    public void Take(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return;
        }

        if (_lastWasCr)
        {
            _lastWasCr = false;
            if (body[0] == '\n')
            {
                EndLine();
                body = body[1..];
            }
            else
            {
                Data("\r"u8);
            }
        }

        if (_how == Canonicalization.Simple)
        {
            TakeSimple(body);
        }
        else
        {
            TakeRelaxed(body);
        }
    }

    /// <summary>The body is over: its hash.</summary>
    public byte[] Complete()
    {
        if (_lastWasCr)
        {
            _lastWasCr = false;
            Data("\r"u8);
        }

        if (_any || _how == Canonicalization.Simple)                // §3.4.3: an empty body is one line end; §3.4.4: nothing
        {
            Append("\r\n"u8);
        }

        Flush();
        return _hash.GetHashAndReset();
    }

    public void Dispose() => _hash.Dispose();

    /// <summary>All but the line ends at the end goes as it is.</summary>
    private void TakeSimple(ReadOnlySpan<byte> body)
    {
        if (!body.IsEmpty && body[^1] == '\r')
        {
            _lastWasCr = true;
            body = body[..^1];
        }

        var ends = 0;
        while (body.EndsWith("\r\n"u8))
        {
            ends++;
            body = body[..^2];
        }

        if (!body.IsEmpty)
        {
            Data(body);
        }

        _lineEnds += ends;
    }

    private void TakeRelaxed(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            switch (body[0])
            {
                case (byte)' ' or (byte)'\t':
                    _blank = true;
                    body = body[1..];
                    continue;
                case (byte)'\r' when body.Length == 1:
                    _lastWasCr = true;
                    return;
                case (byte)'\r' when body[1] == '\n':
                    EndLine();
                    body = body[2..];
                    continue;
            }

            var next = body[1..].IndexOfAny((byte)' ', (byte)'\t', (byte)'\r');
            var run = next < 0 ? body : body[..(next + 1)];
            Data(run);
            body = body[run.Length..];
        }
    }

    private void EndLine()
    {
        _blank = false;
        _lineEnds++;
    }

    private void Data(ReadOnlySpan<byte> octets)
    {
        for (; _lineEnds > 0; _lineEnds -= Math.Min(_lineEnds, _lines.Length / 2))
        {
            Append(_lines.AsSpan(0, (int)Math.Min(_lineEnds * 2, _lines.Length)));
        }

        if (_blank)
        {
            _blank = false;
            Append(" "u8);
        }

        _any = true;
        Append(octets);
    }

    private void Append(ReadOnlySpan<byte> octets)
    {
        Octets += octets.Length;
        if (_most is { } most && octets.Length > most - _hashed)
        {
            octets = octets[..(int)(most - _hashed)];
        }

        _hashed += octets.Length;
        if (octets.Length >= _buffer.Length)
        {
            Flush();
            _hash.AppendData(octets);
            return;
        }

        if (octets.Length > _buffer.Length - _buffered)
        {
            Flush();
        }

        octets.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += octets.Length;
    }

    private void Flush()
    {
        if (_buffered > 0)
        {
            _hash.AppendData(_buffer.AsSpan(0, _buffered));
            _buffered = 0;
        }
    }
}
