using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>Commands: never an exception; what is taken is within the limits, and said again means the same.</summary>
internal sealed class CommandTarget : FuzzTarget
{
    public override string Name => "command";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "EHLO client.example.com", "HELO [127.0.0.1]", "EHLO [IPv6:::1]", "LHLO a", "MAIL FROM:<>", "MAIL FROM:<ann@example.com> SIZE=1000 BODY=8BITMIME SMTPUTF8",
        "MAIL FROM:<\"a b\\\"c\"@example.com> RET=HDRS ENVID=a+2Bb AUTH=<>", "MAIL FROM:<a@[IPv6:2001:db8::1]> AUTH=a+3Db@c REQUIRETLS", "RCPT TO:<postmaster>", "RCPT TO:<Bob@example.org>",
        "RCPT TO:<@a.example,@b.example:c@d.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;c+2Bx@d", "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=utf-8;\\x{FC}", "RCPT TO:<gr\u00c3\u00bc\u00c3\u009fe@m\u00c3\u00bcnchen.example>",
        "DATA", "BDAT 1000 LAST", "BDAT 0", "BDAT 99999999999999999999", "RSET", "NOOP x", "QUIT", "VRFY a", "EXPN b", "HELP mail", "STARTTLS", "AUTH PLAIN AGEAYg==", "AUTH SCRAM-SHA-256", "XCLIENT ADDR=192.0.2.1 NAME=a", "FROB");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets(
        "MAIL FROM:<", "RCPT TO:<", "a@b>", "\"@", "@[", "IPv6:", "]", " SIZE=", " BODY=", "8BITMIME", "BINARYMIME", " SMTPUTF8", " RET=", " ENVID=", " NOTIFY=", ",", " ORCPT=rfc822;", " AUTH=", "+2B", "xn--", ".", "..", "-",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\u00c3\u00bc", "255.255.255.255", "BDAT ", " LAST", "18446744073709551616", "[::1]")];

    public override int MaxLength => 2046;

    public override void Try(byte[] input, Dice dice)
    {
        var options = new ParserOptions((ParameterSet)dice.Next(128), dice.OneIn(2), dice.OneIn(4));
        var command = CommandParser.Parse(input, options);
        Hold(command.Equals(CommandParser.Parse(input, options)), "twice the same line is two commands");
        switch (command)
        {
            case SmtpCommand.Malformed bad:
                Hold(bad.Because.Code is >= 400 and < 600, $"malformed and answered with {bad.Because}");
                break;
            case SmtpCommand.Mail mail:
                Address(mail.From.Mailbox, options.Offered.HasFlag(ParameterSet.SmtpUtf8) && mail.Parameters.SmtpUtf8);
                Hold(mail.Equals(Again(CommandWriter.Mail(mail.From, mail.Parameters), options)), $"{mail} is another when it is said again: {CommandWriter.Mail(mail.From, mail.Parameters)}");
                break;
            case SmtpCommand.Rcpt { To.Mailbox: { } to } rcpt:
                Address(to, options.Utf8Transaction);
                Hold(rcpt.Equals(Again(CommandWriter.Rcpt(to, rcpt.Parameters), options)), $"{rcpt} is another when it is said again: {CommandWriter.Rcpt(to, rcpt.Parameters)}");
                break;
            case SmtpCommand.Bdat bdat:
                Hold(bdat.Size >= 0, "a negative chunk");
                break;
        }
    }

    private static SmtpCommand Again(string line, ParserOptions options) => CommandParser.Parse(Encoding.UTF8.GetBytes(line), options);

    private static void Address(Mailbox? mailbox, bool utf8)
    {
        if (mailbox is null)
        {
            return;
        }

        Hold(mailbox.LocalPart.Length > 0 && Encoding.UTF8.GetByteCount(mailbox.LocalPart) <= CommandParser.MaxLocalPart, "a local part beyond its limit");
        Hold(Encoding.UTF8.GetByteCount(mailbox.Domain.Text) <= CommandParser.MaxDomain, "a domain beyond its limit");
        Hold(!mailbox.ToString().Any(char.IsControl), "a control character in an address");
        Hold(utf8 || !mailbox.IsInternational, "a UTF-8 address unasked");
        Hold(mailbox.Equals(Mailbox.TryParse(mailbox.ToString())), $"{mailbox} reads back as {Mailbox.TryParse(mailbox.ToString())}");
    }
}
