namespace ActorSmtp.Protocol.Mime;

/// <summary>Text of strangers, fit to be shown on one line.</summary>
public static class PlainLine
{
    /// <summary>On one line, without what turns a line around or moves a cursor; cut off behind <paramref name="longest"/> characters.</summary>
    public static string Of(string text, int longest)
    {
        var cut = text.Length <= longest ? text : text[..longest];
        return cut.AsSpan().IndexOfAnyInRange('\0', '\x1F') < 0 && !cut.Any(IsTricky) ? cut : new string([.. cut.Select(c => char.IsControl(c) ? ' ' : c).Where(c => !IsTricky(c))]);
    }

    /// <summary>Characters that change the direction of the text around them.</summary>
    private static bool IsTricky(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
