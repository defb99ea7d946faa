using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Cli.Composition;

/// <summary>The stores that a configuration asks for: in files, or in a database that nodes share. The only place that knows both kinds.</summary>
internal sealed class StoreParts : IAsyncDisposable
{
    private readonly StorageSettings _files;

    private StoreParts(StorageSettings files, PostgresStores? shared) => (_files, Shared) = (files, shared);

    /// <summary>The database that nodes share; null where mail is kept in files.</summary>
    public PostgresStores? Shared { get; }

    /// <exception cref="CommandFailedException">The connection text cannot be understood.</exception>
    public static StoreParts Of(ServerSettings settings) => settings.Storage.Kind == StoreKind.Postgres ? OfDatabase(settings) : OfFiles(settings);

    /// <summary>Those in files, whatever the configuration says.</summary>
    public static StoreParts OfFiles(ServerSettings settings) => new(settings.Storage.Files, null);

    /// <summary>Those in the database, whatever the configuration says.</summary>
    /// <exception cref="CommandFailedException">The connection text cannot be understood.</exception>
    public static StoreParts OfDatabase(ServerSettings settings)
    {
        try
        {
            return new StoreParts(settings.Storage.Files, new PostgresStores(settings.Storage.Database, settings.Storage.Files, TimeProvider.System));
        }
        catch (StoreException wrong)
        {
            throw new CommandFailedException(ExitCodes.Configuration, wrong.Message);
        }
    }

    /// <summary>What a server needs.</summary>
    public async Task<StoreSet> ServingAsync(ServerSettings settings, string version, CancellationToken cancellation) => Shared is { } shared
        ? shared.Serving(await AgreedAsync(settings, version, cancellation).ConfigureAwait(false))
        : Stores.OnDisk(_files, new StoredInCrowds(), TimeProvider.System);

    /// <summary>What nodes of the database have to be told alike, as this one was told it.</summary>
    private async Task<NodeAgreement> AgreedAsync(ServerSettings settings, string version, CancellationToken cancellation) => AgreedSettings.Of(
        settings,
        version,
        settings.Dkim.IsOn || settings.Arc.Seals ? await Stores.SigningKeys(_files, TimeProvider.System).LoadAsync(settings.Dkim.Keys, cancellation).ConfigureAwait(false) : SigningKeys.None);

    /// <summary>The configuration was read again: the other nodes are to know. What cannot be found out stays as it was.</summary>
    public void Agree(ServerSettings settings, string version) => _ = Shared is not { } shared ? Task.CompletedTask : Task.Run(async () =>
        shared.Agree(await AgreedAsync(settings, version, CancellationToken.None).ConfigureAwait(false)));

    /// <summary>Where mail for others waits; null: nothing leaves, and nothing waits.</summary>
    /// <exception cref="CommandFailedException">Mail waits in a queue of files, which a node of a shared database does not send.</exception>
    public IQueueStore? Queue(ServerSettings settings)
    {
        var hasFiles = QueueReader.HasMail(settings.DataDirectory);
        if (Shared is null)
        {
            return settings.Outbound.IsOn || hasFiles ? Stores.Queue(_files, settings.Outbound.QueueSize, TimeProvider.System) : null;
        }

        return hasFiles
            ? throw new CommandFailedException(
                ExitCodes.Configuration,
                $"Mail for other hosts waits in {Path.Combine(settings.DataDirectory, "queue")}, and nodes of a shared database do not look there: send it first, with storage.kind = maildir, until \"actorsmtp queue list\" is empty.")
            : Shared.Queue(settings.Outbound.QueueSize, settings.Outbound.Retry.Expire);
    }

    /// <summary>Where nodes count wrong passwords together; null: there is one node.</summary>
    public IGuessStore? Guesses(GuessSettings settings) => Shared?.Guesses(settings.Rules);

    /// <summary>Where nodes keep what they lend to test suites; null: there is one node.</summary>
    public ILeaseStore? Leases() => Shared?.Leases();

    /// <summary>What greylisting remembers.</summary>
    public IGreylistStore Greylist() => Shared?.Greylist() ?? Stores.Greylist(_files, TimeProvider.System);

    /// <summary>What greylisting remembers now, for one who only looks.</summary>
    public IGreylistStore GreylistAsItIs() => Shared?.GreylistAsItIs() ?? Stores.GreylistAsItIs(_files, TimeProvider.System);

    /// <summary>The accounts, for a command that works while servers run.</summary>
    public IUserStore Users() => Shared?.Users() ?? Stores.Users(_files, TimeProvider.System);

    /// <summary>The mailboxes, likewise.</summary>
    public IMailboxStore Mailboxes() => Shared?.Mailboxes() ?? Stores.Mailboxes(_files, TimeProvider.System);

    public Task<ITokenStore> TokensAsync(CancellationToken cancellation) =>
        Shared?.TokensAsync(cancellation) ?? Task.FromResult(Stores.Tokens(_files, TimeProvider.System));

    /// <summary>Messages in the journal of files that are accepted and not delivered.</summary>
    public long WaitingInJournal =>
        Directory.Exists(Path.Combine(_files.DataDirectory, "journal")) ? JournalReader.Read(_files.DataDirectory, null, CancellationToken.None).Waiting : 0;

    /// <summary>Has the files to itself: no server is running on them, and none starts until this is disposed of.</summary>
    /// <exception cref="StoreException">One is.</exception>
    public IDisposable HoldFiles() => Stores.Alone(_files);

    public IKeptDocuments Documents() => Shared?.Documents() ?? Stores.Documents(_files);

    public ValueTask DisposeAsync() => Shared?.DisposeAsync() ?? ValueTask.CompletedTask;
}
