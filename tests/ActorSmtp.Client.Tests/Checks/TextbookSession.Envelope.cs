using System.Globalization;
using System.Text;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>MAIL, RCPT and BDAT, with their parameters.</summary>
internal sealed partial class TextbookSession
{
    private string OnMail(string rest)
    {
        if (Mail)
        {
            return "503 5.5.1 order";
        }

        if (!rest.StartsWith("FROM:<", StringComparison.OrdinalIgnoreCase) || Path(rest[5..], out var parameters) is not { } path)
        {
            return "501 5.5.4 path";
        }

        var (size, body, utf8, ret, envid) = (false, "", false, false, false);
        foreach (var parameter in parameters)
        {
            var (name, value) = parameter.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (parameter[..at].ToUpperInvariant(), parameter[(at + 1)..]) : (parameter.ToUpperInvariant(), (string?)null);
            switch (name)
            {
                case "SIZE" when value is { Length: > 0 and <= 20 } && value.All(char.IsAsciiDigit) && !size:
                    size = true;
                    if (decimal.Parse(value, CultureInfo.InvariantCulture) > MaxSize)
                    {
                        return "552 5.3.4 too large";
                    }

                    break;
                case "BODY" when value?.ToUpperInvariant() is "7BIT" or "8BITMIME" or "BINARYMIME" && body.Length == 0:
                    body = value.ToUpperInvariant();
                    break;
                case "SMTPUTF8" when value is null:
                    utf8 = true;
                    break;
                case "RET" when value is "HDRS" or "FULL" && !ret:
                    ret = true;
                    break;
                case "ENVID" when value is { Length: > 0 } && !envid && IsXText(value):
                    envid = true;
                    break;
                case "AUTH" when value is not null:
                    break;
                case "SIZE" or "BODY" or "SMTPUTF8" or "RET" or "ENVID":
                    return "501 5.5.4 parameter";
                default:
                    return "555 5.5.4 parameter";
            }
        }

        if (path.Any(c => c > 127) && (!utf8 || !IsUtf8(path)))
        {
            return utf8 ? "501 5.5.4 no UTF-8" : "550 5.6.7 needs SMTPUTF8";
        }

        (Mail, Binary, Utf8) = (true, body == "BINARYMIME", utf8);
        return "250 2.1.0 sender";
    }

    private string OnRcpt(string rest)
    {
        if (!Mail || Chunks > 0)
        {
            return "503 5.5.1 order";
        }

        if (!rest.StartsWith("TO:<", StringComparison.OrdinalIgnoreCase) || Path(rest[3..], out var parameters) is not { Length: > 0 } path)
        {
            return "501 5.5.4 path";
        }

        var (notify, orcpt) = (false, false);
        foreach (var parameter in parameters)
        {
            var (name, value) = parameter.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (parameter[..at].ToUpperInvariant(), parameter[(at + 1)..]) : (parameter.ToUpperInvariant(), "");
            var words = value.Split(',');
            switch (name)
            {
                case "NOTIFY" when !notify && (value == "NEVER" || words.All(w => w is "SUCCESS" or "FAILURE" or "DELAY")):
                    notify = true;
                    break;
                case "ORCPT" when !orcpt && value.Contains(';', StringComparison.Ordinal) && IsXText(value):
                    orcpt = true;
                    break;
                case "NOTIFY" or "ORCPT":
                    return "501 5.5.4 parameter";
                default:
                    return "555 5.5.4 parameter";
            }
        }

        var address = path.StartsWith('@') && path.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? path[(colon + 1)..] : path;
        if (address is not TextbookServer.Ann && !address.Equals("postmaster", StringComparison.OrdinalIgnoreCase))
        {
            return "550 5.1.1 nobody here";
        }

        if (Recipients == MaxRecipients)
        {
            return "452 4.5.3 too many";
        }

        Recipients++;
        return "250 2.1.5 recipient";
    }

    private string OnBdat(string rest)
    {
        var words = rest.Split(' ');
        if (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || words.Length > 2
            || (words.Length == 2 && !words[1].Equals("LAST", StringComparison.OrdinalIgnoreCase)))
        {
            _over = true;
            return "501 5.5.4 size";
        }

        (_chunk, _last, _mode) = (size, words.Length == 2, Mode.Chunk);
        return "";
    }

    /// <summary>What stands between the brackets, and what behind them; null where it is no path.</summary>
    private static string? Path(string text, out string[] parameters)
    {
        parameters = [];
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            if (quoted && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (text[i] == '>' && !quoted)
            {
                parameters = text[(i + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return text[1..i];
            }
        }

        return null;
    }

    private static bool IsXText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '+' && (i + 2 >= text.Length || !"0123456789ABCDEF".Contains(text[i + 1]) || !"0123456789ABCDEF".Contains(text[i + 2])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsUtf8(string latin1) => System.Text.Unicode.Utf8.IsValid(Encoding.Latin1.GetBytes(latin1));
}
