namespace ActorSmtp.Transport;

/// <summary>Why a connection ended: the one vocabulary for log, metric and test. <see cref="IConnection.CloseDetail"/> may say more.</summary>
public enum CloseReason
{
    /// <summary>We closed it.</summary>
    Closed,

    /// <summary>We aborted it.</summary>
    Aborted,

    /// <summary>The peer ended its stream, and all it sent has been handed over.</summary>
    PeerClosed,

    /// <summary>The peer, or something between, reset it.</summary>
    Reset,

    /// <summary>The peer took nothing for too long, or let too much pile up.</summary>
    PeerDoesNotRead,

    /// <summary>The owner left more input unconsumed than a connection may hold: a bug above.</summary>
    InputOverflow,

    /// <summary>The handshake failed, or TLS was broken later.</summary>
    TlsFailed,

    /// <summary>The handshake took too long.</summary>
    TlsTimedOut,

    /// <summary>Too many handshakes were under way.</summary>
    TlsBusy,

    /// <summary>Connect: nobody listens there.</summary>
    Refused,

    /// <summary>Connect: no way to that address.</summary>
    Unreachable,

    /// <summary>Connect: no answer in time.</summary>
    ConnectTimedOut,

    /// <summary>The transport was disposed.</summary>
    TransportStopped,

    /// <summary>Something else failed here: a call-back threw, descriptors ran out.</summary>
    Failed,
}
