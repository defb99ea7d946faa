using System.Text;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>
/// SASLprep (RFC 4013): names and passwords that look alike compare alike.
/// DEVIATES: RFC 4013 §2.2 wants NFKC of Unicode 3.2; here it is what the runtime's globalisation does, and in its invariant mode (ours) only
/// the full-width forms of ASCII are folded. Unassigned code points are allowed, as for queries (RFC 3454 §7).
/// </summary>
public static class SaslPrep
{
    /// <summary>Prepares a text; false when it holds what RFC 4013 §2.3 prohibits, mixes directions (§2.4), or is empty afterwards.</summary>
    public static bool TryPrepare(string text, out string prepared)
    {
        prepared = text;
        if (IsPrintableAscii(text))
        {
            return text.Length > 0;
        }

        var mapped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return false;       // an unpaired surrogate reads as this, and it is prohibited itself (C.5, C.6)
            }

            if (IsNonAsciiSpace(rune.Value))
            {
                mapped.Append(' ');
            }
            else if (rune.Value is >= 0xFF01 and <= 0xFF5E)
            {
                mapped.Append((char)(rune.Value - 0xFEE0));
            }
            else if (!IsMappedToNothing(rune.Value))
            {
                mapped.Append(rune.ToString());
            }
        }

        prepared = mapped.ToString().Normalize(NormalizationForm.FormKC);
        return prepared.Length > 0 && !HasProhibited(prepared) && DirectionsAgree(prepared);
    }

    private static bool IsPrintableAscii(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>RFC 3454 C.1.2.</summary>
    private static bool IsNonAsciiSpace(int c) => c is 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200B) or 0x202F or 0x205F or 0x3000;

    /// <summary>RFC 3454 B.1.</summary>
    private static bool IsMappedToNothing(int c) =>
        c is 0xAD or 0x34F or 0x1806 or (>= 0x180B and <= 0x180D) or 0x200C or 0x200D or 0x2060 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;

    /// <summary>RFC 3454 C.2.1 to C.9.</summary>
    private static bool HasProhibited(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            var c = rune.Value;
            if (c is < 0x20 or (>= 0x7F and <= 0x9F) or 0x6DD or 0x70F or 0x180E or 0x2028 or 0x2029 or (>= 0x2060 and <= 0x2063)
                or (>= 0x206A and <= 0x206F) or (>= 0xFFF9 and <= 0xFFFD) or (>= 0x1D173 and <= 0x1D17A)
                or (>= 0xE000 and <= 0xF8FF) or >= 0xF0000
                or (>= 0xFDD0 and <= 0xFDEF) or (>= 0x2FF0 and <= 0x2FFB)
                or 0x340 or 0x341 or 0x200E or 0x200F or (>= 0x202A and <= 0x202E)
                or 0xE0001 or (>= 0xE0020 and <= 0xE007F) || (c & 0xFFFE) == 0xFFFE)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>RFC 3454 §6, the right-to-left ranges taken as blocks: with any of them no left-to-right letter, and one at each end.</summary>
    private static bool DirectionsAgree(string text)
    {
        bool any = false, left = false, first = false, last = false, isFirst = true;
        foreach (var rune in text.EnumerateRunes())
        {
            var c = rune.Value;
            var right = Rune.IsLetter(rune) && c is (>= 0x590 and <= 0x8FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFF)
                or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);
            any |= right;
            left |= !right && Rune.IsLetter(rune);
            first = isFirst ? right : first;
            isFirst = false;
            last = right;
        }

        return !any || (!left && first && last);
    }
}
