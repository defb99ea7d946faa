namespace ActorSmtp.Protocol.Smtp;

/// <summary>BODY= of MAIL (RFC 6152 §3, RFC 3030 §3).</summary>
public enum BodyType
{
    /// <summary>Nothing said, or 7BIT.</summary>
    SevenBit = 0,

    /// <summary>8BITMIME: lines, with octets over 127.</summary>
    EightBitMime = 1,

    /// <summary>BINARYMIME: any octets, no lines; BDAT only.</summary>
    BinaryMime = 2,
}

/// <summary>RET= of MAIL (RFC 3461 §4.3): how much of the message a failure report brings back.</summary>
public enum DsnReturn
{
    Unspecified = 0,
    Full = 1,
    Headers = 2,
}

/// <summary>What followed the path of MAIL; equal to <see cref="None"/> when nothing did.</summary>
public sealed record MailParameters
{
    /// <summary>No parameters.</summary>
    public static readonly MailParameters None = new();

    /// <summary>SIZE= in octets (RFC 1870 §6), numbers beyond <see cref="long.MaxValue"/> being that; null when not given.</summary>
    public long? Size { get; init; }

    /// <summary>BODY=.</summary>
    public BodyType Body { get; init; }

    /// <summary>SMTPUTF8 (RFC 6531 §3.4): addresses and headers may be UTF-8.</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>REQUIRETLS (RFC 8689 §2).</summary>
    public bool RequireTls { get; init; }

    /// <summary>RET=.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>ENVID= decoded from xtext, printable ASCII, at most 100 characters (RFC 3461 §4.4); null when not given.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>AUTH= decoded from xtext: a mailbox, or "" for <c>&lt;&gt;</c> (RFC 4954 §5); null when not given.</summary>
    public string? AuthorizedBy { get; init; }
}
