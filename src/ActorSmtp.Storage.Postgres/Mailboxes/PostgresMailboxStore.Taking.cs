using ActorSmtp.Storage.Access;
using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <content>Messages taken over from other mailboxes.</content>
internal sealed partial class PostgresMailboxStore : IMailboxTarget
{
    public Task PutAsync(string account, MailboxName name, DateTimeOffset deliveredAt, Stream content, long octets, CancellationToken cancellation) =>
        Try($"The mailbox of {account}", async () =>
        {
            if (!IsText(account) || !IsText(name.Key))
            {
                throw new StoreException($"The message {name.Key} of {account} has a name that the database cannot keep.");
            }

            await CopyIn.StoreAsync(
                _database, account, name.Key, ReadOnlyMemory<byte>.Empty, octets, (_, into) => content.ReadAsync(into, cancellation), deliveredAt, name.Flags, name.IsNew,
                (ClaimedMail.TokenOf(null, _database), []), cancellation).ConfigureAwait(false);
            return true;
        });
}
