using ActorSmtp.Server.Settings;

namespace ActorSmtp.Cli.Manuals;

/// <summary>The page <c>actorsmtp.conf(5)</c>: every key of <c>reference.conf</c> with its default and its lines of comment.</summary>
internal static class SettingsManual
{
    public static string Write()
    {
        var page = new Mdoc()
            .Macro("Dd November 22, 2026").Macro("Dt ACTORSMTP.CONF 5").Macro("Os")
            .Macro("Sh NAME").Macro("Nm actorsmtp.conf").Macro("Nd settings of the ActorSmtp mail server")
            .Macro("Sh DESCRIPTION")
            .Text("""
                Settings are written in HOCON under the root actorsmtp.
                Later layers win: the defaults below, the laptop profile (where no --config is given), each --config FILE in order, ACTORSMTP_ variables, each --set KEY=VALUE.
                An unknown key, a wrong type or a value out of range stops the start with 78 and says what was expected.
                `actorsmtp config show` tells where each value comes from.
                """)
            .Macro("Sh SETTINGS").Macro("Bl -tag -width Ds");
        var comment = new List<string>();
        var path = new List<string>();
        var begun = "";
        foreach (var raw in SettingsLoader.BuiltIn("reference.conf")!.ReplaceLineEndings("\n").Split('\n'))
        {
            var line = begun + raw.Trim();
            begun = "";
            if (!line.StartsWith('#') && line.Contains("= [", StringComparison.Ordinal) && !line.EndsWith(']'))
            {
                begun = line.EndsWith('[') ? line : line + " ";     // a list of several lines
                continue;
            }

            if (line.StartsWith('#'))
            {
                comment.Add(line[1..].Trim());
                continue;
            }

            if (line.Length == 0)
            {
                comment.Clear();
            }
            else if (line == "}")
            {
                path.RemoveAt(path.Count - 1);
                comment.Clear();
            }
            else if (line.EndsWith('{'))
            {
                path.Add(line[..^1].Trim());
                if (comment.Count > 0)
                {
                    Setting(page, string.Join('.', path), "", comment);
                }
            }
            else
            {
                var at = line.IndexOf('=', StringComparison.Ordinal);
                var key = (at < 0 ? line[..line.IndexOf('{', StringComparison.Ordinal)] : line[..at]).Trim();
                Setting(page, string.Join('.', path.Append(key)), at < 0 ? "{}" : line[(at + 1)..].Trim(), comment);
            }
        }

        return page.Macro("El").Macro("Sh SEE ALSO").Macro("Xr actorsmtp 1").ToString();
    }

    private static void Setting(Mdoc page, string path, string value, List<string> comment)
    {
        page.Macro("It", value.Length > 0 ? $"{path} = {value}" : path).Text(comment.Count > 0 ? string.Join('\n', comment) : "As above.");
        comment.Clear();
    }
}
