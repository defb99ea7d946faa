using System.Collections.Immutable;

namespace ActorSmtp.Storage.Postgres.Nodes;

/// <summary>
/// What nodes ask each other, by the database they share: a question is a row, and so is each answer. Nodes hear of it by their next sign of life, so an
/// answer takes a second; as long as nobody asks, nothing is done at all. What nobody fetches goes by itself.
/// </summary>
public sealed class NodeQuestions : IAsyncDisposable
{
    /// <summary>Octets of a question, and of an answer; a longer answer is not given.</summary>
    public const int LongestSubject = 200, LongestAnswer = 256 * 1024;

    /// <summary>Questions of one node under way, and of all nodes: more wait, or are refused.</summary>
    private const int MostAsked = 4, MostOpen = 64;

    /// <summary>Answers that one node writes at once.</summary>
    private const int MostAnswered = 20;

    private const string Version = "questions";

    /// <summary>1 id, 2 asker, 3 subject, 4 how long it is open, 5 the most open ones. Answers whether it is, the asker's clock and, where it is, who is there to answer.</summary>
    private const string Ask =
        """
        WITH q AS (
          INSERT INTO questions (id, asker, subject, until) SELECT $1, $2, $3, now() + $4 WHERE (SELECT count(*) FROM questions WHERE until > now()) < $5
          RETURNING id),
        v AS (
          INSERT INTO versions (name, version) SELECT 'questions', 1 FROM q
          ON CONFLICT (name) DO UPDATE SET version = versions.version + 1 RETURNING name)
        SELECT (SELECT count(*) FROM q), (SELECT count(*) FROM v), now()
        """;

    /// <summary>1 question: it is over, and so are its answers.</summary>
    private const string Fetch =
        """
        WITH q AS (DELETE FROM questions WHERE id = $1 RETURNING id),
        a AS (DELETE FROM answers WHERE question = $1 RETURNING node, clock, answered_at, content)
        SELECT a.node, a.clock, a.answered_at, a.content FROM a
        """;

    private const string Answered = "SELECT node FROM answers WHERE question = $1";

    /// <summary>1 this node, 2 how many.</summary>
    private const string Open =
        """
        SELECT id, subject FROM questions q
        WHERE until > now() AND asker <> $1 AND NOT EXISTS (SELECT 1 FROM answers a WHERE a.question = q.id AND a.node = $1) LIMIT $2
        """;

    /// <summary>1 question, 2 this node, 3 its clock, 4 content.</summary>
    private const string Answer =
        """
        INSERT INTO answers (question, node, clock, answered_at, until, content)
        SELECT id, $2, $3, now(), until, $4 FROM questions WHERE id = $1 AND until > now()
        ON CONFLICT (question, node) DO NOTHING
        """;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly Database _database;
    private readonly NodeKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _asked = new(MostAsked);
    private readonly SemaphoreSlim _heard = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _answering = Task.CompletedTask;

    internal NodeQuestions(Database database, NodeKeeper keeper, TimeProvider time) => (_database, _keeper, _time) = (database, keeper, time);

    /// <summary>How long answers are waited for: two signs of life, and some more.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>This node's own id among the nodes.</summary>
    public string Self => _keeper.Id;

    /// <summary>From now on this node answers.</summary>
    /// <param name="run">What the ids that it gives out have in common.</param>
    /// <param name="answer">What it knows of a subject; null: nothing.</param>
    public void Begin(string run, Func<string, CancellationToken, Task<byte[]?>> answer)
    {
        _keeper.Changed += OnChanged;
        _keeper.Run = run;
        _answering = AnswerAsync(answer);
    }

