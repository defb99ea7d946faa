using System.Buffers;

namespace ActorSmtp.Server.Policy;

/// <summary>
/// Takes header fields out of a message while it streams by. A field is looked at when it is complete, or as far as it fits; so no more than
/// <see cref="Most"/> octets are ever held back, and behind the header nothing is. Where nothing goes and no field was cut in two, nothing is copied.
/// </summary>
/// <remarks>
/// With BINARYMIME a bare CR may come, which some readers take for the end of a line and others do not. Both are served: what stands behind one is judged as a field of its own, and only
/// an empty line that is one for everybody ends the header.
/// </remarks>
internal sealed class FieldSieve(FieldSieve.Removes removes)
{
    /// <summary>Octets of a field by which it is judged.</summary>
    public const int Most = 8 * 1024;

    private ArrayBufferWriter<byte>? _passed;
    private byte[] _field = [];
    private int _held;
    private Phase _phase;
    private bool _isBehindCr;               // the field begins behind a bare CR, which it brings along
    private bool _isAmidLine;               // that stands amid a line: what is before it has no other end
    private bool _atLineStart = true;
    private bool _carriesCr;                // the last octet was a CR: what it is says the next

    /// <summary>Whether a field, or the beginning of a long one, is left out.</summary>
    public delegate bool Removes(ReadOnlySpan<byte> field);

    private enum Phase : byte
    {
        Holding,        // a field that is not decided upon
        Letting,        // the rest of a long one that stays
        Dropping,       // the rest of a long one that goes
        Body,
    }

    /// <summary>What of this and of what was held back goes on; valid until the next call.</summary>
    public ReadOnlySpan<byte> Sift(ReadOnlySpan<byte> content)
    {
        if (_phase == Phase.Body || content.IsEmpty)
        {
            return content;
        }

        if (_carriesCr)
        {
            content = (byte[])[(byte)'\r', .. content];
        }

        _carriesCr = content[^1] == '\r';
        var output = Begin(content);
        var (part, at, limit) = (0, 0, content.Length - (_carriesCr ? 1 : 0));
        while (at < limit)
        {
            if (_atLineStart && content[at] is not ((byte)' ' or (byte)'\t'))
            {
                EndField(ref output, part, at);
                (part, _isBehindCr, _isAmidLine) = (at, content[at] == '\r', false);
                if (content[at] == '\n' || (_isBehindCr && content[at + 1] == '\n'))        // the empty line; no CR here is the last octet
                {
                    (_phase, _carriesCr) = (Phase.Body, false);
                    output.Pass(at, content.Length);
                    return output.Written;
                }

                at += _isBehindCr ? 1 : 0;
            }

            _atLineStart = false;
            var end = content[at..limit].IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                break;
            }

            at += end;
            if (content[at] == '\n' || content[at + 1] == '\n')
            {
                at += content[at] == '\n' ? 1 : 2;
                _atLineStart = true;
            }
            else if (content[at + 1] is (byte)' ' or (byte)'\t')
            {
                at++;                                               // for whom that is a line's end the field goes on
            }
            else
            {
                EndField(ref output, part, at);
                (part, _isBehindCr, _isAmidLine) = (at, true, true);
                at++;
            }
        }

        Hold(ref output, part, limit);
        return output.Written;
    }

    /// <summary>The message is over; what was held back goes on, or not.</summary>
    public ReadOnlySpan<byte> End()
    {
        var last = _carriesCr ? "\r"u8 : [];
        _carriesCr = false;
        var output = Begin(last);
        if (_phase == Phase.Body)
        {
            return last;
        }

        EndField(ref output, 0, last.Length);
        return output.Written;
    }

    private Output Begin(ReadOnlySpan<byte> content)
    {
        _passed?.ResetWrittenCount();
        return new Output(content, ref _passed);
    }

    /// <summary>The field ends here: what is held of it, and this part of the content, stay or go.</summary>
    private void EndField(ref Output output, int from, int to)
    {
        if (_phase == Phase.Holding && _held + to - from > 0)
        {
            Decide(ref output, from, to);
        }

        if (_phase == Phase.Letting)
        {
            output.Pass(from, to);
        }

        (_phase, _held) = (Phase.Holding, 0);
    }

    /// <summary>The field goes on in the next content.</summary>
    private void Hold(ref Output output, int from, int to)
    {
        if (_phase == Phase.Holding)
        {
            if (_held + to - from <= Most)
            {
                Append(output.Content[from..to]);
                return;
            }

            Decide(ref output, from, to);
        }

        if (_phase == Phase.Letting)
        {
            output.Pass(from, to);
        }
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (_field.Length < _held + part.Length)
        {
            Array.Resize(ref _field, Math.Min(Most, Math.Max(2 * (_held + part.Length), 512)));
        }

        part.CopyTo(_field.AsSpan(_held));
        _held += part.Length;
    }

    /// <summary>By what is held, and this part as far as it fits. What is held goes on at once, the part is left to the caller.</summary>
    private void Decide(ref Output output, int from, int to)
    {
        var held = _held;
        var judged = output.Content[from..to][..Math.Min(to - from, Most - _held)];
        if (_held > 0)
        {
            Append(judged);
            judged = _field.AsSpan(0, _held);
        }

        judged = _isBehindCr ? judged[1..] : judged;
        var goes = !judged.IsEmpty && removes(judged);
        if (!goes)
        {
            output.Put(_field.AsSpan(0, held));
        }
        else if (_isAmidLine)
        {
            output.Put("\r\n"u8);                                   // what stood before it has an end all the same
        }

        (_phase, _held) = (goes ? Phase.Dropping : Phase.Letting, 0);
    }

    /// <summary>What goes on of one piece of content: as long as that is one run of it, it is not copied.</summary>
    private ref struct Output(ReadOnlySpan<byte> content, ref ArrayBufferWriter<byte>? copy)
    {
        private readonly ref ArrayBufferWriter<byte>? _copy = ref copy;
        private int _from;
        private int _to;
        private bool _isCopied;

        public ReadOnlySpan<byte> Content { get; } = content;

        public ReadOnlySpan<byte> Written
        {
            get
            {
                if (!_isCopied)
                {
                    return Content[_from.._to];
                }

                Flush();
                return _copy!.WrittenSpan;
            }
        }

        public void Pass(int from, int to)
        {
            if (from == to)
            {
                return;
            }

            if (_to != from || _from == _to)
            {
                Flush();
                _from = from;
            }

            _to = to;
        }

        public void Put(ReadOnlySpan<byte> octets)
        {
            if (!octets.IsEmpty)
            {
                Flush();
                (_copy ??= new ArrayBufferWriter<byte>(1024)).Write(octets);
                _isCopied = true;
            }
        }

        private void Flush()
        {
            if (_from < _to)
            {
                (_copy ??= new ArrayBufferWriter<byte>(Math.Max(1024, Content.Length))).Write(Content[_from.._to]);
                (_from, _to, _isCopied) = (0, 0, true);
            }
        }
    }
}
