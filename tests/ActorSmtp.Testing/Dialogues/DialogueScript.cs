using System.Globalization;
using System.Text;

namespace ActorSmtp.Testing.Dialogues;

/// <summary>
/// A conversation as it is written down: <c>S:</c> what the server must say, <c>C:</c> what the client says, one line each.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>S: 250 2.1.0 *</c> — a line of the server; <c>*</c> at the end matches any rest.</item>
/// <item><c>S: 250-*…</c> — any number (none as well) of lines that match.</item>
/// <item><c>C: EHLO x</c> — sends the line and CRLF. <c>C64: text</c> — sends it in base64. <c>RAW: a\r\nb\0</c> — sends just these octets
/// (<c>\r \n \t \0 \\ \xHH</c>). <c>FILL: 70000 a</c> — sends that many of the character.</item>
/// <item>Lines of <c>C:</c>, <c>RAW:</c> and <c>FILL:</c> in a row go out in one piece (pipelined); an <c>S:</c> between them waits first.</item>
/// <item><c>TLS</c> — takes the handshake. <c>CLOSED</c> — the server must close. <c>CLOSE</c> — the client closes.</item>
/// <item><c>@set key=value</c>, <c>@user NAME PASSWORD [disabled]</c>, <c>@mail ACCOUNT octets with escapes</c> — before the first line: what the
/// server is like, and what is in its mailboxes. <c>@whole</c>: only in one piece.</item>
/// <item><c>#</c> at the start of a line, or after two blanks, begins a comment.</item>
/// </list>
/// </remarks>
public sealed class DialogueScript
{
    private DialogueScript(string name, IReadOnlyList<Step> steps, IReadOnlyList<string> sets, IReadOnlyList<(string, string)> users)
    {
        Name = name;
        Steps = steps;
        Sets = sets;
        Users = users;
    }

    public string Name { get; }

    public IReadOnlyList<Step> Steps { get; }

    /// <summary>Settings over those of the test server.</summary>
    public IReadOnlyList<string> Sets { get; }

    /// <summary>Accounts: name and password.</summary>
    public IReadOnlyList<(string Name, string Password)> Users { get; }

    /// <summary>Those of the accounts that are disabled.</summary>
    public IReadOnlyList<string> Disabled { get; private init; } = [];

    /// <summary>What is in mailboxes, oldest first.</summary>
    public IReadOnlyList<(string Account, byte[] Content)> Mail { get; private init; } = [];

    /// <summary>It is about what arrives together, so it makes no sense in pieces.</summary>
    public bool OnlyWhole { get; private init; }

    /// <exception cref="FormatException">A line is none of those above; says which.</exception>
    public static DialogueScript Parse(string text, string name = "dialogue")
    {
        var steps = new List<Step>();
        var sets = new List<string>();
        var users = new List<(string, string)>();
        var disabled = new List<string>();
        var mail = new List<(string, byte[])>();
        var number = 0;
        var onlyWhole = false;
        foreach (var raw in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            var line = WithoutComment(raw);
            if (line.Length == 0)
            {
                continue;
            }

            var colon = line.IndexOf(':');
            var word = colon < 0 ? line : line[..colon];
            var rest = colon < 0 ? "" : line[(colon + 1)..] is var r && r.StartsWith(' ') ? r[1..] : line[(colon + 1)..];
            switch (word)
            {
                case "S" when rest.EndsWith("*…", StringComparison.Ordinal):
                    steps.Add(new Step.ExpectAny(number, rest[..^2]));
                    break;
                case "S":
                    steps.Add(new Step.Expect(number, rest));
                    break;
                case "C":
                    steps.Add(new Step.Send(number, Encoding.UTF8.GetBytes(rest + "\r\n"), rest));
                    break;
                case "C64":
                    steps.Add(new Step.Send(number, Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(rest)) + "\r\n"), rest));
                    break;
                case "RAW":
                    steps.Add(new Step.Send(number, Unescape(rest), rest));
                    break;
                case "FILL":
                    var words = rest.Split(' ');
                    steps.Add(new Step.Send(number, Encoding.ASCII.GetBytes(new string(words[1][0], int.Parse(words[0], CultureInfo.InvariantCulture))), rest));
                    break;
                case "TLS":
                    steps.Add(new Step.StartTls(number));
                    break;
                case "CLOSED":
                    steps.Add(new Step.ExpectClosed(number));
                    break;
                case "CLOSE":
                    steps.Add(new Step.Close(number));
                    break;
                default:
                    if (line.StartsWith("@set ", StringComparison.Ordinal))
                    {
                        sets.Add(line["@set ".Length..].Trim());
                    }
                    else if (line.StartsWith("@user ", StringComparison.Ordinal) && line.Split(' ') is [_, var user, var password])
                    {
                        users.Add((user, password));
                    }
                    else if (line.StartsWith("@user ", StringComparison.Ordinal) && line.Split(' ') is [_, var barred, var secret, "disabled"])
                    {
                        users.Add((barred, secret));
                        disabled.Add(barred);
                    }
                    else if (line.StartsWith("@mail ", StringComparison.Ordinal) && line.Split(' ', 3) is [_, var account, var content])
                    {
                        mail.Add((account, Unescape(content)));
                    }
                    else if (line == "@whole")
                    {
                        onlyWhole = true;
                    }
                    else
                    {
                        throw new FormatException($"{name}, line {number}: '{raw}' is no line of a dialogue.");
                    }

                    break;
            }
        }

        return new DialogueScript(name, steps, sets, users) { OnlyWhole = onlyWhole, Disabled = disabled, Mail = mail };
    }

    private static string WithoutComment(string line)
    {
        var trimmed = line.TrimStart();
        if (trimmed.StartsWith('#') || trimmed.Length == 0)
        {
            return "";
        }

        var comment = trimmed.IndexOf("  #", StringComparison.Ordinal);
        return comment < 0 ? trimmed.TrimEnd('\r') : trimmed[..comment].TrimEnd();
    }

    private static byte[] Unescape(string text)
    {
        var octets = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                octets.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, 1)));
                continue;
            }

            switch (text[++i])
            {
                case 'r':
                    octets.Add(13);
                    break;
                case 'n':
                    octets.Add(10);
                    break;
                case 't':
                    octets.Add(9);
                    break;
                case '0':
                    octets.Add(0);
                    break;
                case 'x':
                    octets.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 2;
                    break;
                default:
                    octets.Add((byte)text[i]);
                    break;
            }
        }

        return [.. octets];
    }
}

/// <summary>One line of a script.</summary>
public abstract record Step(int Line)
{
    public sealed record Send(int Line, byte[] Octets, string Shown) : Step(Line);

    public sealed record Expect(int Line, string Pattern) : Step(Line);

    public sealed record ExpectAny(int Line, string Prefix) : Step(Line);

    public sealed record ExpectClosed(int Line) : Step(Line);

    public sealed record StartTls(int Line) : Step(Line);

    public sealed record Close(int Line) : Step(Line);
}
