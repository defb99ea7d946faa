namespace ActorSmtp.Storage.Disks;

/// <summary>One process at a time: a file held open exclusively (an advisory lock on Unix). It goes with its process, however that ends.</summary>
internal static class ProcessLock
{
    public static IDisposable? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException failed)
        {
            throw new DiskException(DiskError.Denied, "lock", path, failed.Message);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