    /// <summary>Asks the other nodes; those that say nothing in time are named.</summary>
    /// <exception cref="StoreException">The database cannot be asked, or too much is being asked.</exception>
    public async Task<NodeAnswers> AskAsync(string subject, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subject.Length, LongestSubject);
        await _asked.WaitAsync(cancellation).ConfigureAwait(false);
        var question = Guid.NewGuid().ToByteArray();
        var isOpen = false;
        try
        {
            var nodes = (await NodeKeeper.ListAsync(_database, cancellation).ConfigureAwait(false)).Where(n => n.Id != Self).ToList();
            var awaited = nodes.Where(n => n.IsServing && n.Run.Length > 0).ToDictionary(n => n.Id, StringComparer.Ordinal);
            var (taken, ahead) = await OpenAsync(question, subject, cancellation).ConfigureAwait(false);
            isOpen = taken;
            if (!taken)
            {
                throw new StoreException("Too much is being asked of the nodes at this moment: ask again in some seconds.");
            }

            await WaitAsync(question, awaited.Keys, cancellation).ConfigureAwait(false);
            var answers = await FetchAsync(question, cancellation).ConfigureAwait(false);
            isOpen = false;
            var told = answers.Where(a => awaited.ContainsKey(a.Node)).Select(a => a with { Name = awaited[a.Node].Name }).ToImmutableArray();
            return new NodeAnswers(ahead, [.. told.Where(a => a.Content.Length > 0)], [.. nodes.Where(n => n.IsServing && told.All(a => a.Node != n.Id))], [.. nodes.Where(n => !n.IsServing)]);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The other nodes cannot be asked: {failed.Message}.", failed);
        }
        finally
        {
            if (isOpen)
            {
                await DropAsync(question).ConfigureAwait(false);
            }

            _asked.Release();
        }
    }

    /// <summary>Answers no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _keeper.Changed -= OnChanged;
        _keeper.Run = "";
        await _stop.CancelAsync().ConfigureAwait(false);
        await _answering.ConfigureAwait(false);
    }

    private void OnChanged(string what)
    {
        if (what == Version && _heard.CurrentCount == 0)
        {
            _heard.Release();
        }
    }

    /// <summary>Whether it is asked, and how far this node's clock is ahead of the database's.</summary>
    private async Task<(bool Taken, TimeSpan Ahead)> OpenAsync(byte[] question, string subject, CancellationToken cancellation)
    {
        await _database.ChangeAsync("DELETE FROM questions WHERE until < now()", [], cancellation).ConfigureAwait(false);
        await _database.ChangeAsync("DELETE FROM answers WHERE until < now()", [], cancellation).ConfigureAwait(false);
        return await _database.ReadAsync(
            Ask,
            [Database.Value(question), Database.Value(Self), Database.Value(subject), Database.Value(Patience * 3), Database.Value((long)MostOpen)],
            async (rows, stop) =>
            {
                var ours = _time.GetUtcNow();
                return await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetInt64(0) == 1, ours - rows.GetFieldValue<DateTimeOffset>(2)) : (false, TimeSpan.Zero);
            },
            cancellation).ConfigureAwait(false);
    }

    private async Task WaitAsync(byte[] question, IEnumerable<string> awaited, CancellationToken cancellation)
    {
        var missing = awaited.ToHashSet(StringComparer.Ordinal);
        var began = _time.GetTimestamp();
        while (missing.Count > 0 && _time.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(s_look, _time, cancellation).ConfigureAwait(false);
            await _database.ReadAsync(
                Answered,
                [Database.Value(question)],
                async (rows, stop) =>
                {
                    while (await rows.ReadAsync(stop).ConfigureAwait(false))
                    {
                        missing.Remove(rows.GetString(0));
                    }

                    return true;
                },
                cancellation).ConfigureAwait(false);
        }
    }

    private Task<List<NodeAnswer>> FetchAsync(byte[] question, CancellationToken cancellation) => _database.ReadAsync(
        Fetch,
        [Database.Value(question)],
        async (rows, stop) =>
        {
            var all = new List<NodeAnswer>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                all.Add(new NodeAnswer(
                    rows.GetString(0), "", rows.GetFieldValue<DateTimeOffset>(1) - rows.GetFieldValue<DateTimeOffset>(2), rows.GetFieldValue<byte[]>(3)));
            }

            return all;
        },
        cancellation);

    /// <summary>Who asked went away: nobody need answer any more.</summary>
    private async Task DropAsync(byte[] question)
    {
        try
        {
            await FetchAsync(question, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            // Its time ends by itself.
        }
    }

    private async Task AnswerAsync(Func<string, CancellationToken, Task<byte[]?>> answer)
    {
        await Task.Yield();
        var chore = _database.Chores.Of("answering other nodes");
        try
        {
            while (true)
            {
                await _heard.WaitAsync(_stop.Token).ConfigureAwait(false);
                try
                {
                    while (await AnswerSomeAsync(answer).ConfigureAwait(false) == MostAnswered)
                    {
                    }

                    chore.Succeeded();
                }
                catch (Exception failed) when (failed is not OperationCanceledException || !_stop.IsCancellationRequested)
                {
                    await chore.FailedAsync(failed, _stop.Token).ConfigureAwait(false);
                    _heard.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end.
        }
    }

    private async Task<int> AnswerSomeAsync(Func<string, CancellationToken, Task<byte[]?>> answer)
    {
        var open = await _database.ReadAsync(
            Open,
            [Database.Value(Self), Database.Value(MostAnswered)],
            async (rows, stop) =>
            {
                var all = new List<(byte[] Id, string Subject)>();
                while (await rows.ReadAsync(stop).ConfigureAwait(false))
                {
                    all.Add((rows.GetFieldValue<byte[]>(0), rows.GetString(1)));
                }

                return all;
            },
            _stop.Token).ConfigureAwait(false);
        foreach (var (id, subject) in open)
        {
            var content = await KnownAsync(answer, subject).ConfigureAwait(false);
            await _database.ChangeAsync(
                Answer, [Database.Value(id), Database.Value(Self), Database.Value(_time.GetUtcNow()), Database.Value(content)], _stop.Token).ConfigureAwait(false);
        }

        return open.Count;
    }

    /// <summary>Nothing, too, where it cannot be found out: whoever asked is not to wait for that.</summary>
    private async Task<byte[]> KnownAsync(Func<string, CancellationToken, Task<byte[]?>> answer, string subject)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        stop.CancelAfter(Patience);
        try
        {
            return await answer(subject, stop.Token).ConfigureAwait(false) is { Length: <= LongestAnswer } known ? known : [];
        }
        catch (Exception) when (!_stop.IsCancellationRequested)
        {
            return [];
        }
    }
}

/// <summary>What came of a question.</summary>
/// <param name="Ahead">How far the asking node's clock is ahead of the database's.</param>
/// <param name="Answers">Of those who know something.</param>
/// <param name="Silent">Nodes that run and did not answer in time, or cannot.</param>
/// <param name="Gone">Nodes that gave a sign of life within a day, and do no more.</param>
public sealed record NodeAnswers(TimeSpan Ahead, ImmutableArray<NodeAnswer> Answers, ImmutableArray<NodeRow> Silent, ImmutableArray<NodeRow> Gone);

/// <summary>One node's.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="Ahead">How far its clock is ahead of the database's.</param>
public sealed record NodeAnswer(string Node, string Name, TimeSpan Ahead, byte[] Content);
