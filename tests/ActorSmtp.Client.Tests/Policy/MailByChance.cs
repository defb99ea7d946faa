using System.Text;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>Messages with all the white space that canonicalisation is about, by chance.</summary>
internal static class MailByChance
{
    private static readonly string[] _pieces = ["word", "a longer piece of text", " ", "  ", "\t", " \t ", ".", "=20", "é"];

    public static string Make(Random random)
    {
        var text = new StringBuilder();
        foreach (var name in new[] { "From", "To", "Subject", "Date", "Message-ID", "X-Other", "To", "Cc" })
        {
            if (random.Next(4) > 0 || name == "From")
            {
                text.Append(random.Next(5) == 0 ? name.ToUpperInvariant() : name).Append(':').Append(" \t"[..random.Next(3)]);
                text.Append(name == "From" ? "Ann <ann@example.com>" : Line(random, 4).Trim());
                if (random.Next(3) == 0)
                {
                    text.Append("\r\n").Append(random.Next(2) == 0 ? " " : "\t  ").Append('x').Append(Line(random, 3)).Append('y');
                }

                text.Append(random.Next(4) == 0 ? " \r\n" : "\r\n");
            }
        }

        text.Append("\r\n");
        for (var lines = random.Next(8); lines > 0; lines--)
        {
            text.Append(random.Next(3) == 0 ? "" : Line(random, 6)).Append("\r\n");
        }

        // dkimpy sees white space at the end of lines only where a line end follows.
        return text.Append(random.Next(4) == 0 ? Line(random, 2) + "end" : "").ToString();
    }

    /// <summary>One octet of it is another one.</summary>
    public static string Spoil(string message, Random random)
    {
        var at = random.Next(message.Length);
        return message[at] is '\r' or '\n' or ' ' or '\t' or ':' or ';' or '=' ? message : message[..at] + (char)(message[at] ^ 1) + message[(at + 1)..];
    }

    public static byte[] Octets(string message) => Encoding.Latin1.GetBytes(message);

    private static string Line(Random random, int pieces) => string.Concat(Enumerable.Range(0, random.Next(1, pieces + 1)).Select(_ => _pieces[random.Next(_pieces.Length)]));
}
