using Akka.Actor;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Signing;
using ActorSmtp.Storage;

namespace ActorSmtp.Server;

/// <content>Signatures of mail that leaves (docs/signing.md). Without dkim.sign and arc.seal there is none of this.</content>
public sealed partial class MailServer
{
    private MailSigner? _signer;
    private MailSealer? _sealer;
    private IActorRef _signing = ActorRefs.Nobody;

    /// <summary>Has the keys that sign looked at now instead of at the next time; the log tells what came of it.</summary>
    public void LookAtSigningKeys() => _signing.Tell(SigningMessages.LookNow.Instance, ActorRefs.NoSender);

    /// <summary>What may be held of messages that are to be signed.</summary>
    private OctetBudget OpenSigningMemory()
    {
        var memory = new OctetBudget(_settings.Dkim.Memory);
        _metrics.Observe("actorsmtp.dkim.memory", "By", "Memory held for messages that are to be signed.", () => memory.Taken);
        return memory;
    }

    /// <summary>Reads the keys before anybody can send; one that cannot be used is told, and is no reason not to start.</summary>
    private async Task OpenSigning(ActorSystem system, CancellationToken cancellation)
    {
        if (await LoadSigning(cancellation) is { } context)
        {
            _signing = system.ActorOf(Supervision.OfSigning(context), Supervision.Signing);
        }
    }

    private async Task<SigningContext?> LoadSigning(CancellationToken cancellation)
    {
        if (!(_settings.Dkim.IsOn || _settings.Arc.Seals) || _ports.SigningKeys is not { } store)
        {
            return null;
        }

        var board = new SigningBoard();
        _signer = new MailSigner(_settings.Dkim, board, _ports.Time, _metrics);
        _sealer = _settings.Arc.Seals ? new MailSealer(_settings.Arc, _settings.Hostname, board, _ports.Time, _metrics) : null;
        SigningKeys keys;
        try
        {
            keys = await store.LoadAsync(_settings.Dkim.Keys, cancellation);
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }

        var context = new SigningContext(_settings.Dkim, board, store, _ports.Resolver, keys, _ports.Time, _log) { Census = _census };
        board.Current = new SigningTable(context.Fit(keys.Keys, new HashSet<KeptSigningKey>(), out _));
        return context;
    }
}
