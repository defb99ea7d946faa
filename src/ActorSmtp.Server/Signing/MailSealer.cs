using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Signing;

/// <summary>
/// Seals what came from elsewhere and goes elsewhere (RFC 8617 §5.1): what aliases lead to other hosts. The next server then sees what we saw, when SPF cannot pass any more. Safe from any thread.
/// </summary>
/// <param name="settings">Whose key.</param>
/// <param name="hostname">This server's name.</param>
/// <param name="board">The keys.</param>
internal sealed class MailSealer(ArcSettings settings, string hostname, SigningBoard board, TimeProvider time, Metrics metrics)
{
    /// <summary>Whose seal it is.</summary>
    public string Domain { get; } = settings.Domain.Length > 0 ? settings.Domain : Protocol.Smtp.DomainName.ToCanonical(hostname);

    /// <summary>Whether a message is sealed: there is a key, and a recipient lives elsewhere.</summary>
    public bool Wants(PolicyFacts facts)
    {
        if (!settings.Seals || Signer is null)
        {
            return false;
        }

        for (var r = facts.Transaction?.Recipients; r is not null; r = r.Before)
        {
            if (r is AcceptedAlias alias ? alias.Leads.Any(LivesElsewhere) : LivesElsewhere(r.Recipient))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The three fields that go in front of the message; empty: its chain is broken, or it cannot be sealed.</summary>
    /// <param name="header">As it leaves.</param>
    /// <param name="body">The hash of its body as it leaves, in the relaxed form.</param>
    /// <param name="found">What was found out of it.</param>
    /// <param name="server">Who says so.</param>
    public string Seal(HeaderList header, byte[] body, OriginFindings found, string server)
    {
        if (Signer is not { } signer || found.Chain is not { } chain || ArcSealer.Seal(signer, header, body, chain, found.ToResults(server), time.GetUtcNow()) is not { } fields)
        {
            return "";
        }

        metrics.ArcSealed.Add(1);
        return fields;
    }

    private static bool LivesElsewhere(Recipient recipient) => recipient is { Account: null, IsExpanded: false };

    /// <summary>An RSA key: not all who read chains know others.</summary>
    private DkimSigner? Signer => board.Current.Find(Domain)?.At(time.GetUtcNow()).FirstOrDefault(s => s.Algorithm == DkimAlgorithm.RsaSha256);
}
