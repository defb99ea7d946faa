using System.Collections.Immutable;
using System.Globalization;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>LIMITS (RFC 9422): what a session may hold; null where nothing is promised.</summary>
/// <param name="MailMax">Messages in one session.</param>
/// <param name="RcptMax">Recipients of one message.</param>
/// <param name="RcptDomainMax">Domains of one message's recipients.</param>
public readonly record struct SessionLimits(int? MailMax = null, int? RcptMax = null, int? RcptDomainMax = null)
{
    /// <summary>Whether there is anything to say.</summary>
    public bool IsEmpty => MailMax is null && RcptMax is null && RcptDomainMax is null;
}

/// <summary>
/// The extensions a server offers in EHLO (RFC 5321 §4.1.1.1): built by the server for a session, read by the client from a reply.
/// </summary>
public sealed record Extensions
{
    private const int MaxKeywords = 128;

    /// <summary>No extension, as after HELO.</summary>
    public static readonly Extensions None = new();

    /// <summary>PIPELINING (RFC 2920).</summary>
    public bool Pipelining { get; init; }

    /// <summary>SIZE (RFC 1870): the limit in octets, 0 for none that is known; null when not offered.</summary>
    public long? Size { get; init; }

    /// <summary>8BITMIME (RFC 6152).</summary>
    public bool EightBitMime { get; init; }

    /// <summary>BINARYMIME (RFC 3030 §3).</summary>
    public bool BinaryMime { get; init; }

    /// <summary>CHUNKING (RFC 3030 §2).</summary>
    public bool Chunking { get; init; }

    /// <summary>SMTPUTF8 (RFC 6531).</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>ENHANCEDSTATUSCODES (RFC 2034).</summary>
    public bool EnhancedStatusCodes { get; init; }

    /// <summary>DSN (RFC 3461).</summary>
    public bool Dsn { get; init; }

    /// <summary>HELP: a command that is not required is listed where it is supported (RFC 5321 §4.1.1.1).</summary>
    public bool Help { get; init; }

    /// <summary>STARTTLS (RFC 3207).</summary>
    public bool StartTls { get; init; }

    /// <summary>REQUIRETLS (RFC 8689).</summary>
    public bool RequireTls { get; init; }

    /// <summary>LIMITS (RFC 9422); empty when not offered.</summary>
    public SessionLimits Limits { get; init; }

    /// <summary>AUTH (RFC 4954): the mechanisms in the order offered, upper case; empty when not offered.</summary>
    public ImmutableArray<string> AuthMechanisms { get; init; } = [];

    /// <summary>Keywords that are none of the above, with their parameters, as a client met them.</summary>
    public ImmutableArray<string> Others { get; init; } = [];

    /// <summary>The parameters that MAIL and RCPT may carry when this is what was offered: the first half of <see cref="ParserOptions"/>.</summary>
    public ParameterSet Parameters =>
        (Size is null ? 0 : ParameterSet.Size)
        | (EightBitMime ? ParameterSet.EightBitMime : 0)
        | (BinaryMime ? ParameterSet.BinaryMime : 0)
        | (SmtpUtf8 ? ParameterSet.SmtpUtf8 : 0)
        | (Dsn ? ParameterSet.Dsn : 0)
        | (AuthMechanisms.IsEmpty ? 0 : ParameterSet.Auth)
        | (RequireTls ? ParameterSet.RequireTls : 0);

