namespace ActorSmtp.Web.Reading;

/// <summary>Free words at a message.</summary>
internal static class Tags
{
    public const int MostOfMessage = 20;

    public const int MostTagged = 10_000;

    private const int Longest = 50;

    /// <summary>What is wrong with a tag, or null.</summary>
    public static string? Mistake(string? tag) =>
        tag is not { Length: > 0 and <= Longest } || tag.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is ',' or '"' or ':')
            ? $"expected a word of up to {Longest} characters, without blanks, commas, colons and quotes"
            : null;
}
