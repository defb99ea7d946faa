namespace ActorSmtp.Storage.Journal;

/// <summary>What one sync has finished, on its way to those who wait.</summary>
internal sealed class CompletionBatch(JournalMailStore store) : ICompletions, IThreadPoolWorkItem
{
    private readonly List<JournalWriter> _ended = [];
    private readonly List<(IMailWriterObserver Observer, MailId Id)> _ready = [];

    public int Count => _ended.Count + _ready.Count;

    /// <summary>The writer's message is stored, or failed with what it says.</summary>
    public void Ended(JournalWriter writer) => _ended.Add(writer);

    public void Ready(JournalWriter writer) => _ready.Add((writer.Observer, writer.Id));

    public void Run()
    {
        foreach (var (observer, id) in _ready)
        {
            observer.OnReady(id);
        }

        foreach (var writer in _ended)
        {
            var (observer, id, failure) = (writer.Observer, writer.Id, writer.Failure);
            store.GiveBack(writer);
            if (failure is { } why)
            {
                store.CountFailed();
                observer.OnStoreFailed(id, why);
            }
            else
            {
                observer.OnStored(id);
            }
        }

        _ended.Clear();
        _ready.Clear();
        store.GiveBack(this);
    }

    void IThreadPoolWorkItem.Execute() => Run();
}

/// <summary>The runner where none is given: the thread pool.</summary>
internal sealed class PoolRunner : ICompletionRunner
{
    public void Post(ICompletions completions) => ThreadPool.UnsafeQueueUserWorkItem((IThreadPoolWorkItem)completions, preferLocal: false);
}