    /// <summary>The lines of an EHLO reply after the first.</summary>
    public IEnumerable<string> ToLines()
    {
        if (Pipelining)
        {
            yield return "PIPELINING";
        }

        if (Size is { } size)
        {
            yield return size > 0 ? string.Create(CultureInfo.InvariantCulture, $"SIZE {size}") : "SIZE";
        }

        if (EightBitMime)
        {
            yield return "8BITMIME";
        }

        if (BinaryMime)
        {
            yield return "BINARYMIME";
        }

        if (Chunking)
        {
            yield return "CHUNKING";
        }

        if (SmtpUtf8)
        {
            yield return "SMTPUTF8";
        }

        if (EnhancedStatusCodes)
        {
            yield return "ENHANCEDSTATUSCODES";
        }

        if (Dsn)
        {
            yield return "DSN";
        }

        if (Help)
        {
            yield return "HELP";
        }

        if (!Limits.IsEmpty)
        {
            yield return "LIMITS"
                + (Limits.MailMax is { } mail ? string.Create(CultureInfo.InvariantCulture, $" MAILMAX={mail}") : "")
                + (Limits.RcptMax is { } rcpt ? string.Create(CultureInfo.InvariantCulture, $" RCPTMAX={rcpt}") : "")
                + (Limits.RcptDomainMax is { } domains ? string.Create(CultureInfo.InvariantCulture, $" RCPTDOMAINMAX={domains}") : "");
        }

        if (StartTls)
        {
            yield return "STARTTLS";
        }

        if (RequireTls)
        {
            yield return "REQUIRETLS";
        }

        if (!AuthMechanisms.IsEmpty)
        {
            yield return "AUTH " + string.Join(' ', AuthMechanisms);
        }

        foreach (var other in Others)
        {
            yield return other;
        }
    }

    /// <summary>
    /// Reads the lines of an EHLO reply, the first (the server's name) left out by the caller or not: it is no keyword of ours either way.
    /// Never throws; a value that makes no sense counts as not given. "AUTH=" as old servers write it is understood. Lines beyond 128 are ignored.
    /// </summary>
    public static Extensions Parse(IEnumerable<string> lines)
    {
        var found = None;
        var others = ImmutableArray.CreateBuilder<string>();
        foreach (var line in lines.Take(MaxKeywords))
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (words[0].StartsWith("AUTH=", StringComparison.OrdinalIgnoreCase))
            {
                words = ["AUTH", words[0][5..], .. words.Skip(1)];
            }

            var values = words.AsSpan(1);
            switch (words[0].ToUpperInvariant())
            {
                case "PIPELINING":
                    found = found with { Pipelining = true };
                    break;
                case "SIZE":
                    found = found with { Size = values.Length > 0 && long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0 };
                    break;
                case "8BITMIME":
                    found = found with { EightBitMime = true };
                    break;
                case "BINARYMIME":
                    found = found with { BinaryMime = true };
                    break;
                case "CHUNKING":
                    found = found with { Chunking = true };
                    break;
                case "SMTPUTF8":
                    found = found with { SmtpUtf8 = true };
                    break;
                case "ENHANCEDSTATUSCODES":
                    found = found with { EnhancedStatusCodes = true };
                    break;
                case "DSN":
                    found = found with { Dsn = true };
                    break;
                case "HELP":
                    found = found with { Help = true };
                    break;
                case "STARTTLS":
                    found = found with { StartTls = true };
                    break;
                case "REQUIRETLS":
                    found = found with { RequireTls = true };
                    break;
                case "LIMITS":
                    found = found with { Limits = ParseLimits(values) };
                    break;
                case "AUTH":
                    found = found with
                    {
                        AuthMechanisms = [.. found.AuthMechanisms.Concat(values.ToArray().Where(v => v.Length > 0).Select(v => v.ToUpperInvariant())).Distinct()],
                    };
                    break;
                default:
                    others.Add(line);
                    break;
            }
        }

        return found with { Others = others.ToImmutable() };
    }

    /// <summary>Equal when everything offered is, mechanisms and other keywords in their order.</summary>
    public bool Equals(Extensions? other) => other is not null && ToLines().SequenceEqual(other.ToLines(), StringComparer.Ordinal);

    public override int GetHashCode() => string.Join('\n', ToLines()).GetHashCode(StringComparison.Ordinal);

    /// <summary>limits-param = name "=" 1*digit (RFC 9422 §4); unknown names and odd values are ignored, as it asks.</summary>
    private static SessionLimits ParseLimits(ReadOnlySpan<string> values)
    {
        var limits = default(SessionLimits);
        foreach (var value in values)
        {
            var equals = value.IndexOf('=');
            if (equals <= 0 || !int.TryParse(value.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            {
                continue;
            }

            limits = value[..equals].ToUpperInvariant() switch
            {
                "MAILMAX" => limits with { MailMax = number },
                "RCPTMAX" => limits with { RcptMax = number },
                "RCPTDOMAINMAX" => limits with { RcptDomainMax = number },
                _ => limits,
            };
        }

        return limits;
    }
}
