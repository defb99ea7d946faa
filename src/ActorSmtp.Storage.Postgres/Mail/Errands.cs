using System.Threading.Channels;

namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// What has become of claimed mail, on its way into the database: recipients that have it, messages that are done with, claims given back. In
/// the order told, many in one statement. While the database is away it waits here; the number of claims bounds it.
/// </summary>
internal sealed class Errands(Database database)
{
    private const int MostInBatch = 1000;

    private readonly Channel<Errand> _pending = Channel.CreateUnbounded<Errand>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _hurry = new();
    private Task _worker = Task.CompletedTask;
    private long _asked;
    private long _stable;

    private enum Kind
    {
        Note,
        End,
        GiveBack,
        ForgetUpload,
    }

    /// <summary>How many endings and notes were told, and how many of them are in the database.</summary>
    public (long Asked, long Stable) Progress
    {
        get
        {
            var stable = Interlocked.Read(ref _stable);             // first: it is never ahead of the other
            return (Interlocked.Read(ref _asked), stable);
        }
    }

    public void Start() => _worker = WorkAsync();

    public void Note(ClaimedMail mail, int recipient) => Add(new Errand(Kind.Note, mail.Key) { Mail = mail, Recipient = recipient });

    public void End(ClaimedMail mail) => Add(new Errand(Kind.End, mail.Key) { Mail = mail });

    public void GiveBack(ClaimedMail mail, TimeSpan wait) => Add(new Errand(Kind.GiveBack, mail.Key) { Mail = mail, Wait = wait });

    public void ForgetUpload(byte[] key) => Add(new Errand(Kind.ForgetUpload, key));

    /// <summary>
    /// Does what is told still, and these as the last. What became of messages is waited for also where the database is away now: until a lease has gone, and with it the claims. Claims that are not given
    /// back end by themselves.
    /// </summary>
    public async Task FinishAsync(IEnumerable<ClaimedMail> givenBack)
    {
        foreach (var mail in givenBack)
        {
            GiveBack(mail, TimeSpan.Zero);
        }

        _pending.Writer.TryComplete();
        if (database.IsAway && Progress is var (asked, stable) && asked == stable)
        {
            await _hurry.CancelAsync().ConfigureAwait(false);       // what is not given back is taken over when its lease ends
        }

        var (patience, lease) = (database.Settings.Patience * 2, database.Settings.Lease);
        _hurry.CancelAfter(patience > lease ? patience : lease);
        await _worker.ConfigureAwait(false);
    }

    private void Add(Errand errand)
    {
        if (errand.Kind is Kind.Note or Kind.End)
        {
            Interlocked.Increment(ref _asked);
        }

        _pending.Writer.TryWrite(errand);
    }

    private async Task WorkAsync()
    {
        await Task.Yield();
        var batch = new List<Errand>(MostInBatch);
        try
        {
            while (await _pending.Reader.WaitToReadAsync(_hurry.Token).ConfigureAwait(false))
            {
                batch.Clear();
                while (batch.Count < MostInBatch && _pending.Reader.TryPeek(out var next) && (batch.Count == 0 || next.Kind == batch[0].Kind))
                {
                    _pending.Reader.TryRead(out _);
                    batch.Add(next);
                }

                await DoAsync(batch).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end without it.
        }
    }

    private async Task DoAsync(List<Errand> batch)
    {
        var kind = batch[0].Kind;
        var chore = database.Chores.Of("recording what became of mail");
        while (true)
        {
            await database.WhenBack(_hurry.Token).ConfigureAwait(false);
            try
            {
                await (kind switch
                {
                    Kind.Note => RunAsync(Statements.Note, batch, Database.Value(batch.ConvertAll(e => e.Recipient).ToArray())),
                    Kind.End => RunAsync(Statements.End, batch, Database.Value(batch.ConvertAll(e => e.Mail!.IsShared).ToArray())),
                    Kind.GiveBack => RunAsync(Statements.GiveBack, batch, Database.Value(batch.ConvertAll(e => e.Wait).ToArray())),
                    _ => database.ExecuteAsync(Statements.ForgetUploads, [Database.Value(batch.ConvertAll(e => e.Key).ToArray())], _hurry.Token),
                }).ConfigureAwait(false);
                chore.Succeeded();
                break;
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                await chore.FailedAsync(failed, _hurry.Token).ConfigureAwait(false);
            }
        }

        if (kind is Kind.Note or Kind.End)
        {
            Interlocked.Add(ref _stable, batch.Count);
        }
    }

    private Task RunAsync(string statement, List<Errand> batch, Npgsql.NpgsqlParameter third) => database.ExecuteAsync(
        statement,
        [Database.Value(batch.ConvertAll(e => e.Key).ToArray()), Database.Value(batch.ConvertAll(e => e.Mail!.Token).ToArray()), third],
        _hurry.Token);

    private sealed record Errand(Kind Kind, byte[] Key)
    {
        public ClaimedMail? Mail { get; init; }

        public int Recipient { get; init; }

        public TimeSpan Wait { get; init; }
    }
}
