using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Server.Addresses;

/// <summary>
/// A file of aliases as sendmail and Postfix have them (aliases(5)): <c>NAME: TARGET, TARGET</c>, a line that begins with a blank goes on with the one
/// before, <c>#</c> at a line's beginning makes it a comment. Commands (<c>|</c>), files (<c>/</c>) and <c>:include:</c> are not taken: mail goes to
/// mailboxes and other servers only.
/// </summary>
internal static class AliasFile
{
    /// <summary>One alias as it is written.</summary>
    /// <param name="Line">Where it begins, from 1.</param>
    public sealed record Entry(string Key, ImmutableArray<string> Targets, int Line);

    /// <summary>What is wrong in a line.</summary>
    public sealed record Mistake(int Line, string Problem);

    /// <summary>Reads all of it; lines that are none are told, and the others count.</summary>
    public static (ImmutableArray<Entry> Entries, ImmutableArray<Mistake> Mistakes) Read(ReadOnlySpan<byte> octets)
    {
        var entries = ImmutableArray.CreateBuilder<Entry>();
        var mistakes = ImmutableArray.CreateBuilder<Mistake>();
        foreach (var (line, text) in Logical(Encoding.UTF8.GetString(octets)))
        {
            if (text.Contains('\uFFFD'))
            {
                mistakes.Add(new Mistake(line, "is no UTF-8"));
                continue;
            }

            var colon = Colon(text);
            var key = colon < 0 ? "" : Unquoted(text[..colon].Trim());
            var targets = colon < 0 ? [] : Split(text[(colon + 1)..]).ToImmutableArray();
            if (key.Length == 0 || targets.IsEmpty)
            {
                mistakes.Add(new Mistake(line, $"\"{Shown(text)}\": expected NAME: TARGET, TARGET"));
            }
            else if (targets.FirstOrDefault(t => t[0] is '|' or '/' or ':') is { } other)
            {
                mistakes.Add(new Mistake(line, $"\"{Shown(other)}\": commands, files and :include: are no targets here; expected a name or an address"));
            }
            else
            {
                entries.Add(new Entry(key, targets, line));
            }
        }

        return (entries.ToImmutable(), mistakes.ToImmutable());
    }

    /// <summary>Lines put together where one goes on with another.</summary>
    private static IEnumerable<(int Line, string Text)> Logical(string text)
    {
        var (from, whole) = (0, new StringBuilder());
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r', ' ', '\t');
            if (line.Length == 0 || line.TrimStart()[0] == '#')
            {
                continue;
            }

            if (line[0] is ' ' or '\t' && from > 0)
            {
                whole.Append(line);
                continue;
            }

            if (from > 0)
            {
                yield return (from, whole.ToString());
            }

            (from, whole) = (number, new StringBuilder(line));
        }

        if (from > 0)
        {
            yield return (from, whole.ToString());
        }
    }

    /// <summary>The colon behind the key, which may stand in quotes.</summary>
    private static int Colon(string text)
    {
        var quoted = false;
        for (var at = 0; at < text.Length; at++)
        {
            quoted ^= text[at] == '"';
            if (text[at] == ':' && !quoted)
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>What stands between commas that are not in quotes.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (quoted, from) = (false, 0);
        for (var at = 0; at <= text.Length; at++)
        {
            quoted ^= at < text.Length && text[at] == '"';
            if (at == text.Length || (text[at] == ',' && !quoted))
            {
                if (Unquoted(text[from..at].Trim()) is { Length: > 0 } target)
                {
                    yield return target;
                }

                from = at + 1;
            }
        }
    }

    /// <summary>All of it in quotes loses them; a quoted local part keeps its own.</summary>
    private static string Unquoted(string text) => text is ['"', .., '"'] && text.Length > 2 && !text[1..^1].Contains('"') ? text[1..^1] : text;

    private static string Shown(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
