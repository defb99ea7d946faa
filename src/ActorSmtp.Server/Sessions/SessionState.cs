namespace ActorSmtp.Server.Sessions;

/// <summary>Where a dialogue stands. States say what is true; facts that cut across them are in <see cref="Session"/>.</summary>
public enum SessionState
{
    /// <summary>A proxy is to say for whom it connected.</summary>
    Identifying,

    /// <summary>The greeting is held back, to see who speaks out of turn.</summary>
    Hesitating,

    /// <summary>Greeted; the peer has not said who it is (RFC 5321 §3.1).</summary>
    Greeting,

    /// <summary>No transaction is open.</summary>
    Ready,

    /// <summary>MAIL was accepted; no recipient yet.</summary>
    Mail,

    /// <summary>At least one recipient was accepted.</summary>
    Rcpt,

    /// <summary>Content is being received after DATA or BDAT.</summary>
    Body,

    /// <summary>Between two BDAT chunks of one message (RFC 3030 §2).</summary>
    Chunks,

    /// <summary>The content of a refused BDAT is being read and thrown away.</summary>
    Discarding,

    /// <summary>The store has everything; the reply waits for its word.</summary>
    Storing,

    /// <summary>A SASL exchange is under way (RFC 4954 §4).</summary>
    Authenticating,

    /// <summary>A TLS handshake is under way (RFC 3207 §4).</summary>
    Securing,

    /// <summary>Checks are asked about the peer, a command or a message.</summary>
    Judging,

    /// <summary>A reply is held back for a while because the store asked for slowness.</summary>
    Pausing,

    /// <summary>A reply is held back for a while because the peer has made many errors.</summary>
    Slowing,
}
