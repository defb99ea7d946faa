using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Queue;

/// <summary>From a stable batch to those who are told.</summary>
internal sealed partial class QueueLoop
{
    /// <summary>Content of additions that failed after their state may have been written: it stays until the message comes again.</summary>
    private readonly Dictionary<MailId, QueuePlace[]> _orphans = [];

    private void Conclude()
    {
        lock (store.Gate)
        {
            foreach (var job in _portion)
            {
                if (!job.Step.IsSettled && job.Step.State.Use > 0)
                {
                    Conclude(job);
                    job.Step.IsSettled = true;
                }

                if (job.Step.IsSettled)
                {
                    _done.Add(job);
                }
            }

            ConcludeMoves();
        }

        _adding.Clear();
        _touched.Clear();
        Tell();
    }

    private void Conclude(QueueJob job)
    {
        switch (job.Kind)
        {
            case QueueJobKind.Add:
                job.Slot = store.Keep(job.Mail!.Id, job.Step.Content!, job.Step.State);
                Pin(job.Step.Content!);
                state.Find(job.Step.State.Use)!.Pin(job.Step.State);
                if (_orphans.Remove(job.Mail.Id, out var orphan))
                {
                    Unpin(orphan);
                }

                if (job.KeepOpen)
                {
                    job.Opened = store.Opened(job.Slot, job.Mail.Envelope, job.State);
                }

                Added++;
                break;
            case QueueJobKind.Save when !IsThere(job):
                Fail(job, StoreFailure.Unavailable, "there is no such message");
                break;
            case QueueJobKind.Save:
                ReplaceState(job.Slot, job.Step.State);
                DoubtNoMore(job.Step.Id);
                Saved++;
                break;
            case QueueJobKind.Remove when IsThere(job):                 // else it was asked for twice in one batch
                state.Find(store.StateOf(job.Slot).Use)!.Unpin(store.StateOf(job.Slot));
                DoubtNoMore(job.Step.Id);
                if (store.Drop(job.Slot) is { } free)
                {
                    Unpin(free);
                }

                Removed++;
                break;
        }
    }

    /// <summary>Within a batch a message may go, and its slot become another's.</summary>
    private bool IsThere(QueueJob job) => store.IsUsed(job.Slot) && store.IdOf(job.Slot) == job.Step.Id;

    private void ReplaceState(int slot, QueuePlace place)
    {
        ref var at = ref store.StateOf(slot);
        state.Find(at.Use)!.Unpin(at);
        state.Find(place.Use)!.Pin(place);
        at = place;
    }

    private void Pin(QueuePlace[] places)
    {
        foreach (var place in places)
        {
            content.Find(place.Use)!.Pin(place);
        }
    }

    private void Unpin(QueuePlace[] places)
    {
        foreach (var place in places)
        {
            content.Find(place.Use)?.Unpin(place);      // of a segment that is lost: nothing
        }
    }

    private void Orphan(QueueJob job)
    {
        if (job.Step is { State.Use: > 0, Content: { } places })
        {
            Pin(places);
            if (_orphans.Remove(job.Mail!.Id, out var older))
            {
                Unpin(older);
            }

            _orphans[job.Mail.Id] = places;
        }
    }

    /// <summary>What could not be placed is the first of the next batch, in its order.</summary>
    private void PutBack()
    {
        if (_portion.Exists(job => !job.Step.IsSettled))
        {
            var rest = _work;
            _work = new Queue<QueueJob>(_portion.Where(job => !job.Step.IsSettled));
            while (rest.TryDequeue(out var job))
            {
                _work.Enqueue(job);
            }
        }

        _portion.Clear();
    }

    private void Tell()
    {
        if (_done.Count > 0)
        {
            store.Tell(_done);
            _done.Clear();
        }
    }

    /// <summary>After a fault, and at an end without space: everybody who waits is told, at once and always.</summary>
    private int GiveUp()
    {
        foreach (var job in _portion.Where(job => !job.Step.IsSettled).Concat(_work))
        {
            Fail(job, StoreFailure.Unavailable, "the queue is closed");
            _done.Add(job);
        }

        _portion.Clear();
        _work.Clear();
        ForgetMoves();
        Tell();
        Closed = true;
        return IWork.Nothing;
    }

    /// <summary>After the thread has ended: who came too late is told.</summary>
    public void Abandon()
    {
        Gather();
        GiveUp();
    }
}
