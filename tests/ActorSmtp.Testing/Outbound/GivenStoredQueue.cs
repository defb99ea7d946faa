using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Testing.Outbound;

/// <summary>The files of a queue that a server left which runs no more.</summary>
public static class GivenStoredQueue
{
    /// <summary>Makes them below a data directory: each message as it was taken over, nothing tried yet.</summary>
    public static async Task MakeAsync(string dataDirectory, IReadOnlyList<Envelope> mails)
    {
        ArgumentNullException.ThrowIfNull(mails);
        var settings = TestMailServer.Settings([$"data-dir={dataDirectory}", "storage.journal.segment-size=1MiB", "storage.journal.preallocate=3MiB", "storage.sync=never"]);
        await using var store = Stores.Queue(settings.Storage.Files, 1000, TimeProvider.System);
        var ear = new Ear(mails.Count);
        await store.OpenAsync((_, _, _, _) => { }, ear, default);
        store.Submit([.. mails.Select(mail => QueueJob.Add(new MemoryMail(mail.Id, mail, "Subject: x\r\n\r\n"u8.ToArray(), 1), MessageRecord.Of(mail, mail.ReceivedAt).ToOctets()))]);
        await ear.AllDone.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class Ear(int jobs) : IQueueObserver
    {
        private int _left = jobs;

        public TaskCompletionSource AllDone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public (long Asked, long Stable) Handover => default;

        public void OnDone(ReadOnlySpan<QueueJob> done)
        {
            if (Interlocked.Add(ref _left, -done.Length) == 0)
            {
                AllDone.TrySetResult();         // the end tells nothing once more
            }
        }
    }
}
