using ActorSmtp.Client.Resolving;
using ActorSmtp.Server;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorSmtp.Cli.Composition;

/// <summary>Puts together what a listener's checks live on when a message is only tried: sockets for milters and hooks, the keys that sign, the greylist as it is, in files or in the database.</summary>
internal sealed class PolicyTrials : IAsyncDisposable
{
    private readonly ITransport _transport;
    private readonly StoreParts _parts;

    private PolicyTrials(ITransport transport, StoreParts parts, PolicyTrial trial) => (_transport, _parts, Trial) = (transport, parts, trial);

    /// <summary>The trial; its steps before the content are still to be asked.</summary>
    public PolicyTrial Trial { get; }

    /// <exception cref="CommandFailedException">A check cannot be made; says what to do.</exception>
    public static async Task<PolicyTrials> OpenAsync(ServerSettings settings, PolicyQuestion question, IResolver resolver, CancellationToken cancellation)
    {
        var stores = Stores.InMemory(settings.Storage.Files);
        var parts = StoreParts.Of(settings);
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
                    Greylist = parts.GreylistAsItIs(),
                    SigningKeys = Stores.SigningKeys(settings.Storage.Files, TimeProvider.System),
                    Logs = NullLoggerFactory.Instance,
                },
                question, cancellation).ConfigureAwait(false);
            return new PolicyTrials(transport, parts, trial);
        }
        catch (ServerStartException cannot)
        {
            await CloseAsync(transport, parts).ConfigureAwait(false);
            throw new CommandFailedException(ExitCodes.Configuration, cannot.Message);
        }
        catch
        {
            await CloseAsync(transport, parts).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Trial.DisposeAsync().ConfigureAwait(false);
        await CloseAsync(_transport, _parts).ConfigureAwait(false);
    }

    private static async Task CloseAsync(ITransport transport, StoreParts parts)
    {
        await transport.DisposeAsync().ConfigureAwait(false);
        await parts.DisposeAsync().ConfigureAwait(false);
    }
}
