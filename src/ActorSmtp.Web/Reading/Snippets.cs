using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Web.Reading;

/// <summary>How a message's text begins, on one line.</summary>
internal static class Snippets
{
    private const int Looked = 16 * 1024;

    public static string Of(MimeEntity mail, int length)
    {
        if (MimeBodies.TextPart(mail) is { } text && Words(Head(text), length) is { Length: > 0 } plain)
        {
            return plain;
        }

        return MimeBodies.HtmlPart(mail) is { } html ? Words(HtmlText.Of(Head(html)), length) : "";
    }

    private static string Head(MimeEntity part) => part.DecodeText() is var all && all.Length > Looked ? all[..Looked] : all;

    private static string Words(string text, int length)
    {
        var line = new StringBuilder(length + 1);
        foreach (var letter in PlainLine.Of(text, Looked))
        {
            if (char.IsWhiteSpace(letter) || letter is '\u00AD' or '\u034F' or (>= '\u200B' and <= '\u200F') or '\uFEFF')
            {
                if (line.Length > 0 && line[^1] != ' ' && char.IsWhiteSpace(letter))
                {
                    line.Append(' ');
                }
            }
            else if (line.Length < length)
            {
                line.Append(letter);
            }
            else
            {
                break;
            }
        }

        return line.ToString().TrimEnd();
    }
}
