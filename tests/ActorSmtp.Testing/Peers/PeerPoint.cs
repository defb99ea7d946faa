namespace ActorSmtp.Testing.Peers;

/// <summary>Where in a dialogue a peer can do something of its own.</summary>
public enum PeerPoint
{
    /// <summary>Before the greeting.</summary>
    Connect,

    /// <summary>In place of 220.</summary>
    Greeting,

    Ehlo,
    Helo,
    Lhlo,
    StartTls,

    /// <summary>In place of the server's part of the handshake.</summary>
    Handshake,

    Auth,
    Mail,
    Rcpt,
    Data,

    /// <summary>In the middle of the content.</summary>
    Content,

    /// <summary>A chunk that is not the last.</summary>
    Bdat,

    /// <summary>After the final dot, or the last chunk; in LMTP once for each recipient that was accepted.</summary>
    Dot,

    Rset,
    Quit,
}
