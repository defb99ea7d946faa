using System.Security.Cryptography;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>How messages come into the queue.</summary>
internal sealed partial class QueueErrands
{
    private async Task TakeOverAsync(List<QueueJob> jobs)
    {
        var (token, since) = (PostgresFeed.NewToken(), time.GetTimestamp());
        var mails = jobs.ConvertAll(job => (ClaimedMail)job.Mail!);
        var wanted = new Dictionary<string, int>(StringComparer.Ordinal);
        var ours = jobs.ConvertAll(job => held.Wants(job.Stand.Line, wanted[job.Stand.Line] = wanted.GetValueOrDefault(job.Stand.Line) + 1)).ToArray();
        var (bodies, envelopes) = (jobs.ConvertAll(_ => RandomNumberGenerator.GetBytes(16)).ToArray(), mails.ConvertAll(mail => Octets(mail.Envelope)).ToArray());
        var stored = await InLinesAsync(
            jobs,
            QueueStatements.TakeOver,
            [
                Database.Value(mails.ConvertAll(mail => mail.Key).ToArray()), Database.Value(mails.ConvertAll(mail => mail.Token).ToArray()), Database.Value(ours),
                Database.Value(jobs.ConvertAll(job => job.Stand.Line).ToArray()), Database.Value(mails.ConvertAll(mail => mail.Length).ToArray()), Database.Value(bodies),
                Database.Value(jobs.ConvertAll(job => job.State).ToArray()), Database.Value(envelopes), Database.Value(database.Settings.Lease), Database.Value(token),
                Database.Value(database.Settings.Node), Words(jobs, job => job.Stand.Destinations), Words(jobs, job => job.Stand.Held),
            ],
            mails.Sum(mail => mail.Length) > MostCopiedAtOnce ? s_copyPatience : null).ConfigureAwait(false);
        for (var i = 0; i < jobs.Count; i++)
        {
            // One that is not stored now was there, or is another node's to hand over. That it is there by a try of ours whose answer was lost makes no difference: its claim ends.
            Added(jobs[i], stored.Contains(mails[i].Id), ours[i], mails[i].Key, token, bodies[i], envelopes[i], since);
        }
    }

    private async Task AddAsync(QueueJob job)
    {
        var body = RandomNumberGenerator.GetBytes(16);      // another one for each try: what an earlier one left is swept
        var mail = job.Mail!;
        var (key, length) = (MailWriter.KeyOf(mail.Id), mail.HandedOnLength);
        byte[]? content = null;
        if (length <= Bodies.Whole)
        {
            content = new byte[length];
            await FillAsync(mail, 0, content).ConfigureAwait(false);
        }
        else
        {
            var piece = new byte[Bodies.Whole];
            for (var offset = 0L; offset < length;)
            {
                var part = piece.AsMemory(0, (int)Math.Min(piece.Length, length - offset));
                await FillAsync(mail, offset, part).ConfigureAwait(false);
                if (!await Bodies.UploadAsync(database, body, offset, part, _hurry.Token).ConfigureAwait(false))
                {
                    throw Swept();
                }

                offset += part.Length;
            }
        }

        await _lines.MakeSureAsync([job.Stand.Line], _hurry.Token).ConfigureAwait(false);
        var (token, since, ours) = (PostgresFeed.NewToken(), time.GetTimestamp(), held.Wants(job.Stand.Line, 1));
        var envelope = Octets(mail.Envelope with { Edits = null });
        var (isStored, isWhole, isInLine) = await database.QueryAsync(
            QueueStatements.Add,
            [
                Database.Value(key), Database.Value(ours), Database.Value(job.Stand.Line), Database.Value(length), Database.Value(body), Database.Value(job.State),
                Database.Value(envelope), Database.Value(database.Settings.Lease), Database.Value(token), Database.Value(database.Settings.Node), Optional(content),
                Database.Value(string.Join(' ', job.Stand.Destinations)), Database.Value(string.Join(' ', job.Stand.Held)), ClaimedMail.TokenOf(mail, database),
            ],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetBoolean(0), rows.GetBoolean(1), rows.GetBoolean(2)) : default,
            _hurry.Token).ConfigureAwait(false);
        if (!isWhole)
        {
            throw Swept();
        }

        if (!isInLine)
        {
            throw Unsure([job]);
        }

        Added(job, isStored, ours, key, token, body, envelope, since);
    }

    /// <summary>To be begun anew.</summary>
    private static DatabaseException Swept() => new(DatabaseTrouble.Busy, "the content's time ended before all of it was there");

    private void Added(QueueJob job, bool isStored, bool isOurs, byte[] key, long token, byte[] body, byte[] envelope, long since)
    {
        job.Slot = -1;
        job.WasThere = !isStored;
        if (!isStored)
        {
            return;
        }

        Interlocked.Increment(ref _added);
        if (isOurs)
        {
            var mail = held.Add(job.Mail!.Id, key, token, job.Stand.Line, job.Mail.HandedOnLength, body, job.State.ToArray(), envelope, since);
            job.Slot = mail.Slot;
            if (job.KeepOpen)
            {
                job.Opened = new SharedQueuedMail(
                    database, held, mail, job.Mail.Envelope.Edits is null ? job.Mail.Envelope : job.Mail.Envelope with { Edits = null }, job.State, job.Mail.TryGetHandedOn(out var content) ? content : null);
            }
        }
    }

    private static byte[] Octets(Envelope envelope)
    {
        var octets = new System.Buffers.ArrayBufferWriter<byte>();
        EnvelopeBytes.Write(envelope, octets);
        return octets.WrittenSpan.ToArray();
    }

    private async Task FillAsync(StoredMail mail, long offset, Memory<byte> into)
    {
        for (int count; into.Length > 0; offset += count, into = into[count..])
        {
            count = await mail.ReadHandedOnAsync(offset, into, _hurry.Token).ConfigureAwait(false);
            if (count == 0)
            {
                throw new StoreException($"The content of {mail.Id} ended at octet {offset}, before its length.");
            }
        }
    }
}
