using ActorSmtp.Storage.Access;

namespace ActorSmtp.Web.Reading;

/// <summary>
/// What lists answer, shared by all pages while mail comes in a crowd: whoever asks the same as another within the last seconds gets what that one got,
/// and whoever asks while it is being read waits for it. So ten open consoles cost what one costs. The rest of the time every question is answered anew: then a
/// list is never older than the event that told of a change.
/// </summary>
/// <remarks>
/// Everybody who is let in sees the same, so a question is its own key. What is changed by way of the console ends what is shared: one's own delete is
/// seen at once. What costs much to read is kept longer: reading one list takes no more than a twentieth of the time.
/// </remarks>
internal sealed class SharedAnswers(Crowd crowd, TimeProvider time)
{
    /// <summary>The age at which an answer is too old; more where it took long to make.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(2);

    /// <summary>However long it took.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromSeconds(10);

    private const int Share = 20;
    private const int Most = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<object, Shared> _answers = [];
    private long _reads;

    /// <summary>Questions that were really asked.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>The answer to a question, somebody else's where it will do.</summary>
    /// <param name="question">Equal where the answer has to be.</param>
    /// <param name="read">Asks it; not cancelled where others may wait for it too.</param>
    public Task<T> AskAsync<T>(object question, Func<CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        if (!crowd.IsThere)
        {
            Interlocked.Increment(ref _reads);
            return read(cancellation);
        }

        Shared mine;
        lock (_gate)
        {
            if (_answers.TryGetValue(question, out var known) && IsGood(known) && known.Answer is Task<T> shared)
            {
                return shared.WaitAsync(cancellation);
            }

            MakeRoom();
            mine = new Shared(time.GetTimestamp());
            mine.Answer = ReadAsync(mine, read);
            _answers[question] = mine;
        }

        return ((Task<T>)mine.Answer).WaitAsync(cancellation);
    }

    /// <summary>Something was changed here: nobody gets what was read before, or is being read.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _answers.Clear();
        }
    }

    private async Task<T> ReadAsync<T>(Shared mine, Func<CancellationToken, Task<T>> read)
    {
        await Task.Yield();                                 // not under the lock
        Interlocked.Increment(ref _reads);
        try
        {
            return await read(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            mine.ReadAt = time.GetTimestamp();
        }
    }

    private bool IsGood(Shared answer)
    {
        if (!answer.Answer.IsCompleted)
        {
            return true;
        }

        var readAt = answer.ReadAt;
        var kept = time.GetElapsedTime(answer.AskedAt, readAt) * Share;
        kept = kept < Age ? Age : kept > Oldest ? Oldest : kept;
        return answer.Answer.IsCompletedSuccessfully && time.GetElapsedTime(readAt) < kept;
    }

    private void MakeRoom()
    {
        if (_answers.Count < Most)
        {
            return;
        }

        foreach (var (question, answer) in _answers.ToArray())
        {
            if (!IsGood(answer))
            {
                _answers.Remove(question);
            }
        }

        if (_answers.Count >= Most)
        {
            _answers.Remove(_answers.MinBy(a => a.Value.AskedAt).Key);
        }
    }

    private sealed class Shared
    {
        private long _readAt;

        public Shared(long askedAt) => AskedAt = _readAt = askedAt;

        public long AskedAt { get; }

        public long ReadAt
        {
            get => Volatile.Read(ref _readAt);
            set => Volatile.Write(ref _readAt, value);
        }

        public Task Answer { get; set; } = Task.CompletedTask;
    }
}
