using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// From the charset names that mails carry to text. Knows what the framework knows (UTF-8/16/32, ISO-8859-x, windows-125x,
/// KOI8, ISO-2022-JP, GB18030, Shift_JIS, EUC, Big5…) and the misspellings seen in the wild. Never throws: an unknown name
/// is read as UTF-8 if the bytes are UTF-8, else as windows-1252, which gives every byte a character.
/// </summary>
public static class Charsets
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>The decoder for a charset name, or null when it is not known (UTF-7 is not, on purpose).</summary>
    public static Encoding? Find(string? name)
    {
        if (name is null || name.Length is 0 or > 40)
        {
            return null;
        }
        var key = name.Trim().Trim('"', '\'').ToLowerInvariant();
        switch (key)
        {
            case "utf-8" or "utf8" or "utf_8" or "unicode-1-1-utf-8" or "cp65001" or "utf-8mb4" or "utf8mb4":
                return Encoding.UTF8;
            case "utf-7" or "utf7" or "unicode-1-1-utf-7" or "csunicode11utf7" or "x-unicode-2-0-utf-7":
                return null; // a way to smuggle markup past filters; no honest mail has used it for twenty years
            // What calls itself Latin-1 or ASCII is windows-1252 in practice (the WHATWG encoding standard says the same).
            case "iso-8859-1" or "iso8859-1" or "iso_8859-1" or "iso88591" or "latin1" or "latin-1" or "l1" or "cp819"
                or "us-ascii" or "ascii" or "ansi_x3.4-1968" or "iso646-us" or "cp1252" or "windows1252" or "ansi":
                return Windows1252;
            case "ks_c_5601-1987" or "ks_c_5601" or "ksc5601" or "cp949" or "uhc" or "ms949":
                return CodePagesEncodingProvider.Instance.GetEncoding(949);
            case "gb2312" or "gbk" or "cp936" or "x-gbk" or "gb_2312-80":
                return CodePagesEncodingProvider.Instance.GetEncoding(54936); // gb18030 reads them all
            case "sjis" or "x-sjis" or "shift-jis" or "ms_kanji" or "cp932" or "windows-31j":
                return CodePagesEncodingProvider.Instance.GetEncoding(932);
            case "iso-2022-jp" or "iso2022-jp" or "iso-2022-jp-ms" or "iso-2022-jp-1" or "iso-2022-jp-2" or "csiso2022jp":
                return CodePagesEncodingProvider.Instance.GetEncoding(50220);
            case "tis-620" or "iso-8859-11":
                return CodePagesEncodingProvider.Instance.GetEncoding(874);
            case "iso-8859-8-i" or "iso-8859-8-e":
                key = "iso-8859-8";
                break;
        }
        if (key.StartsWith("cp125", StringComparison.Ordinal) || key.StartsWith("win125", StringComparison.Ordinal)
            || key.StartsWith("win-125", StringComparison.Ordinal))
        {
            key = "windows-125" + key[^1];
        }
        else if (key.StartsWith("iso8859-", StringComparison.Ordinal) || key.StartsWith("iso_8859-", StringComparison.Ordinal))
        {
            key = "iso-8859-" + key[(key.IndexOf('-') + 1)..];
        }
        return FromFramework(key);
    }

    /// <summary>
    /// Decodes by a declared charset. Bytes it cannot place become U+FFFD; a byte order mark is dropped.
    /// </summary>
    /// <param name="known">False when the name was given but is not known, so that the text was guessed.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, string? charset, out bool known)
    {
        var encoding = Find(charset);
        known = encoding is not null || string.IsNullOrEmpty(charset);
        if (encoding is null || (encoding == Windows1252 && IsAsciiName(charset)))
        {
            return DecodeUnlabelled(bytes);
        }
        try
        {
            return WithoutMark(encoding.GetString(bytes));
        }
        catch (ArgumentException)
        {
            // Some of the framework's multi-byte decoders reject what they should replace.
            known = false;
            return DecodeUnlabelled(bytes);
        }
    }

    /// <summary>Decodes bytes of which nothing is said: UTF-8 if they are valid UTF-8, else windows-1252.</summary>
    public static string DecodeUnlabelled(ReadOnlySpan<byte> bytes) =>
        WithoutMark((IsUtf8(bytes) ? StrictUtf8 : Windows1252).GetString(bytes));

    internal static bool IsUtf8(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private static bool IsAsciiName(string? charset) =>
        charset is not null && (charset.Contains("ascii", StringComparison.OrdinalIgnoreCase) || charset.StartsWith("ansi_", StringComparison.OrdinalIgnoreCase));

    private static string WithoutMark(string text) => text.Length > 0 && text[0] == '\uFEFF' ? text[1..] : text;

    private static Encoding? FromFramework(string name)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }
}
