namespace ActorSmtp.Harness;

/// <summary>Where in a dialogue something is made to go wrong.</summary>
public enum SmtpStep
{
    /// <summary>Before the greeting, or the handshake where TLS comes first.</summary>
    Connect,

    /// <summary>EHLO or HELO.</summary>
    Hello,

    /// <summary>STARTTLS.</summary>
    StartTls,

    /// <summary>AUTH.</summary>
    Auth,

    /// <summary>MAIL FROM.</summary>
    Mail,

    /// <summary>RCPT TO.</summary>
    Rcpt,

    /// <summary>DATA or BDAT.</summary>
    Data,

    /// <summary>After the final dot; nothing is kept.</summary>
    Content,

    /// <summary>After the final dot; the message is kept, its 250 is not said.</summary>
    Stored,
}
