using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Messages that the disk does not give back now: what is asked of them has to wait, and is asked again, each time later. The administrator sees them in the list, with the
/// reason; they are not given up, since whoever mends the disk mends them, and nobody is told, since whom to tell stands in what cannot be read.
/// </summary>
internal sealed partial class OutboundWork
{
    /// <summary>Seconds until a message that could not be read is tried to be read again, at first and at most.</summary>
    private const uint FirstLook = 15, LastLook = 3600;

    private readonly Dictionary<int, Unreadable> _unreadable = [];
    private readonly HashSet<int> _leaving = [];            // slots of such whose removal has been asked for: nothing is asked of them behind that

    /// <summary>Not to be asked for now.</summary>
    private bool IsUnreadable(int slot) => _unreadable.TryGetValue(slot, out var known) && known.LooksAt > QueueIndex.Seconds(Now);

    /// <summary>What waits for it is put off.</summary>
    private void CannotRead(QueueJob job, string problem)
    {
        var slot = job.Slot;
        if (!_index.Has(slot))
        {
            return;
        }

        if (!_unreadable.TryGetValue(slot, out var known))
        {
            _unreadable[slot] = known = new Unreadable();
            _at.Log.QueuedCannotBeRead(QueueNews.Path, _store.At(slot)?.Id.ToString() ?? "?", problem);
        }

        known.Problem = problem;
        known.LooksAt = QueueIndex.Seconds(Now) + Math.Min(LastLook, FirstLook << Math.Min(known.Looks++, 10));
        foreach (var leg in _index.LegsOf(slot).Where(leg => _index[leg].State == LegState.Ready).ToArray())
        {
            _index.Wait(leg, known.LooksAt);
        }

        GiveUnread(slot, known, job.State);
    }

    /// <summary>Notices that the journal has already are recorded as given, for which the state is enough; else they would wait with the message.</summary>
    private void GiveUnread(int slot, Unreadable known, ReadOnlyMemory<byte> state)
    {
        MessageRecord record;
        try
        {
            record = MessageRecord.Read(state.Span);
        }
        catch (FormatException)
        {
            return;                                 // nor can that be read
        }

        MailId[] given = [.. record.Notices.Select(notice => notice.Id).Where(_givenBefore.ContainsKey)];
        if (given.Length == 0)
        {
            return;
        }

        record.Notices.RemoveAll(notice => given.Contains(notice.Id));
        var looksAt = known.LooksAt;
        known.LooksAt = uint.MaxValue;              // nobody reads the old state meanwhile
        _recording++;
        _asked.Add(QueueJob.Save(slot, record.ToOctets(), stand: StandOf(record), token: (Action<QueueJob>)(job =>
        {
            _recording--;
            known.LooksAt = _leaving.Contains(slot) ? uint.MaxValue : looksAt;
            foreach (var id in job.Failure is null ? given : [])
            {
                _givenBefore.Remove(id);
                _at.Notices.Open(id);
            }
        })));
    }

    /// <summary>It could be read again.</summary>
    private void CanRead(int slot)
    {
        if (_unreadable.Remove(slot))
        {
            _at.Log.QueuedCanBeRead(QueueNews.Path, _store.At(slot)?.Id.ToString() ?? "?");
        }
    }

    /// <summary>An administrator does not want it any more; it goes as a whole.</summary>
    private void RemoveUnread(int slot, Action<bool> then)
    {
        if (!_unreadable.TryGetValue(slot, out var known) || _loading.ContainsKey(slot) || !_leaving.Add(slot))
        {
            then(false);
            return;
        }

        known.LooksAt = uint.MaxValue;
        var id = _store.At(slot)?.Id ?? default;
        _recording++;
        _asked.Add(QueueJob.Remove(slot, (Action<QueueJob>)(job =>
        {
            _recording--;
            _leaving.Remove(slot);
            if (job.IsLost)
            {
                Lose(slot);
                Consider(slot);                     // it may have been lost before, and waited for this
            }
            else if (job.Failure is null && !_lost.Remove(slot))
            {
                Forget(slot);
                _at.News.Gone(id);
                foreach (var (notice, _) in _givenBefore.Where(given => given.Value == slot).ToArray())
                {
                    _givenBefore.Remove(notice);
                    _at.Notices.Open(notice);       // the journal has it, and nothing else of it is left
                }
            }
            else
            {
                known.LooksAt = QueueIndex.Seconds(Now) + FirstLook;
            }

            then(job is { Failure: null, IsLost: false });
        })));
    }

    private sealed class Unreadable
    {
        public string Problem { get; set; } = "";

        public int Looks { get; set; }

        /// <summary>It is not tried to be read before.</summary>
        public uint LooksAt { get; set; }
    }
}
