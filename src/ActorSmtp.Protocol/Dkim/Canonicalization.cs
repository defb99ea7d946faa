using System.Buffers;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>How much a message may change on its way without its signature breaking (RFC 6376 §3.4).</summary>
public enum Canonicalization
{
    /// <summary>Hardly at all.</summary>
    Simple,

    /// <summary>White space may change, and the case of field names.</summary>
    Relaxed,
}

/// <summary>Fields of the header, canonicalised into a hash (RFC 6376 §3.4.1, §3.4.2).</summary>
internal static class HeaderCanonicalizer
{
    /// <summary>A field with its line end.</summary>
    public static void Append(IncrementalHash hash, HeaderField field, Canonicalization how) => Append(hash, field.Raw.Span, how, isLast: false);

    /// <summary>The field of the signature itself: its value of b= left out, and without a line end (§3.7).</summary>
    public static void AppendSignature(IncrementalHash hash, ReadOnlySpan<byte> field, Canonicalization how)
    {
        var copy = ArrayPool<byte>.Shared.Rent(field.Length);
        var length = WithoutSignature(field, copy);
        Append(hash, copy.AsSpan(0, length), how, isLast: true);
        ArrayPool<byte>.Shared.Return(copy);
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> field, Canonicalization how, bool isLast)
    {
        var line = HeaderLines.WithoutLineEnd(field);
        if (how == Canonicalization.Simple)
        {
            hash.AppendData(line);
        }
        else
        {
            var relaxed = ArrayPool<byte>.Shared.Rent(line.Length);
            hash.AppendData(relaxed.AsSpan(0, Relax(line, relaxed)));
            ArrayPool<byte>.Shared.Return(relaxed);
        }

        if (!isLast)
        {
            hash.AppendData("\r\n"u8);
        }
    }

    /// <summary>§3.4.2: the name in lower case, no white space around the colon nor at the end, all other runs of it (and folds) one blank.</summary>
    private static int Relax(ReadOnlySpan<byte> field, Span<byte> into)
    {
        var colon = field.IndexOf((byte)':');
        var length = 0;
        foreach (var c in field[..colon])
        {
            if (c is not ((byte)' ' or (byte)'\t'))
            {
                into[length++] = c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c + 32) : c;
            }
        }

        into[length++] = (byte)':';
        var start = length;
        var blank = false;
        foreach (var c in field[(colon + 1)..])
        {
            if (c is (byte)'\r' or (byte)'\n')
            {
                continue;                                           // a fold: the blank behind it stays
            }

            if (c is (byte)' ' or (byte)'\t')
            {
                blank = true;
                continue;
            }

            if (blank && length > start)
            {
                into[length++] = (byte)' ';
            }

            blank = false;
            into[length++] = c;
        }

        return length;
    }

    /// <summary>Copies a signature's field without what stands between <c>b=</c> and the next semicolon.</summary>
    private static int WithoutSignature(ReadOnlySpan<byte> field, Span<byte> into)
    {
        var at = field.IndexOf((byte)':') + 1;
        while (at < field.Length)
        {
            var end = field[at..].IndexOf((byte)';');
            var spec = end < 0 ? field[at..] : field.Slice(at, end);
            var equals = spec.IndexOf((byte)'=');
            if (equals > 0 && spec[..equals].Trim(" \t\r\n"u8).SequenceEqual("b"u8))
            {
                var kept = at + equals + 1;
                var rest = end < 0 ? [] : field[(at + end)..];
                field[..kept].CopyTo(into);
                rest.CopyTo(into[kept..]);
                return kept + rest.Length;
            }

            at = end < 0 ? field.Length : at + end + 1;
        }

        field.CopyTo(into);
        return field.Length;
    }
}
