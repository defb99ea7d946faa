namespace ActorSmtp.Storage.Postgres.Queue;

/// <content>What the database refused to record, and who is told of what.</content>
internal sealed partial class QueueErrands
{
    private readonly List<QueueJob> _refused = [];  // to be asked again one by one
    private Task _again = Task.CompletedTask;       // ends when they are
    private int _unrecorded;                        // saves and removals that were asked for and not answered
    private int _left;                              // messages of which none could be recorded when the end came

    /// <summary>Until something was asked, or what was refused is to be asked again; false: nothing comes any more.</summary>
    private async Task<bool> MayGoOnAsync()
    {
        var asked = _pending.Reader.WaitToReadAsync(_hurry.Token).AsTask();
        if (_refused.Count == 0)
        {
            return await asked.ConfigureAwait(false);
        }

        if (await Task.WhenAny(asked, _again).ConfigureAwait(false) == asked && !await asked.ConfigureAwait(false))
        {
            await _again.ConfigureAwait(false);     // closed: nothing else is left to be done
        }

        _hurry.Token.ThrowIfCancellationRequested();
        return true;
    }

    private async Task AskAgainAsync(List<QueueJob> batch)
    {
        batch.AddRange(_refused);
        _refused.Clear();
        foreach (var job in batch.FindAll(IsThere))
        {
            await DoAsync([job]).ConfigureAwait(false);
        }

        TellDone(batch);
        if (_refused.Count == 0)
        {
            Refusals.Succeeded();
        }
    }

    private void TellDone(List<QueueJob> batch)
    {
        Tell(_refused.Count == 0 ? batch : batch.FindAll(job => !_refused.Contains(job)));
        _done.ForEach(held.Remove);                 // after it was told: nobody hears of a new message in a slot before that
        _done.Clear();
        batch.Clear();
    }

    private void Tell(List<QueueJob> jobs)
    {
        if (jobs.Count > 0)
        {
            Interlocked.Add(ref _unrecorded, -jobs.Count(IsRecord));
            tell(jobs.ToArray());
        }
    }

    /// <summary>It says what became of a message: without it another node would do that again.</summary>
    private static bool IsRecord(QueueJob job) => job.Kind is QueueJobKind.Save or QueueJobKind.Remove;

    private Chores.Chore Refusals => database.Chores.Of("recording what the database refused of mail that leaves");
}
