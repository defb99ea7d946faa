using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.TransportSecurity;

/// <summary>Why sessions to a domain had no TLS as its policy wants it, and how many.</summary>
/// <param name="Type">A result type of RFC 8460 §4.3.</param>
/// <param name="Host">The server, as the MX record names it; null: it did not come to one.</param>
/// <param name="Address">Its address; null: it did not come to that.</param>
public sealed record TlsFailure(string Type, string? Host, IPAddress? Address, long Sessions);

/// <summary>How sessions under one policy went.</summary>
/// <param name="Type"><c>sts</c>, <c>tlsa</c> or <c>no-policy-found</c>.</param>
/// <param name="Text">The policy: the lines of that of MTA-STS, or TLSA records, one each.</param>
/// <param name="Succeeded">Sessions with TLS as the policy wants it.</param>
public sealed record TlsPolicyOutcome(string Type, ImmutableArray<string> Text, long Succeeded, ImmutableArray<TlsFailure> Failures)
{
    /// <summary>Sessions without.</summary>
    public long Failed => Failures.Sum(f => f.Sessions);
}

/// <summary>A report to a domain of how TLS on the way to it went on one day (RFC 8460 §4).</summary>
/// <param name="Id">A name of its own; the same report has the same.</param>
/// <param name="Domain">About whom, in A-labels.</param>
/// <param name="Day">UTC.</param>
/// <param name="Organization">Whose report it is, in words.</param>
/// <param name="Submitter">Our host name.</param>
/// <param name="Contact">Whom to ask; the report is from there.</param>
public sealed record TlsReport(string Id, string Domain, DateOnly Day, string Organization, string Submitter, Mailbox Contact, ImmutableArray<TlsPolicyOutcome> Policies)
{
    private const string ServerLine = "mx: ";

    /// <summary>The document (RFC 8460 §4.4), in UTF-8.</summary>
    public byte[] ToJson()
    {
        using var octets = new MemoryStream();
        using (var json = new Utf8JsonWriter(octets))
        {
            json.WriteStartObject();
            json.WriteString("organization-name", Organization);
            json.WriteStartObject("date-range");
            json.WriteString("start-datetime", Day.ToString("yyyy-MM-dd'T00:00:00Z'", CultureInfo.InvariantCulture));
            json.WriteString("end-datetime", Day.ToString("yyyy-MM-dd'T23:59:59Z'", CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteString("contact-info", Contact.ToString());
            json.WriteString("report-id", Id);
            json.WriteStartArray("policies");
            foreach (var policy in Policies)
            {
                Write(json, policy);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return octets.ToArray();
    }

    /// <summary>What the file is called that the report is sent as (RFC 8460 §5.1): of the id only letters and digits.</summary>
    public string FileName => string.Create(
        CultureInfo.InvariantCulture,
        $"{Reporter}!{Domain}!{Start.ToUnixTimeSeconds()}!{Start.AddDays(1).ToUnixTimeSeconds() - 1}!{string.Concat(Id.Where(char.IsAsciiLetterOrDigit))}.json.gz");

    /// <summary>The domain of <see cref="Contact"/>, as which we submit (RFC 8460 §5.1, §5.3), whatever the host is called.</summary>
    private string Reporter => Contact.Domain.Canonical;

    private DateTimeOffset Start => new(Day, TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>The report as a message (RFC 8460 §5.3), packed by gzip.</summary>
    /// <param name="at">When it is sent.</param>
    /// <param name="to">Who asked for it; at least one.</param>
    public ComposedMessage Compose(DateTimeOffset at, ImmutableArray<Mailbox> to) => ReportMessage.Compose(
        new ReportMessage.Head(Id, $"=_tlsrpt_{Day:yyyyMMdd}", Submitter, Contact, $"Report Domain: {Domain} Submitter: {Reporter} Report-ID: <{Id}@{Submitter}>", "multipart/report", "tlsrpt",
        [
            ("TLS-Report-Domain", Domain),
            ("TLS-Report-Submitter", Reporter),
            ("TLS-Required", "No"),                                     // RFC 8460 §5.3: what it reports must not keep it from arriving; RFC 8689 §3
        ]),
        $"This is a report of TLS on the way to {Domain} on {Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}\r\n(UTC), as {Submitter} saw it (RFC 8460).\r\n",
        "application/tlsrpt+gzip", FileName, ToJson(), at, to);

    private void Write(Utf8JsonWriter json, TlsPolicyOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteStartObject("policy");
        json.WriteString("policy-type", outcome.Type);
        if (!outcome.Text.IsEmpty)
        {
            Write(json, "policy-string", outcome.Text);
        }

        json.WriteString("policy-domain", Domain);
        if (outcome.Type == "sts" && outcome.Text.Any(IsServer))
        {
            Write(json, "mx-host", outcome.Text.Where(IsServer).Select(l => l[ServerLine.Length..]));
        }

        json.WriteEndObject();
        json.WriteStartObject("summary");
        json.WriteNumber("total-successful-session-count", outcome.Succeeded);
        json.WriteNumber("total-failure-session-count", outcome.Failed);
        json.WriteEndObject();
        if (!outcome.Failures.IsEmpty)
        {
            json.WriteStartArray("failure-details");
            foreach (var failure in outcome.Failures)
            {
                Write(json, failure);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TlsFailure failure)
    {
        json.WriteStartObject();
        json.WriteString("result-type", failure.Type);
        if (failure.Host is { } host)
        {
            json.WriteString("receiving-mx-hostname", host);
        }

        if (failure.Address is { } address)
        {
            json.WriteString("receiving-ip", address.ToString());
        }

        json.WriteNumber("failed-session-count", failure.Sessions);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static bool IsServer(string line) => line.StartsWith(ServerLine, StringComparison.Ordinal);
}
