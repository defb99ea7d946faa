using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Outbound;

/// <summary>What is there at the start.</summary>
internal sealed partial class OutboundWork
{
    /// <summary>While the store is opened: a message that an earlier run left.</summary>
    public void Found(int slot, MailId id, long length, ReadOnlySpan<byte> state)
    {
        if (Learn(slot, state))
        {
            foreach (var notice in MessageRecord.Read(state).Notices)
            {
                _givenBefore[notice.Id] = slot;
            }
        }
    }

    /// <summary>Puts a message into the index. True: its sender is owed notices.</summary>
    private bool Learn(int slot, ReadOnlySpan<byte> state)
    {
        var brief = new RecordGlance(state);
        _index.Add(slot, QueueIndex.Seconds(brief.ReceivedAt), brief is { MayWarn: true, IsWarned: false } ? MessageMarks.MayWarn : MessageMarks.None);
        while (brief.NextDestination(_name, out var nameLength, out var due, out var failures, out var isHeld))
        {
            var leg = _index.AddLeg(slot, _name.AsSpan(0, nameLength), failures);
            if (isHeld)
            {
                _index.Hold(leg);
            }
            else
            {
                _index.Wait(leg, QueueIndex.SecondsUp(due));
            }
        }

        if (brief.OwesNotices || !_index.LegsOf(slot).Any())
        {
            StandInLine(slot);
        }

        return brief.OwesNotices;
    }

    /// <summary>When the store is open, and before the journal hands out anything: what the one knows of the other is compared.</summary>
    public void Opened()
    {
        _index.SortByArrival();
        var feed = _at.Journal.Deliveries;
        _hadBefore = [.. feed.FindWaiting(id => _store.Find(id) >= 0 || _store.WasRemoved(id))];
        _store.ForgetRemoved();
        var given = feed.FindWaiting(_givenBefore.ContainsKey).ToDictionary(id => id, id => _givenBefore[id]);
        _givenBefore = given;
        foreach (var id in given.Keys)
        {
            _at.Notices.Close(id);
        }

        _openedAt = QueueIndex.Seconds(Now);
        BringsNoMore();
        TellOfWayless();
    }
}
