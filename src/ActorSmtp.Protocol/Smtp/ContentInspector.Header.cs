namespace ActorSmtp.Protocol.Smtp;

/// <summary>What is read of the first header block on the way.</summary>
internal sealed partial class ContentInspector
{
    /// <summary>
    /// Counts "Received" fields, reads "TLS-Required", and "Delivered-To" where addresses are watched, line by line until the empty line; any LF ends a line here, so that none hides.
    /// </summary>
    private void ReadHeader(ReadOnlySpan<byte> s)
    {
        for (var at = 0; at < s.Length; at++)
        {
            var c = s[at];
            switch (_header)
            {
                case HeaderState.LineStart when c == '\n':
                case HeaderState.CrAtLineStart when c == '\n':
                    _header = HeaderState.Over;
                    return;
                case HeaderState.LineStart when c == '\r':
                    _header = HeaderState.CrAtLineStart;
                    break;
                case HeaderState.LineStart:
                    _matched = 0;
                    _field = c switch
                    {
                        (byte)'t' or (byte)'T' => Field.TlsRequired,
                        (byte)'d' or (byte)'D' when _watched is not null => Field.DeliveredTo,
                        _ => Field.Received,
                    };
                    _header = HeaderState.Matching;
                    goto case HeaderState.Matching;
                case HeaderState.Matching:
                    var name = Name;
                    if (_matched < name.Length && (c == name[_matched] || (char.IsAsciiLetter((char)c) && (c | 0x20) == name[_matched])))
                    {
                        _matched++;
                    }
                    else if (_matched == name.Length && c is (byte)' ' or (byte)'\t')
                    {
                        _header = HeaderState.BlankBeforeColon;      // RFC 5322 §4.5.8 allowed it once
                    }
                    else
                    {
                        EndOfName(c, name.Length);
                    }

                    break;
                case HeaderState.BlankBeforeColon when c is (byte)' ' or (byte)'\t':
                    break;
                case HeaderState.BlankBeforeColon:
                    EndOfName(c, Name.Length);
                    break;
                case HeaderState.Rest:
                    var lf = s[at..].IndexOf((byte)'\n');
                    if (lf < 0)
                    {
                        return;
                    }

                    at += lf;
                    _header = HeaderState.LineStart;
                    break;
                case HeaderState.DeliveredTo or HeaderState.DeliveredToEnd:
                    if (!ReadDeliveredTo(c))
                    {
                        at--;
                    }

                    break;
                default:
                    if (!ReadTlsValue(c))
                    {
                        at--;       // the octet begins another line
                    }

                    break;
            }
        }
    }

    /// <summary>"TLS-Required:" [FWS] "No" CRLF (RFC 8689 §3). False if the octet is not of it any more.</summary>
    private bool ReadTlsValue(byte c)
    {
        var isBlank = c is (byte)' ' or (byte)'\t';
        switch (_header)
        {
            case HeaderState.TlsValueFold or HeaderState.TlsValueEnd when !isBlank:
                _tlsNos += _header == HeaderState.TlsValueEnd ? 1 : 0;
                _header = HeaderState.LineStart;
                return false;
            case HeaderState.TlsValueFold:
                _header = HeaderState.TlsValue;
                break;
            case HeaderState.TlsValueEnd:                           // "No", and then something on the next line
                _header = HeaderState.Rest;
                break;
            case HeaderState.TlsValue when isBlank || c == '\r':
            case HeaderState.TlsValueNo when isBlank || c == '\r':
                break;
            case HeaderState.TlsValue when c == '\n':
                _header = HeaderState.TlsValueFold;
                break;
            case HeaderState.TlsValue when c is (byte)'n' or (byte)'N':
                _header = HeaderState.TlsValueN;
                break;
            case HeaderState.TlsValueN when c is (byte)'o' or (byte)'O':
                _header = HeaderState.TlsValueNo;
                break;
            case HeaderState.TlsValueNo when c == '\n':
                _header = HeaderState.TlsValueEnd;
                break;
            default:
                _header = c == '\n' ? HeaderState.LineStart : HeaderState.Rest;
                break;
        }

        return true;
    }

    /// <summary>An address, in angle brackets or without, blanks anywhere. False if the octet begins another line.</summary>
    private bool ReadDeliveredTo(byte c)
    {
        if (_header == HeaderState.DeliveredToEnd && c is not ((byte)' ' or (byte)'\t'))
        {
            _deliveredTo!.End(_watched!);
            _header = HeaderState.LineStart;
            return false;
        }

        _header = c == '\n' ? HeaderState.DeliveredToEnd : HeaderState.DeliveredTo;
        if (c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
        {
            _deliveredTo!.Add(c);
        }

        return true;
    }

    private ReadOnlySpan<byte> Name => _field switch
    {
        Field.TlsRequired => TlsRequired,
        Field.DeliveredTo => DeliveredTo,
        _ => Received,
    };

    private void EndOfName(byte c, int length)
    {
        if (c != ':' || _matched != length)
        {
            _header = c == '\n' ? HeaderState.LineStart : HeaderState.Rest;
        }
        else if (_field == Field.TlsRequired)
        {
            _tlsFields++;
            _header = HeaderState.TlsValue;
        }
        else if (_field == Field.DeliveredTo)
        {
            _deliveredTo ??= new DeliveredToValue();
            _header = HeaderState.DeliveredTo;
        }
        else
        {
            _received++;
            _header = HeaderState.Rest;
        }
    }
}
