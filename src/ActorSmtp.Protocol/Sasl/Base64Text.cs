using System.Buffers;
using System.Buffers.Text;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>Base64 (RFC 4648 §4) as SASL in SMTP wants it (RFC 4954 §4): no blanks, padding complete, no stray bits: one spelling for each value.</summary>
public static class Base64Text
{
    /// <summary>Decodes; false for anything but the one right spelling, or more than <paramref name="maxOctets"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, int maxOctets, out byte[] octets)
    {
        octets = [];
        if (text.Length % 4 != 0 || text.Length / 4 * 3 > maxOctets + 2)
        {
            return false;
        }

        var decoded = new byte[text.Length / 4 * 3];
        if (Base64.DecodeFromUtf8(text, decoded, out var consumed, out var written) != OperationStatus.Done
            || consumed != text.Length || written > maxOctets)
        {
            return false;
        }

        octets = decoded[..written];
        var again = new byte[text.Length];
        return Base64.EncodeToUtf8(octets, again, out _, out var length) == OperationStatus.Done
            && length == text.Length && text.SequenceEqual(again);
    }

    /// <inheritdoc cref="TryDecode(ReadOnlySpan{byte}, int, out byte[])"/>
    public static bool TryDecode(string text, int maxOctets, out byte[] octets) =>
        TryDecode(System.Text.Encoding.UTF8.GetBytes(text), maxOctets, out octets);

    /// <summary>Encodes, with padding.</summary>
    public static string Encode(ReadOnlySpan<byte> octets) => Convert.ToBase64String(octets);
}
