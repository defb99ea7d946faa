using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Inspection;

/// <summary>What an entry of the <see cref="Chronicle"/> tells.</summary>
internal enum ChronicleKind : byte
{
    /// <summary>A connection got its session; the text is the peer's address.</summary>
    Opened = 1,

    /// <summary>A command; the text is the line.</summary>
    Heard,

    /// <summary>A reply; the number is its codes, the text its text. Without codes (POP3) the text is all of it.</summary>
    Said,

    /// <summary>The handshake is done; the text is what it settled.</summary>
    Secured,

    /// <summary>A login was granted; the text is user and mechanism.</summary>
    LoggedIn,

    /// <summary>A login was denied; the text is the reason.</summary>
    LoginDenied,

    /// <summary>A message's content is complete and given to the journal; the number is its size in octets, as far as it fits.</summary>
    Committed,

    /// <summary>A message is stable; the text is sender and number of recipients.</summary>
    Accepted,

    /// <summary>A message was not taken; the number is the reply's codes, the text its text.</summary>
    Refused,

    /// <summary>A copy is in a mailbox, synced; the text is account and file.</summary>
    Delivered,

    /// <summary>A copy could not be delivered and is tried again; the number is when, in seconds; the text is account and reason.</summary>
    DeliveryFailed,

    /// <summary>The session ended; the text is why, the number how many octets the peer sent, as far as it fits.</summary>
    Closed,

    /// <summary>So many lines of one session are kept; those after this one are not.</summary>
    Enough,

    /// <summary>The outbound queue keeps it; the text is the destination, the number how many recipients it has there.</summary>
    Queued,

    /// <summary>An attempt went on elsewhere, or came to nothing; the text is the destination and what happened.</summary>
    Tried,

    /// <summary>Another server has it; the text is the recipient and who took it how, the number how long it took, in milliseconds.</summary>
    Sent,

    /// <summary>An attempt failed for now; the text is the recipient and what was heard, the number when it is tried again, in seconds.</summary>
    PutOff,

    /// <summary>An attempt failed for good, or there will be no other; the text is the recipient and why.</summary>
    GivenUp,

    /// <summary>Its sender is told something; the text is the sender and what.</summary>
    Noticed,

    /// <summary>An administrator wanted something; the text is the destination and what.</summary>
    Ordered,

    /// <summary>The queue is done with it.</summary>
    LeftQueue,

    /// <summary>An address that RCPT named is an alias; the text is the address and where it leads, the number to how many.</summary>
    Led,

    /// <summary>A check found something; the text is its name, the result and the reason, the number the score in hundredths.</summary>
    Judged,

    /// <summary>Of nodes that share mail this one has taken it over; the text is nothing and who had it (nothing: nobody did), the number 1 where it waits to leave.</summary>
    TakenOver,
}

/// <summary>One entry, read back.</summary>
/// <param name="Time">A time stamp of the server's <see cref="TimeProvider"/>.</param>
/// <param name="Session">The session's number; 0 for none.</param>
/// <param name="Text">UTF-8, or whatever a peer sent; parts are separated by NUL.</param>
internal sealed record ChronicleEntry(ChronicleKind Kind, long Time, long Session, MailId Mail, int Listener, int Number, byte[] Text);
