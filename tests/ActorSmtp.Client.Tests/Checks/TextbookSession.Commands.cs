using System.Globalization;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>What it answers to each command.</summary>
internal sealed partial class TextbookSession
{
    private string Obey(string line)
    {
        if (line.Length > MaxLine)
        {
            return "500 5.5.6 too long";
        }

        if (line.Any(c => c is '\r' or '\n' or '\0'))
        {
            return "500 5.5.2 bare controls";
        }

        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        var (verb, rest) = blank < 0 ? (line, "") : (line[..blank], line[(blank + 1)..]);
        switch (verb.ToUpperInvariant())
        {
            case "EHLO" when rest.Length == 0:
                return "501 5.5.4 whose?";
            case "EHLO":
                (Hello, _) = (true, 0);
                Reset();
                return Offer();
            case "HELO":
                Hello = true;
                Reset();
                return "250 here.test";
            case "MAIL":
                return OnMail(rest);
            case "RCPT":
                return OnRcpt(rest);
            case "DATA" or "RSET" or "QUIT" or "STARTTLS" when rest.Length > 0:
                return "501 5.5.4 no arguments";
            case "DATA" when !Mail || Recipients == 0 || Binary || Chunks > 0:
                return "503 5.5.1 order";
            case "DATA":
                _mode = Mode.Content;
                return "354 go on";
            case "BDAT":
                return OnBdat(rest);
            case "RSET":
                Reset();
                return "250 2.0.0 reset";
            case "NOOP":
                return "250 2.0.0 nothing";
            case "HELP":
                return "214-2.0.0 see\r\n214 2.0.0 RFC 5321";
            case "VRFY":
                return "252 2.0.0 maybe";
            case "EXPN":
                return "250 2.0.0 <ann@here.test>";
            case "QUIT":
                _over = true;
                return "221 2.0.0 bye";
            case "AUTH":
                return OnAuth(rest);
            case "STARTTLS" when Secure:
                return "503 5.5.1 already";
            case "STARTTLS" when _unread.Length > 0 && !sin.KeepsClearText && !sin.NeverSecures:
                _over = true;
                return "501 5.5.4 nothing may follow";
            case "STARTTLS":
                _mode = sin.NeverSecures ? Mode.Commands : Mode.Securing;
                return "220 2.0.0 go";
            default:
                return "500 5.5.2 what?";
        }
    }

    private string Offer() => "250-here.test\r\n250-PIPELINING\r\n" + string.Create(CultureInfo.InvariantCulture, $"250-SIZE {MaxSize}\r\n")
        + "250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-EXPN\r\n"
        + (Secure ? "250-AUTH PLAIN LOGIN\r\n" : "250-STARTTLS\r\n") + "250 HELP";

    private string Verdict(string content) => content.Length > MaxSize ? "552 5.3.4 too large"
        : content.Replace("\r\n", "", StringComparison.Ordinal).Any(c => c is '\r' or '\n' or '\0') ? "550 5.6.0 bare controls"
        : content.Length == 0 ? "554 5.6.0 empty" : "250 2.0.0 kept";
}
