using System.Buffers;
using System.Globalization;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>xtext (RFC 3461 §4): printable ASCII in which <c>+HH</c> stands for any octet, and + and = must be written so.</summary>
public static class XText
{
    /// <summary>
    /// Decodes; the result is read as UTF-8 and holds no controls. False for a character that may not stand there, a plus sign not
    /// followed by two upper-case hexadecimal digits, bad UTF-8, or a control (RFC 3461 wants printable ASCII in all our uses of it).
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out string decoded)
    {
        decoded = "";
        var octets = text.Length <= 512 ? stackalloc byte[text.Length] : new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '+')
            {
                if (i + 2 >= text.Length || Hex(text[i + 1]) is not (>= 0 and var high) || Hex(text[i + 2]) is not (>= 0 and var low))
                {
                    return false;
                }

                octets[length++] = (byte)((high << 4) | low);
                i += 2;
            }
            else if (c is >= 33 and <= 126 and not (byte)'=')
            {
                octets[length++] = c;
            }
            else
            {
                return false;
            }
        }

        return TryGetText(octets[..length], out decoded);
    }

    /// <summary>Encodes the UTF-8 of <paramref name="text"/>; the result can stand in any ESMTP parameter.</summary>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + 8);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet is >= 33 and <= 126 and not (byte)'+' and not (byte)'=')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"+{octet:X2}");
            }
        }

        return encoded.ToString();
    }

    /// <summary>
    /// Decodes RFC 6533 §3's utf-8-addr-xtext and utf-8-addr-unitext: <c>\x{HEX}</c> for a code point, UTF-8 as it is where
    /// <paramref name="allowUtf8"/>; <c>+HH</c> as in xtext is taken as well.
    /// </summary>
    public static bool TryDecodeUtf8Address(ReadOnlySpan<byte> text, bool allowUtf8, out string decoded)
    {
        decoded = "";
        var octets = new ArrayBufferWriter<byte>(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\')
            {
                var end = text[i..].IndexOf((byte)'}');
                if (end < 5 || text[i + 1] != 'x' || text[i + 2] != '{' || end > 9
                    || !int.TryParse(text[(i + 3)..(i + end)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
                    || !Rune.TryCreate(point, out var rune))
                {
                    return false;
                }

                octets.Advance(rune.EncodeToUtf8(octets.GetSpan(4)));
                i += end;
            }
            else if (c == '+')
            {
                if (i + 2 >= text.Length || Hex(text[i + 1]) is not (>= 0 and var high) || Hex(text[i + 2]) is not (>= 0 and var low))
                {
                    return false;
                }

                octets.Write([(byte)((high << 4) | low)]);
                i += 2;
            }
            else if (c is >= 33 and <= 126 and not (byte)'=' || (c >= 0x80 && allowUtf8))
            {
                octets.Write([c]);
            }
            else
            {
                return false;
            }
        }

        return TryGetText(octets.WrittenSpan, out decoded);
    }

    /// <summary>Encodes as RFC 6533 §3's utf-8-addr-xtext: what is not plain ASCII, and + = \ and blanks, as <c>\x{HEX}</c>.</summary>
    public static string EncodeUtf8Address(string text)
    {
        var encoded = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= 33 and <= 126 and not ('+' or '=' or '\\'))
            {
                encoded.Append((char)rune.Value);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");
            }
        }

        return encoded.ToString();
    }

    /// <summary>The text of well-formed UTF-8 without controls, C1 and line separators included.</summary>
    internal static bool TryGetText(ReadOnlySpan<byte> octets, out string text)
    {
        text = "";
        if (!System.Text.Unicode.Utf8.IsValid(octets))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(octets);
        foreach (var c in text)
        {
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
            {
                text = "";
                return false;
            }
        }

        return true;
    }

    private static int Hex(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
