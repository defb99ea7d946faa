using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Files;

/// <summary>Small documents as files of the data directory, for their owner's eyes alone.</summary>
internal sealed class FileDocuments(IDisk disk, IWorkThreads threads, string dataDirectory) : IKeptDocuments
{
    private const int MostOctets = 16 << 20;

    public Task<byte[]?> ReadAsync(string name, CancellationToken cancellation) => threads.Call(
        () =>
        {
            try
            {
                using var directory = disk.OpenDirectory(dataDirectory);
                using var file = directory.Open(name, DiskAccess.Read);
                return file.Length <= MostOctets ? file.ReadAll() : throw new StoreException($"{dataDirectory}/{name} has {file.Length} octets: it cannot be ours; move it away.");
            }
            catch (DiskException failed)
            {
                return failed.Error == DiskError.NotFound ? (byte[]?)null : throw new StoreException($"{dataDirectory}/{name} cannot be read: {failed.Message}.", failed);
            }
        },
        cancellation);

    public Task SaveAsync(string name, byte[]? content, CancellationToken cancellation) => threads.Call(
        () =>
        {
            try
            {
                using var directory = disk.OpenDirectory(dataDirectory);
                if (content is null)
                {
                    return directory.Delete(name);
                }

                WholeFile.Replace(directory, name, content, sync: true);
                return true;
            }
            catch (DiskException failed)
            {
                throw new StoreException($"{dataDirectory}/{name} cannot be saved: {failed.Message}.", failed);
            }
        },
        cancellation);

    public Task<string> SetAsideAsync(string name, CancellationToken cancellation) => threads.Call(
        () =>
        {
            try
            {
                using var directory = disk.OpenDirectory(dataDirectory);
                for (var number = 1; ; number++)
                {
                    var aside = $"{name}.unreadable-{number}";
                    if (!directory.Exists(aside))
                    {
                        directory.Rename(name, aside);
                        directory.Sync();
                        return aside;
                    }
                }
            }
            catch (DiskException failed)
            {
                throw new StoreException($"{dataDirectory}/{name} cannot be renamed: {failed.Message}.", failed);
            }
        },
        cancellation);
}
