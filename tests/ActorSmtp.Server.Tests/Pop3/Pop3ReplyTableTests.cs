using System.Reflection;
using System.Text.RegularExpressions;
using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>The table of refusals in <c>docs/pop3.md</c>: every row is met where it says, and every refusal there is has a row.</summary>
public sealed partial class Pop3ReplyTableTests
{
    public static TheoryData<string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var line in File.ReadLines(Path.Combine(ReplyTableTests.Root, "docs", "pop3.md")))
        {
            if (line.StartsWith('|') && line.Split('|', StringSplitOptions.TrimEntries) is [_, var situation, var replies, var where, _] && replies.Contains("-ERR", StringComparison.Ordinal))
            {
                foreach (Match reply in Quoted().Matches(replies))
                {
                    rows.Add(situation, reply.Groups[1].Value, where.Trim('`'));
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_row_names_where_its_reply_is_met(string situation, string reply, string where)
    {
        var isDialogue = where.Contains('/', StringComparison.Ordinal);
        var text = File.ReadAllText(Path.Combine(ReplyTableTests.Root, "tests", isDialogue ? $"dialogues/{where}.pop3" : $"ActorSmtp.Server.Tests/Pop3/{where}.cs"));
        Assert.True(text.Contains((isDialogue ? "S: " : "\"") + reply, StringComparison.Ordinal), $"{situation}: {where} does not hold {reply}");
    }

    [Fact]
    public void Every_refusal_has_its_row()
    {
        var known = Rows().Select(r => (string)r[1]).ToArray();
        var said = typeof(Pop3Replies).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (Pop3Reply)f.GetValue(null)!).Where(r => !r.IsOk).Select(r => r.ToString());
        Assert.DoesNotContain(said, line => !known.Any(k => line.StartsWith(k, StringComparison.Ordinal)));
    }

    [GeneratedRegex("`(-ERR[^`]*)`")]
    private static partial Regex Quoted();
}
