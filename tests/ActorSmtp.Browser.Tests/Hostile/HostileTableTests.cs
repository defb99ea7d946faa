using System.Text;
using ActorSmtp.Architecture.Tests;

namespace ActorSmtp.Browser.Tests.Hostile;

/// <summary>The table of <c>docs/console-security.md</c> is made of the mails themselves; with <c>WRITE_DOCS=1</c> this test writes it.</summary>
public sealed class HostileTableTests
{
    private const string Begin = "<!-- the table is written by HostileTableTests -->\n";
    private const string End = "<!-- end of the table -->\n";

    [Fact]
    public void The_page_on_security_lists_every_hostile_mail()
    {
        var file = Path.Combine(Repository.Root, "docs", "console-security.md");
        var text = File.ReadAllText(file);
        var start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(start > Begin.Length && end >= start, $"{file} has no place for the table");
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") == "1")
        {
            File.WriteAllText(file, text[..start] + Table() + text[end..]);
            return;
        }

        Assert.Equal(Table(), text[start..end]);
    }

    private static string Table()
    {
        var table = new StringBuilder("\n| mail | tries | in a bare page | in the console |\n|---|---|---|---|\n");
        foreach (var mail in HostileMail.All)
        {
            var bare = mail.Html(0) is null ? "has parts" : (mail.Runs, mail.Calls) switch
            {
                (true, true) => "runs, calls",
                (true, false) => "runs",
                (false, true) => "calls",
                _ => "waits for a click, or for another program",
            };
            table.Append('|').Append(' ').Append(mail.Name).Append(" | ").Append(mail.Tries.Replace("|", "\\|", StringComparison.Ordinal)).Append(" | ").Append(bare).Append(" | nothing |\n");
        }

        var harmful = HostileMail.All.Count(m => m.Runs || m.Calls);
        return table.Append('\n').Append(HostileMail.All.Count).Append(" mails; ").Append(harmful).Append(" of them run or call at once where nothing holds them. In the console: 0 run, 0 call.\n\n").ToString();
    }
}
