namespace ActorSmtp.Storage.Access;

/// <summary>Mailboxes that take messages over from other mailboxes: under the key they have there, with their flags.</summary>
public interface IMailboxTarget : IMailboxReader
{
    /// <summary>
    /// Takes one message over, durably; one of this key that is there already stays as it is, so a second time does no harm. The mailbox is made
    /// where there is none.
    /// </summary>
    /// <param name="content">All of the message; read to <paramref name="octets"/>.</param>
    /// <exception cref="StoreException">It cannot be kept.</exception>
    Task PutAsync(string account, MailboxName name, DateTimeOffset deliveredAt, Stream content, long octets, CancellationToken cancellation);
}
