using ActorSmtp.Protocol.Delivery;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server.Telemetry;

/// <summary>Ids 1300 to 1399: accounts. 1400 to 1499: the store and the mailboxes.</summary>
internal sealed partial class Log
{
    [LoggerMessage(1300, LogLevel.Information, "{Accounts} accounts loaded")]
    public partial void AccountsLoaded(string actor, int accounts);

    [LoggerMessage(1301, LogLevel.Error, "the accounts cannot be read, the last good table stays: {Reason}")]
    public partial void AccountsUnreadable(string actor, string reason);

    [LoggerMessage(1302, LogLevel.Warning, "{Waiting} logins wait already, one more was put off")]
    public partial void TooManyLogins(string actor, int waiting);

    [LoggerMessage(1303, LogLevel.Error, "a password could not be verified: {Reason}")]
    public partial void VerificationFailed(string actor, string reason);

    [LoggerMessage(1400, LogLevel.Information, "journal: {Report}")]
    public partial void Recovered(string report);

    [LoggerMessage(1401, LogLevel.Information, "delivered {Tx} to {Account}, {Octets} octets", SkipEnabledCheck = true)]
    private partial void DeliveredSlowly(string actor, string tx, string account, long octets);

    /// <summary>A message is in a mailbox, synced.</summary>
    public void Delivered(string actor, MailId tx, string account, long octets)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            DeliveredSlowly(actor, tx.ToString(), account, octets);
        }
    }

    [LoggerMessage(1402, LogLevel.Error, "{Tx} cannot be delivered to {Account}: {Reason}; it is kept and tried again in {RetryIn}")]
    public partial void DeliveryFailed(string actor, MailId tx, string account, string reason, TimeSpan retryIn);

    [LoggerMessage(1403, LogLevel.Warning, "mailbox {Account} cannot be written, trying again in {Delay}: {Reason}")]
    public partial void MailboxDelayed(string actor, string account, string reason, TimeSpan delay);

    [LoggerMessage(1404, LogLevel.Critical, "the journal failed in {Operation}: {Reason}; stopping, what was acknowledged is recovered at the next start")]
    public partial void StoreFaulted(string operation, string reason);

    [LoggerMessage(1405, LogLevel.Warning, "journal: {Octets} octets at {Offset} of {Segment} cannot be read back ({What}); set aside as {SetAside}")]
    public partial void DamageSetAside(string segment, long offset, long octets, string what, string setAside);

    [LoggerMessage(1406, LogLevel.Warning, "storage.sync = never: mail that was acknowledged can be lost in a power cut")]
    public partial void SyncIsOff();
}
