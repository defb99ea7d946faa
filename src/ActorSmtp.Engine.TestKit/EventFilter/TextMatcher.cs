using System.Text.RegularExpressions;

namespace Akka.TestKit.Internal;

/// <summary>Whether a text is the one meant, and how to say which one is meant.</summary>
internal sealed record TextMatcher(string Description, Func<string, bool> Fits)
{
    private static readonly TextMatcher s_any = new("anything", _ => true);

    public static TextMatcher Message(string message, string start, string contains) =>
        message is not null ? new($"\"{message}\"", text => text == message)
        : start is not null ? new($"\"{start}…\"", text => text.StartsWith(start, StringComparison.Ordinal))
        : contains is not null ? new($"\"…{contains}…\"", text => text.Contains(contains, StringComparison.Ordinal))
        : s_any;

    public static TextMatcher Matching(Regex pattern) => new($"/{pattern}/", pattern.IsMatch);

    /// <summary>A log source: the whole text, or the path of an actor without its address.</summary>
    public static TextMatcher Source(string source) =>
        source is null ? s_any : new($"\"{source}\"", text => text == source || PathOf(text) == source);

    public override string ToString() => Description;

    private static string PathOf(string source)
    {
        var afterScheme = source.IndexOf("://", StringComparison.Ordinal);
        var path = afterScheme < 0 ? -1 : source.IndexOf('/', afterScheme + 3);
        return path < 0 ? null : source[path..];
    }
}
