using ActorSmtp.Client.Resolving;
using ActorSmtp.Server;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorSmtp.Cli.Composition;

/// <summary>Puts together what a listener's checks live on when a message is only tried: sockets for milters and hooks, the keys that sign, the greylist as it is.</summary>
internal sealed class PolicyTrials : IAsyncDisposable
{
    private readonly ITransport _transport;

    private PolicyTrials(ITransport transport, PolicyTrial trial) => (_transport, Trial) = (transport, trial);

    /// <summary>The trial; its steps before the content are still to be asked.</summary>
    public PolicyTrial Trial { get; }

    /// <exception cref="CommandFailedException">A check cannot be made; says what to do.</exception>
    public static async Task<PolicyTrials> OpenAsync(ServerSettings settings, PolicyQuestion question, IResolver resolver, CancellationToken cancellation)
    {
        var stores = Stores.InMemory(settings.Storage.Files);
        var transport = Transports.Create(new TransportOptions { Kind = settings.Transport.Kind, Loops = 1 });
        try
        {
            var trial = await MailServer.TryPolicyAsync(
                settings,
                new MailServerPorts
                {
                    Transport = transport,
                    Mail = stores.Mail,
                    Mailboxes = stores.Mailboxes,
                    Users = stores.Users,
                    Resolver = resolver,
                    Greylist = Stores.GreylistAsItIs(settings.Storage.Files, TimeProvider.System),
                    SigningKeys = Stores.SigningKeys(settings.Storage.Files, TimeProvider.System),
                    Logs = NullLoggerFactory.Instance,
                },
                question, cancellation).ConfigureAwait(false);
            return new PolicyTrials(transport, trial);
        }
        catch (ServerStartException cannot)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw new CommandFailedException(ExitCodes.Configuration, cannot.Message);
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Trial.DisposeAsync().ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
    }
}
