using System.Globalization;
using System.Text;

namespace ActorSmtp.Testing.Peers;

/// <summary>One thing a peer does; see <see cref="PeerScript"/> for how they are written.</summary>
public abstract record PeerAction
{
    /// <summary>The code that it says, if it says a reply.</summary>
    public virtual int? Code => null;

    /// <summary>What a well-behaved server does here.</summary>
    public sealed record Good : PeerAction;

    /// <summary>Sends octets, one at a time with so much time in between where <paramref name="Each"/> is not zero.</summary>
    public sealed record Say(byte[] Octets, TimeSpan Each) : PeerAction
    {
        /// <summary>Some of it was said already.</summary>
        public bool GoesOn { get; init; }

        public override int? Code => Octets.Length >= 3 && int.TryParse(Encoding.ASCII.GetString(Octets, 0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null;
    }

    /// <summary>Lines of a reply that never ends, or (without lines) one line that never ends.</summary>
    public sealed record Endless(bool InLines) : PeerAction;

    /// <summary>Says nothing more, but goes on reading.</summary>
    public sealed record Hang : PeerAction;

    /// <summary>Says nothing here, and goes on.</summary>
    public sealed record Silent : PeerAction;

    /// <summary>Throws away what was sent ahead of its turn.</summary>
    public sealed record Lose : PeerAction;

    /// <summary>Reads nothing more: the window closes.</summary>
    public sealed record Deaf : PeerAction;

    /// <summary>Closes in good order.</summary>
    public sealed record Drop : PeerAction;

    /// <summary>Closes with a reset.</summary>
    public sealed record Reset : PeerAction;

    /// <summary>Keeps the message for good and says nothing of it.</summary>
    public sealed record Take : PeerAction;

    /// <summary>Does nothing for a while.</summary>
    public sealed record Wait(TimeSpan Time) : PeerAction;

    /// <summary>Takes the handshake with a certificate of this kind (<see cref="PeerCertificates"/>).</summary>
    public sealed record Handshake(string Certificate) : PeerAction;

    /// <summary>Reads one action.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PeerAction Parse(string text)
    {
        var (word, rest) = text.IndexOf(' ') is > 0 and var at ? (text[..at], text[(at + 1)..]) : (text, "");
        return word switch
        {
            "ok" => new Good(),
            "hang" => new Hang(),
            "silent" => new Silent(),
            "deaf" => new Deaf(),
            "lose" => new Lose(),
            "drop" => new Drop(),
            "reset" => new Reset(),
            "take" => new Take(),
            "endless" => new Endless(rest switch
            {
                "reply" => true,
                "line" => false,
                _ => throw new FormatException($"'{text}': expected 'endless reply' or 'endless line'"),
            }),
            "wait" => new Wait(ParseTime(rest)),
            "drip" when rest.Split(' ', 2) is [var each, var said] => new Say(Unescaped(said + "\\r\\n"), ParseTime(each)),
            "raw" => new Say(Unescaped(rest), TimeSpan.Zero),
            "tls" => new Handshake(rest),
            { Length: >= 3 } when char.IsAsciiDigit(word[0]) => new Say(Unescaped(text + "\\r\\n"), TimeSpan.Zero),
            _ => throw new FormatException($"'{text}' is nothing that a peer does"),
        };
    }

    /// <summary>Reads <c>4m</c>, <c>10s</c>, <c>200ms</c>.</summary>
    public static TimeSpan ParseTime(string text) => text switch
    {
        _ when text.EndsWith("ms", StringComparison.Ordinal) => TimeSpan.FromMilliseconds(int.Parse(text[..^2], CultureInfo.InvariantCulture)),
        _ when text.EndsWith('s') => TimeSpan.FromSeconds(int.Parse(text[..^1], CultureInfo.InvariantCulture)),
        _ when text.EndsWith('m') => TimeSpan.FromMinutes(int.Parse(text[..^1], CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"'{text}' is no time: 10s, 4m, 200ms"),
    };

    // \r \n \0 \xFF, else UTF-8; "text*300" repeats the last character before the star
    private static byte[] Unescaped(string text)
    {
        var octets = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when i + 1 < text.Length && text[i + 1] is 'r' or 'n' or '0':
                    octets.Add((byte)(text[++i] switch { 'r' => '\r', 'n' => '\n', _ => '\0' }));
                    break;
                case '\\' when i + 3 < text.Length && text[i + 1] == 'x':
                    octets.Add(Convert.ToByte(text.Substring(i + 2, 2), 16));
                    i += 3;
                    break;
                case '*' when octets.Count > 0 && text[(i + 1)..].TakeWhile(char.IsAsciiDigit).ToArray() is { Length: > 0 } digits:
                    octets.AddRange(Enumerable.Repeat(octets[^1], int.Parse(digits, CultureInfo.InvariantCulture) - 1));
                    i += digits.Length;
                    break;
                default:
                    octets.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
                    break;
            }
        }

        return [.. octets];
    }
}
