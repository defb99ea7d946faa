namespace ActorSmtp.Protocol.Delivery;

/// <summary>How a message came in: the facts behind the word after "with" in its Received line.</summary>
[Flags]
public enum TransferProtocol
{
    /// <summary>SMTP after HELO.</summary>
    Smtp = 0,

    /// <summary>ESMTP: after EHLO.</summary>
    Extended = 1,

    /// <summary>Over TLS.</summary>
    Tls = 2,

    /// <summary>After AUTH.</summary>
    Authenticated = 4,

    /// <summary>With SMTPUTF8.</summary>
    Utf8 = 8,

    /// <summary>LMTP.</summary>
    Lmtp = 16,

    /// <summary>Not over the wire: submitted by this server itself (bounces, the console, the command line).</summary>
    Local = 32,
}

/// <summary>The registered words for <see cref="TransferProtocol"/>.</summary>
public static class TransferProtocolWords
{
    /// <summary>SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, LMTP… (RFC 3848), UTF8SMTP… (RFC 6531 §4.3); "local" for our own.</summary>
    public static string Word(this TransferProtocol protocol)
    {
        if (protocol.HasFlag(TransferProtocol.Local))
        {
            return "local";
        }

        var suffix = (protocol & (TransferProtocol.Tls | TransferProtocol.Authenticated)) switch
        {
            TransferProtocol.Tls => "S",
            TransferProtocol.Authenticated => "A",
            TransferProtocol.Tls | TransferProtocol.Authenticated => "SA",
            _ => "",
        };
        var name = (protocol.HasFlag(TransferProtocol.Lmtp), protocol.HasFlag(TransferProtocol.Utf8)) switch
        {
            (true, true) => "UTF8LMTP",
            (true, false) => "LMTP",
            (false, true) => "UTF8SMTP",
            _ when suffix.Length > 0 || protocol.HasFlag(TransferProtocol.Extended) => "ESMTP",
            _ => "SMTP",
        };
        return name + suffix;
    }
}
