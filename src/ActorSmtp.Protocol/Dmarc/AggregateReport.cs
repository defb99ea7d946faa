using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Xml;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Protocol.Dmarc;

/// <summary>What a domain published when mail was judged by it.</summary>
/// <param name="Policy">p=</param>
/// <param name="SubdomainPolicy">sp=</param>
/// <param name="StrictDkim">adkim=s</param>
/// <param name="StrictSpf">aspf=s</param>
/// <param name="Percent">pct=</param>
public sealed record PublishedPolicy(DmarcPolicy Policy, DmarcPolicy SubdomainPolicy, bool StrictDkim, bool StrictSpf, int Percent)
{
    /// <summary>That of a record.</summary>
    public static PublishedPolicy Of(DmarcRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(record.Policy, record.SubdomainPolicy, record.StrictDkim, record.StrictSpf, record.Percent);
    }
}

/// <summary>A report to a domain of the mail in its name on one day (RFC 7489 §7.2, appendix C).</summary>
/// <param name="Id">A name of its own; the same report has the same.</param>
/// <param name="Domain">Whose policy it is about.</param>
/// <param name="Day">UTC.</param>
/// <param name="Organization">Whose report it is, in words.</param>
/// <param name="Submitter">Our host name.</param>
/// <param name="Contact">Whom to ask; the report is from there.</param>
/// <param name="Published">What the domain published.</param>
/// <param name="Rows">What came, and how often.</param>
/// <param name="LeftOut">Messages that were counted and stand in no row, since there were too many kinds of them.</param>
public sealed record AggregateReport(
    string Id, string Domain, DateOnly Day, string Organization, string Submitter, Mailbox Contact, PublishedPolicy Published, ImmutableArray<(AggregateRow Row, long Count)> Rows, long LeftOut)
{
    /// <summary>What the file is called that the report is sent as (§7.2.1.1).</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Submitter}!{Domain}!{Begin}!{Begin + 86_399}!{Id}.xml.gz");

    private long Begin => new DateTimeOffset(Day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>The document (appendix C), in UTF-8.</summary>
    public byte[] ToXml()
    {
        using var octets = new MemoryStream();
        using (var xml = XmlWriter.Create(octets, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, CheckCharacters = true }))
        {
            xml.WriteStartElement("feedback");
            Element(xml, "version", "1.0");
            xml.WriteStartElement("report_metadata");
            Element(xml, "org_name", Organization);
            Element(xml, "email", Contact.ToString());
            Element(xml, "report_id", Id);
            xml.WriteStartElement("date_range");
            Element(xml, "begin", Number(Begin));
            Element(xml, "end", Number(Begin + 86_399));
            xml.WriteEndElement();
            if (LeftOut > 0)
            {
                Element(xml, "error", $"{Number(LeftOut)} more messages are in no row");
            }

            xml.WriteEndElement();
            xml.WriteStartElement("policy_published");
            Element(xml, "domain", Domain);
            Element(xml, "adkim", Published.StrictDkim ? "s" : "r");
            Element(xml, "aspf", Published.StrictSpf ? "s" : "r");
            Element(xml, "p", DmarcRecord.ToWord(Published.Policy));
            Element(xml, "sp", DmarcRecord.ToWord(Published.SubdomainPolicy));
            Element(xml, "pct", Number(Published.Percent));
            Element(xml, "fo", "0");
            xml.WriteEndElement();
            foreach (var (row, count) in Rows)
            {
                Write(xml, row, count);
            }

            xml.WriteEndElement();
        }

        return octets.ToArray();
    }

    /// <summary>The report as a message (§7.2.1.1), packed by gzip.</summary>
    /// <param name="at">When it is sent.</param>
    /// <param name="to">Who asked for it; at least one.</param>
    public ComposedMessage Compose(DateTimeOffset at, ImmutableArray<Mailbox> to) => ReportMessage.Compose(
        new ReportMessage.Head(Id, $"=_dmarc_{Day:yyyyMMdd}", Submitter, Contact, $"Report Domain: {Domain} Submitter: {Submitter} Report-ID: <{Id}@{Submitter}>", "multipart/mixed", null, []),
        $"This is a report of mail in the name of {Domain} on {Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} (UTC),\r\nas {Submitter} saw it (DMARC, RFC 7489).\r\n",
        "application/gzip", FileName, ToXml(), at, to);

    private static void Write(XmlWriter xml, AggregateRow row, long count)
    {
        xml.WriteStartElement("record");
        xml.WriteStartElement("row");
        Element(xml, "source_ip", row.Source.ToString());
        Element(xml, "count", Number(count));
        xml.WriteStartElement("policy_evaluated");
        Element(xml, "disposition", DmarcRecord.ToWord(row.Disposition));
        Element(xml, "dkim", row.Dkim ? "pass" : "fail");
        Element(xml, "spf", row.Spf ? "pass" : "fail");
        if (row.Override.Length > 0)
        {
            xml.WriteStartElement("reason");
            Element(xml, "type", row.Override);
            if (row.Comment.Length > 0)
            {
                Element(xml, "comment", row.Comment);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("identifiers");
        Element(xml, "envelope_from", row.Sender);
        Element(xml, "header_from", row.From);
        xml.WriteEndElement();
        xml.WriteStartElement("auth_results");
        foreach (var signature in row.Signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (signature.Split('/') is [var domain, var selector, var result])
            {
                xml.WriteStartElement("dkim");
                Element(xml, "domain", domain);
                Element(xml, "selector", selector);
                Element(xml, "result", result);
                xml.WriteEndElement();
            }
        }

        xml.WriteStartElement("spf");
        Element(xml, "domain", row.Helo.Length > 0 ? row.Helo : row.Sender);
        Element(xml, "scope", row.Helo.Length > 0 ? "helo" : "mfrom");
        Element(xml, "result", SpfResult.ToWord(row.SpfResult));
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void Element(XmlWriter xml, string name, string value) => xml.WriteElementString(name, value);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
