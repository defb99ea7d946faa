using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;

namespace ActorSmtp.Testing.Dialogues;

/// <summary>Messages that a test puts into mailboxes itself.</summary>
internal static class GivenMail
{
    private static readonly DateTimeOffset Then = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly MailIdGenerator Ids = new(3);

    /// <summary>Delivers and waits until it is done.</summary>
    public static async Task DeliverAsync(IMailboxStore mailboxes, string account, IEnumerable<byte[]> contents)
    {
        var batch = contents.Select(content => new MailboxDelivery(Mail(content), 0, account, default)).ToArray();
        if (batch.Length == 0)
        {
            return;
        }

        var settled = new Settled(batch.Length);
        mailboxes.Deliver(batch, settled);
        await settled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static MemoryMail Mail(byte[] content)
    {
        var id = Ids.Next(Then);
        var envelope = new Envelope
        {
            Id = id,
            ReceivedAt = Then,
            From = new ReversePath(Mailbox.TryParse("ann@example.com")),
            Recipients = [new Recipient(Mailbox.TryParse("bob@mx.test")!)],
            SessionId = "s-1",
        };
        return new MemoryMail(id, envelope, content, sequence: 1);
    }

    private sealed class Settled(int count) : IMailboxObserver
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = count;

        public Task Task => _done.Task;

        public void OnSettled(ReadOnlySpan<DeliveryResult> results)
        {
            foreach (var result in results)
            {
                if (result.Failure is { } failure)
                {
                    _done.TrySetException(new InvalidOperationException(failure));
                }
            }

            if (Interlocked.Add(ref _left, -results.Length) == 0)
            {
                _done.TrySetResult();
            }
        }

        public void OnDelayed(string account, string reason, TimeSpan delay)
        {
        }
    }
}
