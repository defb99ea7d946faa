namespace ActorSmtp.Protocol.Smtp;

/// <summary>What is known of a message's content after it has streamed by.</summary>
public readonly record struct ContentReport
{
    /// <summary>Octets of content, stuffed dots removed, line ends included.</summary>
    public long Octets { get; init; }

    /// <summary>CRs which no LF follows, as the peer sent them.</summary>
    public long BareCrs { get; init; }

    /// <summary>LFs which no CR precedes, as the peer sent them.</summary>
    public long BareLfs { get; init; }

    /// <summary>NUL octets.</summary>
    public long Nuls { get; init; }

    /// <summary>Whether an octet over 127 was there.</summary>
    public bool Has8Bit { get; init; }

    /// <summary>Octets of the longest line, its CRLF (or bare LF) included; RFC 5321 §4.5.3.1.6 allows 1000.</summary>
    public long LongestLine { get; init; }

    /// <summary>Received fields in the first header block: the hops so far (RFC 5321 §6.3).</summary>
    public int ReceivedFields { get; init; }

    /// <summary>The first header block has one TLS-Required field, and it says No (RFC 8689 §3).</summary>
    public bool TlsNotRequired { get; init; }

    /// <summary>A Delivered-To field of the first header block names an address that was watched, or there are too many of them to look at.</summary>
    public bool WasDeliveredBefore { get; init; }

    /// <summary>Whether the peer sent a CR or an LF by itself.</summary>
    public bool HasBareNewlines => (BareCrs | BareLfs) != 0;
}
