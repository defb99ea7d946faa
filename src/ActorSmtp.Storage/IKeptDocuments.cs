namespace ActorSmtp.Storage;

/// <summary>Small documents of the data directory, each read and replaced as a whole.</summary>
public interface IKeptDocuments
{
    /// <summary>A document, or null where there is none.</summary>
    /// <exception cref="StoreException">It cannot be read, or has more than 16 MiB.</exception>
    Task<byte[]?> ReadAsync(string name, CancellationToken cancellation);

    /// <summary>Replaces it: a reader sees the old or the new one. Null: it is removed.</summary>
    /// <exception cref="StoreException">It cannot be saved.</exception>
    Task SaveAsync(string name, byte[]? content, CancellationToken cancellation);

    /// <summary>Renames a document that cannot be understood, so that the next save writes over nothing; answers what it is called now, free until then.</summary>
    /// <exception cref="StoreException">It cannot be renamed, or is not there.</exception>
    Task<string> SetAsideAsync(string name, CancellationToken cancellation);
}
