namespace ActorSmtp.Protocol.Smtp;

/// <summary>Extensions whose parameters the parser takes; a parameter of any other is unknown (555 5.5.4).</summary>
[Flags]
public enum ParameterSet
{
    None = 0,

    /// <summary>SIZE= (RFC 1870).</summary>
    Size = 1,

    /// <summary>BODY=7BIT and BODY=8BITMIME (RFC 6152).</summary>
    EightBitMime = 2,

    /// <summary>BODY=BINARYMIME (RFC 3030).</summary>
    BinaryMime = 4,

    /// <summary>SMTPUTF8 (RFC 6531).</summary>
    SmtpUtf8 = 8,

    /// <summary>RET= ENVID= NOTIFY= ORCPT= (RFC 3461).</summary>
    Dsn = 16,

    /// <summary>AUTH= (RFC 4954 §5).</summary>
    Auth = 32,

    /// <summary>REQUIRETLS (RFC 8689).</summary>
    RequireTls = 64,

    /// <summary>What a server offers which has everything but TLS.</summary>
    All = Size | EightBitMime | BinaryMime | SmtpUtf8 | Dsn | Auth | RequireTls,
}

/// <summary>What a line means depends on what was said before; this is all of it that the parser needs.</summary>
/// <param name="Offered">The extensions this session was offered.</param>
/// <param name="Utf8Transaction">MAIL of the open transaction had SMTPUTF8, so RCPT may name UTF-8 mailboxes.</param>
/// <param name="Lmtp">The session speaks LMTP: LHLO in place of EHLO and HELO (RFC 2033 §4.1).</param>
public readonly record struct ParserOptions(ParameterSet Offered, bool Utf8Transaction = false, bool Lmtp = false)
{
    internal bool Takes(ParameterSet parameter) => (Offered & parameter) != 0;
}
