using ActorSmtp.Server.Settings;

namespace ActorSmtp.Web.Api;

/// <summary>What <c>reference.conf</c> says of each setting: the comment above its key.</summary>
internal static class SettingHelp
{
    public static IReadOnlyDictionary<string, string> Read()
    {
        var help = new Dictionary<string, string>(StringComparer.Ordinal);
        var path = new Stack<string>();
        var comment = new List<string>();
        foreach (var line in (SettingsLoader.BuiltIn("reference.conf") ?? "").Split('\n').Select(l => l.Trim()))
        {
            if (line.StartsWith('#'))
            {
                comment.Add(line.TrimStart('#', ' '));
                continue;
            }

            if (line == "}")
            {
                path.TryPop(out _);
            }
            else if (line.EndsWith('{'))
            {
                path.Push(line.TrimEnd('{', ' '));
            }
            else if (line.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
            {
                help[string.Join('.', path.Reverse().Append(line[..equals].Trim()))] = string.Join('\n', comment);
            }

            comment.Clear();
        }

        return help;
    }
}
