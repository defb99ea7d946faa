using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Policy;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// Every line the server logs, one method each: id, level, template. Each area has a block of ids; the next free one is at the block's end.
/// </summary>
/// <remarks>
/// Info: a mail changed hands, or something began or ended. Warning: somebody was refused or has to try again. Error: we are at fault.
/// Debug: the dialogue itself. Every line of a session carries <c>Actor</c> and <c>Session</c>, after MAIL also <c>Tx</c>. Secrets never: AUTH
/// lines are <c>AUTH PLAIN ***</c>, SASL lines <c>***</c>. All of it stands in one file: from several, the generator of log methods writes
/// them in an order that changes from build to build, and then two builds of one commit differ.
/// </remarks>
internal sealed partial class Log(ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Whether the dialogue is logged line by line; asked before its text is made.</summary>
    public bool Dialogue => _logger.IsEnabled(LogLevel.Debug);

    // 1100 to 1199: listeners

    [LoggerMessage(1100, LogLevel.Information, "listening on {Address} as {Role}")]
    public partial void Listening(string actor, EndPoint address, string role);

    [LoggerMessage(1101, LogLevel.Warning, "421 to {Peer}: too many connections ({Why}, {Total} open); {LeftOut} more were not logged since the last such line")]
    public partial void TooManyConnections(string actor, EndPoint? peer, Admission why, int total, long leftOut);

    [LoggerMessage(1102, LogLevel.Error, "cannot accept: {Kind}, {Detail}; trying again every {RetryIn}, {LeftOut} times since the last such line")]
    public partial void CannotAccept(string actor, AcceptTroubleKind kind, string detail, TimeSpan retryIn, long leftOut);

    [LoggerMessage(1103, LogLevel.Error, "cannot listen on {Address}: {Reason}")]
    public partial void CannotListen(string actor, string address, string reason);

    [LoggerMessage(1104, LogLevel.Information, "accepts no more; {Sessions} sessions end")]
    public partial void Unbound(string actor, int sessions);

    [LoggerMessage(1105, LogLevel.Error, "no session could be started for {Peer}; it was told 421 4.3.0")]
    public partial void CannotStartSession(string actor, EndPoint? peer, Exception fault);

    [LoggerMessage(1106, LogLevel.Warning, "hung up on {Peer}: no trusted proxy; {LeftOut} more were not logged since the last such line")]
    public partial void NotATrustedProxy(string actor, EndPoint? peer, long leftOut);

    // 1200 to 1299: sessions

    [LoggerMessage(1200, LogLevel.Debug, "connected from {Peer}")]
    public partial void SessionOpened(string actor, string session, EndPoint? peer);

    [LoggerMessage(1201, LogLevel.Debug, "ended: {Reason}")]
    public partial void SessionClosed(string actor, string session, string reason);

    [LoggerMessage(1202, LogLevel.Debug, "C: {Line}")]
    public partial void Heard(string actor, string session, string line);

    [LoggerMessage(1203, LogLevel.Debug, "S: {Reply}")]
    public partial void Said(string actor, string session, Enum state, string reply);

    [LoggerMessage(1204, LogLevel.Information, "accepted {Tx} from {From} for {Recipients}, {Octets} octets", SkipEnabledCheck = true)]
    private partial void MailAcceptedSlowly(string actor, string session, string tx, string from, int recipients, long octets);

    /// <summary>A message is stable and will be delivered.</summary>
    public void MailAccepted(string actor, string session, MailId tx, ReversePath from, int recipients, long octets)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            MailAcceptedSlowly(actor, session, tx.ToString(), from.ToString(), recipients, octets);
        }
    }

    [LoggerMessage(1205, LogLevel.Warning, "refused recipient {Recipient} of {Tx}: {Reply}")]
    public partial void RecipientRefused(string actor, string session, MailId tx, string recipient, Reply reply);

    [LoggerMessage(1206, LogLevel.Warning, "refused message {Tx}: {Reply}")]
    public partial void MessageRefused(string actor, string session, MailId tx, Reply reply);

    [LoggerMessage(1207, LogLevel.Warning, "refused MAIL: the store is full ({Reason})")]
    public partial void MailRefusedByStore(string actor, string session, PressureReason reason);

    [LoggerMessage(1208, LogLevel.Error, "message {Tx} could not be stored: {Failure}")]
    public partial void StoreFailed(string actor, string session, MailId tx, StoreFailure failure);

    [LoggerMessage(1209, LogLevel.Error, "the session broke in {State} on {Message}; the peer was told 421 4.3.0")]
    public partial void SessionBroke(string actor, string session, Enum state, string message, Exception fault);

    [LoggerMessage(1210, LogLevel.Information, "{User} logged in with {Mechanism}")]
    public partial void LoggedIn(string actor, string session, string user, string mechanism);

    [LoggerMessage(1211, LogLevel.Warning, "login from {Network} denied with {Mechanism}: {Reason}")]
    public partial void LoginDenied(string actor, string session, string mechanism, string network, DenialReason reason);

    [LoggerMessage(1213, LogLevel.Warning, "message {Tx} came with {BareCrs} bare CR and {BareLfs} bare LF; stored with CRLF, a strict server refuses it")]
    public partial void NewlinesNormalized(string actor, string session, MailId tx, long bareCrs, long bareLfs);

    [LoggerMessage(1212, LogLevel.Warning, "input behind STARTTLS was refused")]
    public partial void InputBehindStartTls(string actor, string session);

    [LoggerMessage(1214, LogLevel.Debug, "TLS: {Facts}, asked for {ServerName}, certificate of {Peer}")]
    public partial void Secured(string actor, string session, string facts, string serverName, string peer);

    [LoggerMessage(1220, LogLevel.Warning, "{Proxy} sent no PROXY header; hung up")]
    public partial void BadProxyHeader(string actor, string session, EndPoint? proxy);

    [LoggerMessage(1221, LogLevel.Warning, "421 to {Peer}, who came through another: too many connections ({Why})")]
    public partial void PeerTurnedAway(string actor, string session, EndPoint? peer, Admission why);

    [LoggerMessage(1222, LogLevel.Information, "{Peer} spoke before the greeting")]
    public partial void SpokeEarly(string actor, string session, EndPoint? peer);

    [LoggerMessage(1223, LogLevel.Information, "speaks for {Peer}, logged in as {User}")]
    public partial void SpeaksFor(string actor, string session, EndPoint? peer, string? user);

    [LoggerMessage(1230, LogLevel.Warning, "{User} is logged out: the account was disabled, removed or got another password")]
    public partial void LoggedOut(string actor, string session, string user);

    [LoggerMessage(1231, LogLevel.Warning, "{User} may not send as {From}")]
    public partial void SenderNotOwned(string actor, string session, string user, ReversePath from);

    [LoggerMessage(1232, LogLevel.Information, "{Recipient} of {Tx} leads to {Leads}", SkipEnabledCheck = true)]
    private partial void AliasFollowedSlowly(string actor, string session, string tx, string recipient, string leads);

    /// <summary>An alias was followed.</summary>
    public void AliasFollowed(string actor, string session, MailId tx, string recipient, string leads)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            AliasFollowedSlowly(actor, session, tx.ToString(), recipient, leads);
        }
    }

    [LoggerMessage(1240, LogLevel.Debug, "{User} has the mailbox open: {Messages} messages, {Octets} octets")]
    public partial void MaildropOpened(string actor, string session, string user, int messages, long octets);

    [LoggerMessage(1241, LogLevel.Information, "{User} took {Messages} messages away")]
    public partial void MessagesTaken(string actor, string session, string user, int messages);

    [LoggerMessage(1242, LogLevel.Error, "the mailbox of {User} cannot be read: {Reason}")]
    public partial void MaildropUnreadable(string actor, string session, string user, string reason);

    [LoggerMessage(1243, LogLevel.Error, "{Messages} messages of {User} could not be removed and stay: {Reason}")]
    public partial void MessagesStay(string actor, string session, string user, int messages, string reason);

    [LoggerMessage(1244, LogLevel.Warning, "no room to open the mailbox of {User}: the lists of all open ones would take more than pop3.memory")]
    public partial void NoRoomForMaildrop(string actor, string session, string user);

    [LoggerMessage(1245, LogLevel.Information, "{User} has the mailbox open in another session")]
    public partial void MaildropInUse(string actor, string session, string user);

    // 1300 to 1399: accounts

    [LoggerMessage(1300, LogLevel.Information, "{Accounts} accounts loaded")]
    public partial void AccountsLoaded(string actor, int accounts);

    [LoggerMessage(1301, LogLevel.Error, "the accounts cannot be read, the last good table stays: {Reason}")]
    public partial void AccountsUnreadable(string actor, string reason);

    [LoggerMessage(1302, LogLevel.Warning, "{Waiting} logins wait already, one more was put off")]
    public partial void TooManyLogins(string actor, int waiting);

    [LoggerMessage(1303, LogLevel.Error, "a password could not be verified: {Reason}")]
    public partial void VerificationFailed(string actor, string reason);

    [LoggerMessage(1304, LogLevel.Information, "{Keys} keys of the token issuer read: {Names}")]
    public partial void IssuerKeysRead(string actor, int keys, string names);

    [LoggerMessage(1305, LogLevel.Error, "the token issuer's keys cannot be read from {Source}, {Kept} of before stay: {Reason}")]
    public partial void IssuerKeysUnreadable(string actor, string source, string reason, int kept);

    [LoggerMessage(1306, LogLevel.Warning, "a token from {Network} is not taken: {Reason}")]
    public partial void TokenRefused(string actor, string network, string reason);

    [LoggerMessage(1307, LogLevel.Warning, "alias {Alias} leads to nobody, or to a disabled account: {Lost}; mail for it goes to its other targets, without any it is refused")]
    public partial void AliasLost(string actor, string alias, string lost);

    [LoggerMessage(1308, LogLevel.Information, "{Aliases} aliases are in force")]
    public partial void AliasesInForce(string actor, int aliases);

    // 1400 to 1499: the store and the mailboxes

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

    [LoggerMessage(1407, LogLevel.Warning, "{Count} deliveries to {Mailboxes} mailboxes hang: none was settled for {Time}; others go on, look at the disks of these mailboxes")]
    public partial void DeliveriesHang(string actor, int count, int mailboxes, TimeSpan time);

    // 1500 to 1599: certificates

    [LoggerMessage(1500, LogLevel.Information, "TLS: {Content}")]
    public partial void CertificateLoaded(string content);

    [LoggerMessage(1501, LogLevel.Information, "{Source} was replaced: {Content}; new handshakes use it")]
    public partial void CertificateReplaced(string actor, string source, string content);

    [LoggerMessage(1502, LogLevel.Error, "{Reason}; what was in force stays so")]
    public partial void CertificateRefused(string actor, string reason);

    [LoggerMessage(1503, LogLevel.Warning, "{Source}: ends on {NotAfter:yyyy-MM-dd HH:mm} UTC; renew it, clients will refuse it then")]
    public partial void CertificateExpiring(string actor, string source, DateTimeOffset notAfter);

    [LoggerMessage(1504, LogLevel.Information, "certificates are as they were")]
    public partial void CertificatesUnchanged(string actor);

    [LoggerMessage(1505, LogLevel.Error, "certificates could not be looked at: {Reason}; those in force stay so")]
    public partial void CertificatesNotSeen(string actor, string reason);

    // 1600 to 1649: those who look on

    [LoggerMessage(1600, LogLevel.Error, "somebody who listens to announcements failed; the others go on")]
    public partial void ListenerFailed(Exception fault);

    // 1700 to 1749: what becomes of mail in the outbound queue

    [LoggerMessage(1700, LogLevel.Information, "queued {Tx} from {From} for {Recipients} at {Destination}, {Octets} octets", SkipEnabledCheck = true)]
    private partial void QueuedSlowly(string actor, string tx, string from, int recipients, string destination, long octets);

    /// <summary>The queue keeps a message, and the journal need not.</summary>
    public void Queued(string actor, MailId tx, ReversePath from, int recipients, string destination, long octets)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            QueuedSlowly(actor, tx.ToString(), from.ToString(), recipients, destination, octets);
        }
    }

    [LoggerMessage(1701, LogLevel.Information, "sent {Tx} to {Account} by {Host}, {Protection}, after {Took}: {Reply}", SkipEnabledCheck = true)]
    private partial void SentSlowly(string actor, string tx, string account, string host, string protection, TimeSpan took, string reply);

    /// <summary>Another server has taken a message for a recipient.</summary>
    /// <param name="account">The recipient; every line about what became of a copy has the same name for it.</param>
    public void Sent(string actor, MailId tx, string account, string host, string protection, TimeSpan took, string reply)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            SentSlowly(actor, tx.ToString(), account, host, protection, took, reply);
        }
    }

    [LoggerMessage(1702, LogLevel.Warning, "{Tx} to {Account} by {Host} is put off until {NextAt:yyyy-MM-dd HH:mm:ss} UTC: {Reason}")]
    public partial void PutOff(string actor, MailId tx, string account, string host, DateTimeOffset nextAt, string reason);
    [LoggerMessage(1703, LogLevel.Warning, "{Tx} to {Account} by {Host} is given up: {Reason}")]
    public partial void GivenUp(string actor, MailId tx, string account, string host, string reason);
    [LoggerMessage(1704, LogLevel.Warning, "{Tx} to {Account} is given up: it has expired")]
    public partial void Expired(string actor, MailId tx, string account);
    [LoggerMessage(1705, LogLevel.Information, "{Tx} for {Destination} was tried by {Host}: {Reason}")]
    public partial void Tried(string actor, MailId tx, string destination, string host, string reason);
    [LoggerMessage(1706, LogLevel.Information, "{To} is told of {Tx} ({Kind}) by {Notice}")]
    public partial void Noticed(string actor, MailId tx, MailId notice, string kind, string to);
    [LoggerMessage(1707, LogLevel.Warning, "nothing is tried for {Destination} until {Until:yyyy-MM-dd HH:mm:ss} UTC: {Reason}")]
    public partial void Rests(string actor, string destination, DateTimeOffset until, string reason);
    [LoggerMessage(1708, LogLevel.Information, "{Order} of {Tx} for {Destination}, as an administrator wants")]
    public partial void Ordered(string actor, QueueOrder order, MailId tx, string destination);
    [LoggerMessage(1709, LogLevel.Debug, "{Tx} is done with")]
    public partial void LeftQueue(string actor, MailId tx);
    [LoggerMessage(1750, LogLevel.Error, "{Tx} in the queue cannot be read for now, and is tried again: {Reason}")]
    public partial void QueuedCannotBeRead(string actor, string tx, string reason);
    [LoggerMessage(1751, LogLevel.Error, "{Tx} is not taken into the queue for now: {Reason}")]
    public partial void NotTakenOver(string actor, MailId tx, string reason);
    [LoggerMessage(1752, LogLevel.Warning, "there is no mailbox for {To}, who would be told of {Tx}")]
    public partial void NoticeHasNoReader(string actor, MailId tx, string to);
    [LoggerMessage(1753, LogLevel.Warning, "{Notice} about {Tx} is not stored for now: {Reason}")]
    public partial void NoticeNotTaken(string actor, MailId tx, MailId notice, string reason);
    [LoggerMessage(1754, LogLevel.Error, "{To} will not be told of {Tx}: {Notice} could not be made in {Tries} tries: {Reason}")]
    public partial void NoticeGivenUp(string actor, MailId tx, MailId notice, string to, int tries, string reason);
    [LoggerMessage(1755, LogLevel.Information, "{Tx} in the queue can be read again")]
    public partial void QueuedCanBeRead(string actor, string tx);
    [LoggerMessage(1756, LogLevel.Error, "{Tx} was harmed on the disk and is given up: what is there now is not what was stored")]
    public partial void QueuedIsHarmed(string actor, MailId tx);
    [LoggerMessage(1757, LogLevel.Warning, "no route leads to {Destination} any more (outbound.routes): its mail waits for one, or expires")]
    public partial void NoRouteAnyMore(string actor, string destination);
    [LoggerMessage(1770, LogLevel.Warning, "{Tx} is another node's by now: the claim was not renewed in time")]
    public partial void QueuedIsLost(string actor, MailId tx);
    [LoggerMessage(1771, LogLevel.Warning, "of {Messages} messages it could not be recorded what became of them before the end, as the database was away: another node tries them again when this one's claims have ended")]
    public partial void OutcomesNotRecorded(string actor, int messages);
    [LoggerMessage(1758, LogLevel.Warning, "{Messages} messages wait in the queue and outbound.routes is empty: nothing of them leaves before it is not")]
    public partial void QueueWithoutRoutes(string actor, int messages);
    [LoggerMessage(1759, LogLevel.Error, "the relay of {Destination} failed; nothing is tried there until {Until:yyyy-MM-dd HH:mm:ss} UTC")]
    public partial void RelayBroke(string actor, string destination, DateTimeOffset until);
    [LoggerMessage(1760, LogLevel.Warning, "the journal has {Messages} messages that the queue took over before the last start, and does not hand them over; what left the queue of them is remembered no longer")]
    public partial void HandoverIsLate(string actor, int messages);
    [LoggerMessage(1761, LogLevel.Warning, "{To} is not told that {Account} has {Tx}: {Reason}")]
    public partial void DeliveryNotTold(string actor, MailId tx, string account, string to, string reason);

    // 1800 to 1899: relays and hosts

    [LoggerMessage(1800, LogLevel.Warning, "{Host} refuses connections ({Why}): at most {Limit} at once for a while")]
    public partial void HostSlowed(string actor, string host, string why, int limit);
    [LoggerMessage(1801, LogLevel.Warning, "{Destination} does not take so much now: at most {Limit} at once for a while")]
    public partial void DestinationSlowed(string actor, string destination, int limit);
    [LoggerMessage(1802, LogLevel.Warning, "{Host} had TLS before and has none now: nothing goes there in clear text for now (outbound.tls.doubt)")]
    public partial void TlsIsGone(string actor, string host);
    [LoggerMessage(1803, LogLevel.Warning, "{Host} had TLS before and has none for long: mail goes there in clear text from now on")]
    public partial void TlsIsGoneForGood(string actor, string host);
    [LoggerMessage(1804, LogLevel.Warning, "the MTA-STS policy of {Destination} cannot be had: {Why}")]
    public partial void NoMtaStsPolicy(string destination, string why);
    [LoggerMessage(1805, LogLevel.Warning, "{What} cannot be read ({Reason}) and begins anew; the file is kept as {SetAside}")]
    public partial void StateNotRead(string what, string reason, string setAside);
    [LoggerMessage(1806, LogLevel.Warning, "{What} cannot be saved for now: {Reason}")]
    public partial void StateNotSaved(string what, string reason);
    [LoggerMessage(1807, LogLevel.Information, "{Destination} is told by {To} how TLS went (TLS-RPT)")]
    public partial void TlsReportSent(string destination, string to);
    [LoggerMessage(1808, LogLevel.Warning, "{Destination} is not told for now how TLS went (TLS-RPT): {Reason}")]
    public partial void TlsReportNotSent(string destination, string reason);
    [LoggerMessage(1809, LogLevel.Information, "{Domain} is told by {To} of mail in its name (DMARC)")]
    public partial void DmarcReportSent(string domain, string to);
    [LoggerMessage(1810, LogLevel.Warning, "{Domain} is not told for now of mail in its name (DMARC): {Reason}")]
    public partial void DmarcReportNotSent(string domain, string reason);

    // 1900 to 1999: checks

    [LoggerMessage(1900, LogLevel.Information, "{Check}: {Result} ({Reason}), score {Score}")]
    public partial void Judged(string actor, string session, MailId tx, string check, string result, string reason, double score);
    [LoggerMessage(1901, LogLevel.Debug, "{Check}: {Result} ({Reason})")]
    public partial void JudgedHarmless(string actor, string session, MailId tx, string check, string result, string reason);
    [LoggerMessage(1902, LogLevel.Warning, "{Action} at {Step}: {Reply}")]
    public partial void RefusedByCheck(string actor, string session, MailId tx, PolicyAction action, PolicySteps step, string reply);
    [LoggerMessage(1903, LogLevel.Warning, "list {List} is not asked for {Rest}: {Reason}")]
    public partial void ListRests(string list, TimeSpan rest, string reason);
    [LoggerMessage(1904, LogLevel.Information, "list {List} is asked again")]
    public partial void ListCountsAgain(string list);
    [LoggerMessage(1905, LogLevel.Warning, "list {List} has no test entry 127.0.0.2 at {Zone} (RFC 5782 §5): {Reason}; is it a list, and does the resolver reach it?")]
    public partial void ListHasNoTestEntry(string list, string zone, string reason);
    [LoggerMessage(1910, LogLevel.Warning, "the greylist cannot be kept and goes on in memory alone: {Reason}")]
    public partial void GreylistIsNotKept(string reason);
    [LoggerMessage(1911, LogLevel.Information, "the greylist is kept again, nothing of it is missing")]
    public partial void GreylistIsKept();
    [LoggerMessage(1912, LogLevel.Warning, "greylist: {Damage}; what cannot be read is forgotten, and some senders have to come back once more")]
    public partial void GreylistDamaged(string damage);
    [LoggerMessage(1920, LogLevel.Warning, "HTTP hook {Hook} is not asked for {Rest}: {Reason}")]
    public partial void HookRests(string hook, TimeSpan rest, string reason);
    [LoggerMessage(1921, LogLevel.Information, "HTTP hook {Hook} is asked again")]
    public partial void HookIsAskedAgain(string hook);

    // 1980 to 1999: milters

    [LoggerMessage(1980, LogLevel.Warning, "milter {Milter} at {Address}: {Reason}; {Consequence}")]
    public partial void MilterFailed(string session, MailId tx, string milter, string address, string reason, string consequence);
    [LoggerMessage(1981, LogLevel.Warning, "a milter's recipient {Recipient} is not added: {Reply}")]
    public partial void RecipientNotAdded(string actor, string session, MailId tx, string recipient, Reply reply);
    [LoggerMessage(1982, LogLevel.Information, "accepted and not kept: milters left no recipient")]
    public partial void NoRecipientLeft(string actor, string session, MailId tx);
    [LoggerMessage(1983, LogLevel.Information, "milter {Milter} at {Address} speaks version {Version}; may ask for {Actions}, and wants {Steps}")]
    public partial void MilterNegotiated(string milter, string address, int version, string actions, string steps);

    // 2000 to 2099: signing

    [LoggerMessage(2000, LogLevel.Information, "{Key} ({Algorithm}) signs {When}")]
    public partial void SigningKeyTaken(string actor, string key, string algorithm, string when);

    [LoggerMessage(2001, LogLevel.Information, "{Key} signs no more")]
    public partial void SigningKeyGone(string actor, string key);

    [LoggerMessage(2002, LogLevel.Error, "a key cannot be used as it is: {Reason}")]
    public partial void SigningKeyRefused(string actor, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "{Key} is to sign and does not yet, the one before it goes on: {Reason} (dkim.check-dns)")]
    public partial void SigningKeyNotPublished(string actor, string key, string reason);

    [LoggerMessage(2004, LogLevel.Error, "the keys could not be looked at: {Reason}; those in use stay so")]
    public partial void SigningKeysNotSeen(string actor, string reason);
}
