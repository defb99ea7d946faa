namespace ActorSmtp.Client;

/// <summary>Where an outbound dialogue stands: the same diagram as the server's, seen from the other side.</summary>
public enum ClientState
{
    /// <summary>The connection is being made.</summary>
    Connecting,

    /// <summary>Waiting for 220 (RFC 5321 §3.1).</summary>
    Greeting,

    /// <summary>EHLO, HELO or LHLO was said.</summary>
    Introducing,

    /// <summary>STARTTLS was said.</summary>
    AskingForTls,

    /// <summary>The handshake is under way.</summary>
    Securing,

    /// <summary>AUTH is under way.</summary>
    Authenticating,

    /// <summary>Ready for a message.</summary>
    Ready,

    /// <summary>MAIL and RCPT were said, replies are outstanding.</summary>
    Envelope,

    /// <summary>DATA was said, 354 is outstanding.</summary>
    AskingForData,

    /// <summary>Content is being sent.</summary>
    Body,

    /// <summary>All was sent; the replies that decide are outstanding.</summary>
    Deciding,

    /// <summary>RSET was said after a refused envelope.</summary>
    Resetting,

    /// <summary>QUIT was said.</summary>
    Quitting,
}
