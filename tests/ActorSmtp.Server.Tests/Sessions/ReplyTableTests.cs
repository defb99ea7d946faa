using System.Text.RegularExpressions;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>Every row of <c>docs/replies.md</c> is met in a dialogue or a test: none without, none with one that does not hold the reply.</summary>
public sealed partial class ReplyTableTests
{
    internal static readonly string Root = FindRoot();

    public static TheoryData<string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var line in File.ReadLines(Path.Combine(Root, "docs", "replies.md")))
        {
            if (line.StartsWith('|') && line.Split('|', StringSplitOptions.TrimEntries) is [_, var situation, var reply, var where, _]
                && !situation.StartsWith("---", StringComparison.Ordinal) && situation != "situation")
            {
                rows.Add(situation, reply, where);
            }
        }

        return rows;
    }

    [Fact]
    public void The_table_is_there() => Assert.True(Rows().Count >= 55);

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_row_names_where_its_reply_is_met(string situation, string reply, string where)
    {
        Assert.Matches("^`[A-Za-z0-9/-]+`$", where);
        var name = where.Trim('`');
        var isDialogue = name.Contains('/', StringComparison.Ordinal);
        var path = isDialogue
            ? Path.Combine(Root, "tests", "dialogues", name + ".smtp")
            : Directory.EnumerateFiles(Path.Combine(Root, "tests", "ActorSmtp.Server.Tests"), name + ".cs", SearchOption.AllDirectories).SingleOrDefault();
        Assert.True(path is not null && File.Exists(path), $"{situation}: there is no {name}");
        var text = File.ReadAllText(path);
        foreach (var one in reply.Split(", "))
        {
            Assert.Matches("^[245][0-9][0-9] [245]\\.[0-9]+\\.[0-9]+$", one);
            Assert.True(isDialogue ? Regex.IsMatch(text, $"(?m)^S: {Regex.Escape(one)} ") : text.Contains(one, StringComparison.Ordinal), $"{situation}: {name} does not hold {one}");
        }
    }

    [Fact]
    public void A_reply_that_is_said_in_a_dialogue_to_say_no_stands_in_the_table()
    {
        var known = Rows().SelectMany(r => ((string)r[1]).Split(", ")).ToHashSet(StringComparer.Ordinal);
        var said = Directory.EnumerateFiles(Path.Combine(Root, "tests", "dialogues"), "*.smtp", SearchOption.AllDirectories)
            .SelectMany(f => No().Matches(File.ReadAllText(f)).Select(m => (Code: m.Groups[1].Value, File: Path.GetFileName(f))));
        Assert.Empty(said.Where(s => !known.Contains(s.Code)).Distinct());
    }

    [GeneratedRegex("(?m)^S: ([45][0-9][0-9] [45]\\.[0-9]+\\.[0-9]+)")]
    private static partial Regex No();

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ActorSmtp.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No ActorSmtp.sln above {AppContext.BaseDirectory}.");
    }
}
