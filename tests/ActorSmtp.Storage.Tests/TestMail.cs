using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Storage.Tests;

/// <summary>Envelopes, contents and settings for tests.</summary>
internal static class TestMail
{
    private static readonly MailIdGenerator Ids = new(7);

    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static MailId NextId() => Ids.Next(Noon);

    public static Envelope Envelope(MailId id, params string[] recipients) => new()
    {
        Id = id,
        ReceivedAt = Noon,
        From = new ReversePath(Mailbox.TryParse("ann@example.com")),
        Recipients = [.. (recipients.Length == 0 ? ["bob@example.com"] : recipients).Select(address => new Recipient(Mailbox.TryParse(address)!))],
        SessionId = "s-1",
    };

    /// <summary>Lines of text, different for every seed.</summary>
    public static byte[] Content(int seed, int length)
    {
        var random = new Random(seed);
        var content = new byte[length];
        for (var i = 0; i < length; i++)
        {
            content[i] = (i % 78) switch { 76 => (byte)'\r', 77 => (byte)'\n', _ => (byte)random.Next(32, 127) };
        }

        return content;
    }

    public static StorageSettings Settings(string directory, SyncPolicy sync = SyncPolicy.Always) => new(
        directory, sync, SegmentSize: 1 << 20, Preallocate: 4 << 20, BacklogOctets: 1L << 30, BacklogMessages: 100_000,
        FreeSpaceFloor: 0, MemoryBudget: 1 << 20, Spin: TimeSpan.Zero, DeliveryThreads: 2, BurstDelay: TimeSpan.Zero);

    /// <summary>A file's mode; skips the test where files have none.</summary>
    public static UnixFileMode Mode(string path)
    {
        Skip.If(OperatingSystem.IsWindows(), "no file modes here");
        return OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
    }

    public static byte[] ReadAll(this StoredMail mail)
    {
        var content = new byte[mail.Length];
        var at = 0;
        for (int read; at < content.Length && (read = mail.Read(at, content.AsSpan(at, Math.Min(10_000, content.Length - at)))) > 0;)
        {
            at += read;
        }

        Assert.Equal(content.Length, at);
        return content;
    }
}

/// <summary>Waits for the callbacks of one writer.</summary>
internal sealed class Waiting : IMailWriterObserver
{
    private readonly TaskCompletionSource<StoreFailure?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _ready = new(0);

    public Task<StoreFailure?> End => _end.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public int Ends { get; private set; }

    public Task Ready => _ready.WaitAsync(TimeSpan.FromSeconds(60));

    public void OnReady(MailId id) => _ready.Release();

    public void OnStored(MailId id) => Done(null);

    public void OnStoreFailed(MailId id, StoreFailure failure) => Done(failure);

    private void Done(StoreFailure? failure)
    {
        Ends++;
        _end.TrySetResult(failure);
    }
}

/// <summary>A directory of its own below the temporary one, gone afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("actorsmtp-storage-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
