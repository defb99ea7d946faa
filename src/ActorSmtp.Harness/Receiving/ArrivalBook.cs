using ActorSmtp.Server.Mailboxes;

namespace ActorSmtp.Harness.Receiving;

/// <summary>
/// What has come into the mailboxes, in order. Hearing of a delivery is a line in a list; whoever waits is woken and reads. The oldest are
/// forgotten when there are too many.
/// </summary>
internal sealed class ArrivalBook(Func<string, string, Task<byte[]?>> read, TimeProvider time)
{
    /// <summary>Messages that are remembered.</summary>
    public const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<Arrival> _all = [];
    private TaskCompletionSource _changed = New();
    private long _next = 1;

    /// <summary>How many came that are not remembered any more.</summary>
    public long Forgotten { get; private set; }

    /// <summary>A message is in a mailbox. On the thread of the one who delivers: never blocks.</summary>
    public void Heard(MailboxMessages.MailDelivered m)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _all.Enqueue(new Arrival(_next++, m.Id.ToString(), m.Account, m.Key, time.GetUtcNow(), read));
            if (_all.Count > Most)
            {
                _all.Dequeue();
                Forgotten++;
            }

            (changed, _changed) = (_changed, New());
        }

        changed.TrySetResult();
    }

    /// <summary>What came after a place, oldest first, the place behind it, and what ends when there is more.</summary>
    public (IReadOnlyList<Arrival> Arrivals, long Place, Task Changed) After(long place)
    {
        lock (_gate)
        {
            return (place == _next - 1 ? [] : [.. _all.Where(a => a.Number > place)], _next - 1, _changed.Task);
        }
    }

    /// <summary>Removes those of an account from memory; null: of all.</summary>
    public void Forget(string? account)
    {
        lock (_gate)
        {
            var kept = account is null ? [] : _all.Where(a => a.Account != account).ToArray();
            _all.Clear();
            foreach (var arrival in kept)
            {
                _all.Enqueue(arrival);
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
