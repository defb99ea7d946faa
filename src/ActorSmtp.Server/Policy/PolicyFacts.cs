using System.Net;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Policy;

/// <summary>Whose session it is. Immutable; what a proxy or XCLIENT says of the peer makes a new one.</summary>
/// <param name="Id">The session's id, as in the log.</param>
/// <param name="Hostname">Our name.</param>
/// <param name="Peer">The client's address, or null where there is none (a Unix socket).</param>
/// <param name="PeerName">Its name in DNS, where a trusted neighbour told it.</param>
/// <param name="At">When it began.</param>
internal sealed record SessionFacts(
    string Id, string Hostname, string Listener, ListenerRole Role, IPEndPoint? Peer, string? PeerName, EndPoint? Local, DateTimeOffset At)
{
    private Task<ReverseNamesResult>? _names;

    /// <summary>The peer sends to other domains without a login (relay-from).</summary>
    public bool IsNeighbour { get; init; }

    /// <summary>Nobody sends mail at this listener who did not log in.</summary>
    public bool MustLogIn { get; init; }

    /// <summary>The names of the peer's address (RFC 8601 §3), looked up once in the session, by whoever asks first. Never fails: what cannot be found out is a result.</summary>
    /// <param name="over">Ends the look-up; of whoever asks first. Cancelled at the end of the session.</param>
    /// <exception cref="InvalidOperationException">There is no <see cref="Peer"/>.</exception>
    public Task<ReverseNamesResult> NamesAsync(IResolver resolver, CancellationToken over) =>
        _names ??= resolver.DecideAsync(new ReverseNames((Peer ?? throw new InvalidOperationException("The peer has no address.")).Address), over);
}

/// <summary>What is known at a step. Immutable, so it may be kept and read on any thread.</summary>
/// <param name="Session">Whose session it is.</param>
/// <param name="Hello">What the peer last called itself; at <see cref="PolicySteps.Hello"/> what it says now.</param>
/// <param name="User">The account that logged in, or null.</param>
/// <param name="Tls">What the handshake settled, or null in clear text.</param>
/// <param name="Transaction">The open transaction, or null. At <see cref="PolicySteps.Rcpt"/> the recipient in question is the last of it.</param>
/// <param name="Octets">At <see cref="PolicySteps.Content"/>: the content's length as received.</param>
internal sealed record PolicyFacts(SessionFacts Session, Hello? Hello, string? User, TlsFacts? Tls, Transaction? Transaction, long Octets)
{
    /// <summary>By which mechanism the user logged in, where it did so in this session.</summary>
    public string? Mechanism { get; init; }

    /// <summary>What has been held against the peer so far, by checks that were asked before: the sum of scores.</summary>
    public double Score { get; init; }

    /// <summary>The peer spoke before the greeting.</summary>
    public bool SpokeEarly { get; init; }

    /// <summary>At <see cref="PolicySteps.Content"/>: what those who were asked before want changed; null: nothing.</summary>
    public MessageChanges? Changes { get; init; }

    /// <summary>At <see cref="PolicySteps.Content"/>: the header lines that those who were asked before put in front of the message.</summary>
    public string Fields { get; init; } = "";

    /// <summary>At <see cref="PolicySteps.Content"/>: what was found out of its origin by those who were asked before; null: nothing.</summary>
    public OriginFindings? Origin { get; init; }

    /// <summary>The sender; null before MAIL.</summary>
    public ReversePath? Sender => Transaction?.Mail.From;

    /// <summary>It is somebody who logged in, or a neighbour who may send without.</summary>
    public bool IsOfKnown => User is not null || Session.IsNeighbour;

    /// <summary>At <see cref="PolicySteps.Rcpt"/>: whom it is about.</summary>
    public Recipient? Recipient => Transaction?.Recipients?.Recipient;

    /// <summary>Whether it is about the one address that no policy may shut off (RFC 5321 §4.5.1): at RCPT this recipient, later all of them.</summary>
    public bool IsForPostmasterOnly(PolicySteps step)
    {
        var recipients = Transaction?.Recipients;
        for (var r = recipients; r is not null; r = r.Before)
        {
            if (!r.Recipient.Address.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            if (step == PolicySteps.Rcpt)
            {
                return true;
            }
        }

        return recipients is not null;
    }
}
