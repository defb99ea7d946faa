using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// Writes a report as multipart/report (RFC 6522): words for people, fields for programs (RFC 3464), and the message or its header. Of an internationalised message it
/// is one in UTF-8 (RFC 6533). Whatever others said is made printable and bounded, so that nothing of theirs can end a field or a part.
/// </summary>
public static partial class DeliveryReportComposer
{
    private const int MostText = 1000;

    /// <summary>The report as a message; what is returned whole streams through.</summary>
    public static ComposedMessage Compose(DeliveryReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var utf8 = report.About.SmtpUtf8;
        var boundary = string.Create(CultureInfo.InvariantCulture, $"=_{report.Id}_{report.Entropy:x16}");
        var words = Words(report);
        var fields = Fields(report);
        var isEightBit = report.IsEightBit || !Ascii.IsValid(words) || !Ascii.IsValid(fields);
        var parts = new SegmentList();
        parts.Add(Header(report, boundary, isEightBit));
        Open(parts, boundary, "text/plain", !Ascii.IsValid(words), ("charset", "utf-8"));
        Add(parts, words);
        Open(parts, boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status", !Ascii.IsValid(fields));      // RFC 3464 §2.1: of ASCII it is 7bit
        Add(parts, fields);
        if (report.ReturnsWhole)
        {
            Open(parts, boundary, utf8 ? "message/global" : "message/rfc822", report.Returned.IsEightBit);
            parts.Add(report.Returned.Whole, base64: false);
        }
        else if (!report.Returned.IsMissing)
        {
            Open(parts, boundary, utf8 ? "message/global-headers" : "text/rfc822-headers", !Ascii.IsValid(report.Returned.Header.Span));
            parts.Add(report.Returned.Header.ToArray());
        }

        Add(parts, $"\r\n--{boundary}--\r\n");
        return new ComposedMessage(parts.Finish(), isEightBit, utf8);
    }

    private static HeaderWriter Header(DeliveryReport report, string boundary, bool isEightBit)
    {
        var header = new HeaderWriter(report.About.SmtpUtf8);
        header.Tokens("Date", MailDates.Format(report.At.ToUniversalTime()));
        header.Tokens("From", "Mail", "Delivery", $"<MAILER-DAEMON@{Plain(report.Hostname)}>");
        if (report.Postmaster is { IsInternational: false } human)
        {
            header.Tokens("Reply-To", $"<{human}>");
        }

        header.Tokens("To", $"<{report.About.From.Mailbox}>");
        header.Unstructured("Subject", Subject(report));
        header.Tokens("Message-ID", $"<{report.Id}@{Plain(report.Hostname)}>");
        if (HeaderList.Read(report.Returned.Header, MimeLimits.Ample).MessageId is { Length: < 500 } about && MessageIds.IsValid(about) && Ascii.IsValid(about))
        {
            header.Tokens("In-Reply-To", $"<{about}>");                 // so that programs show it with what was sent
            header.Tokens("References", $"<{about}>");
        }

        header.Tokens("Auto-Submitted", "auto-replied");                // RFC 3834 §5
        header.Tokens("MIME-Version", "1.0");
        header.WithParameters("Content-Type", "multipart/report", ("report-type", report.About.SmtpUtf8 ? "global-delivery-status" : "delivery-status"), ("boundary", boundary));
        if (isEightBit)
        {
            header.Tokens("Content-Transfer-Encoding", "8bit");
        }

        return header;
    }

    private static void Open(SegmentList parts, string boundary, string type, bool isEightBit, params IEnumerable<(string, string)> parameters)
    {
        var header = new HeaderWriter(utf8: false);
        header.WithParameters("Content-Type", type, parameters);
        if (isEightBit)
        {
            header.Tokens("Content-Transfer-Encoding", "8bit");
        }

        Add(parts, $"\r\n--{boundary}\r\n");
        parts.Add(header);
    }

    /// <summary>RFC 3464 §2.2 and §2.3.</summary>
    private static string Fields(DeliveryReport report)
    {
        var about = report.About;
        var fields = new HeaderWriter(about.SmtpUtf8);
        if (about.EnvelopeId is { } id)
        {
            Text(fields, "Original-Envelope-Id", id);                   // RFC 3461 §6.3 (a): decoded
        }

        Text(fields, "Reporting-MTA", NameOf(report.Hostname));
        if (about.HelloName is { Length: > 0 } name)
        {
            Text(fields, "Received-From-MTA", about.ClientAddress is { } address ? $"dns; {name} ({Literal(address)})" : $"dns; {name}");     // RFC 3464 §2.2.4
        }

        fields.Tokens("Arrival-Date", MailDates.Format(about.ReceivedAt.ToUniversalTime()));
        var all = new StringBuilder(fields.ToString());
        foreach (var recipient in report.Recipients)
        {
            all.Append("\r\n").Append(Fields(recipient, about.SmtpUtf8, about.Id));
        }

        return all.ToString();
    }

    private static string Fields(RecipientReport report, bool utf8, MailId about)
    {
        var fields = new HeaderWriter(utf8);
        if (report.Recipient.Original is { } original)
        {
            Text(fields, "Original-Recipient", $"{original.Type}; {Address(original.Address, original.Type, utf8)}", utf8);    // RFC 3461 §6.3 (d): only from ORCPT
        }

        var final = report.Recipient.Address;
        Text(fields, "Final-Recipient", final.IsInternational ? $"utf-8; {Address(final.ToString(), "utf-8", utf8)}" : $"rfc822; {final}", utf8);
        fields.Tokens("Action", report.Action switch
        {
            ReportAction.Failed => "failed",
            ReportAction.Delayed => "delayed",
            ReportAction.Delivered => "delivered",
            ReportAction.Relayed => "relayed",
            _ => "expanded",
        });
        fields.Tokens("Status", report.Status.ToString());
        if (report.Reply is { } reply)
        {
            if (report.RemoteHost is { Length: > 0 } host)
            {
                Text(fields, "Remote-MTA", NameOf(host));
            }

            Text(fields, "Diagnostic-Code", $"smtp; {Said(reply, " ")}");
        }
        else if (report.Why is { Length: > 0 } why)
        {
            // RFC 3464 §2.3.6: with a Remote-MTA it would read as that server's word.
            Text(fields, "Diagnostic-Code", $"x-actorsmtp; {At(report.RemoteHost)}{why}");
        }

        if (report.LastAttempt is { } last)
        {
            fields.Tokens("Last-Attempt-Date", MailDates.Format(last.ToUniversalTime()));
        }

        fields.Tokens("Final-Log-ID", about.ToString());
        if (report is { Action: ReportAction.Delayed, RetriesUntil: { } until })
        {
            fields.Tokens("Will-Retry-Until", MailDates.Format(until.ToUniversalTime()));
        }

        return fields.ToString();
    }

    /// <summary>An address in a field: as it is in UTF-8, else with <c>\x{…}</c> for what is not ASCII (RFC 6533 §3).</summary>
    private static string Address(string address, string type, bool utf8) =>
        Ascii.IsValid(address) || utf8 || !type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? address : XText.EncodeUtf8Address(address);

    private static void Text(HeaderWriter fields, string name, string text, bool utf8 = false) =>
        fields.Tokens(name, (utf8 ? Bounded(text) : Plain(text)).Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(word => word.Chunk(900).Select(c => new string(c))));

    /// <summary>As it was on the wire (RFC 3461 §9.2): a hyphen behind the code of every line but the last.</summary>
    private static string Said(ServerReply reply, string between) =>
        string.Join(between, reply.Lines.Select((line, i) => $"{reply.Code}{(i < reply.Lines.Length - 1 ? '-' : ' ')}{(reply.Enhanced is { } e ? $"{e} " : "")}{line}"));

    /// <summary>
    /// A server with the type of its name (RFC 3461 §6.3 (b), §9.3): of type "dns" are domains and address literals; a name without a dot, which only this machine knows, and a socket's
    /// path are not.
    /// </summary>
    private static string NameOf(string host) =>
        host.Contains('/') ? $"x-unix; {host}"
        : IPAddress.TryParse(host.Trim('[', ']'), out var address) ? $"dns; {Literal(address)}"
        : host.TrimEnd('.').Contains('.') ? $"dns; {host}"
        : $"x-local-hostname; {host}";

    private static string Literal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{address}]" : $"[{address}]";

    private static string At(string? host) => host is { Length: > 0 } ? $"{host}: " : "";

    private static void Add(SegmentList parts, string text) => parts.Add(Encoding.UTF8.GetBytes(text));

    private static string Bounded(string text) => text.Length > MostText ? text[..MostText] : text;

    /// <summary>Printable ASCII; everything else is a question mark.</summary>
    private static string Plain(string text) => string.Concat(Bounded(text).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
