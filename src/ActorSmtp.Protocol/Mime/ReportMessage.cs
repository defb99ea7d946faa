using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Mime;

/// <summary>A report to another domain as a message: a few words, and the document packed by gzip (RFC 8460 §5.3, RFC 7489 §7.2.1.1).</summary>
internal static class ReportMessage
{
    /// <summary>What its header says.</summary>
    /// <param name="Id">A name of its own, of which Message-ID is made.</param>
    /// <param name="Boundary">Between the parts: base64 and our own words hold no such line. At most 70 characters (RFC 2046 §5.1.1), which a domain may have more of.</param>
    /// <param name="Submitter">Our host name.</param>
    /// <param name="From">Whose it is.</param>
    /// <param name="Subject">In ASCII.</param>
    /// <param name="Type">multipart/report or multipart/mixed.</param>
    /// <param name="ReportType">With the former.</param>
    /// <param name="Fields">More fields, of tokens.</param>
    public sealed record Head(string Id, string Boundary, string Submitter, Mailbox From, string Subject, string Type, string? ReportType, ImmutableArray<(string Name, string Value)> Fields);

    /// <summary>The message.</summary>
    /// <param name="head">Its header.</param>
    /// <param name="words">For people: lines of ASCII, each ended by CRLF.</param>
    /// <param name="type">Of the packed document.</param>
    /// <param name="file">What it is called.</param>
    /// <param name="document">It.</param>
    /// <param name="at">When it is sent.</param>
    /// <param name="to">Who gets it; at least one.</param>
    public static ComposedMessage Compose(Head head, string words, string type, string file, byte[] document, DateTimeOffset at, ImmutableArray<Mailbox> to)
    {
        var boundary = head.Boundary;
        var header = new HeaderWriter(utf8: false);
        header.Tokens("Date", MailDates.Format(at.ToUniversalTime()));
        header.Tokens("From", $"<{head.From}>");
        header.Tokens("To", to.Select((t, i) => i < to.Length - 1 ? $"<{t}>," : $"<{t}>"));
        header.Unstructured("Subject", head.Subject);
        header.Tokens("Message-ID", $"<{head.Id}@{head.Submitter}>");
        foreach (var (name, value) in head.Fields)
        {
            header.Tokens(name, value);
        }

        header.Tokens("Auto-Submitted", "auto-generated");              // RFC 3834 §5
        header.Tokens("MIME-Version", "1.0");
        if (head.ReportType is { } report)
        {
            header.WithParameters("Content-Type", head.Type, ("report-type", report), ("boundary", boundary));
        }
        else
        {
            header.WithParameters("Content-Type", head.Type, ("boundary", boundary));
        }

        var ofWords = new HeaderWriter(utf8: false);
        ofWords.WithParameters("Content-Type", "text/plain", ("charset", "us-ascii"));
        var packed = new HeaderWriter(utf8: false);
        packed.WithParameters("Content-Type", type, ("name", file));
        packed.WithParameters("Content-Disposition", "attachment", ("filename", file));
        packed.Tokens("Content-Transfer-Encoding", "base64");
        var parts = new SegmentList();
        parts.Add(header);
        Add(parts, $"\r\n--{boundary}\r\n");
        parts.Add(ofWords);
        Add(parts, $"\r\n{words}\r\n--{boundary}\r\n");
        parts.Add(packed);
        Add(parts, "\r\n");
        parts.Add(new PartContent(Packed(document)), base64: true);
        Add(parts, $"\r\n--{boundary}--\r\n");
        return new ComposedMessage(parts.Finish(), isEightBit: false, needsSmtpUtf8: false);
    }

    private static byte[] Packed(byte[] octets)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(octets);
        }

        return packed.ToArray();
    }

    private static void Add(SegmentList parts, string text) => parts.Add(Encoding.ASCII.GetBytes(text));
}
