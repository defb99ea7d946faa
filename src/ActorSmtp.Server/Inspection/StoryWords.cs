using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Inspection;

/// <summary>The words of stories: one for each thing that can happen, the same whether it is told from memory or from the log's files.</summary>
public static class StoryWords
{
    public const string Connected = "connected";
    public const string Command = "command";
    public const string Reply = "reply";
    public const string Secured = "secured";
    public const string LoggedIn = "logged in";
    public const string LoginDenied = "login denied";
    public const string Led = "alias";
    public const string Received = "received";
    public const string Accepted = "accepted";
    public const string Refused = "refused";
    public const string Delivered = "delivered";
    public const string DeliveryFailed = "delivery failed";
    public const string NotKept = "not kept";
    public const string Ended = "ended";
    public const string Queued = "queued";
    public const string Tried = "tried";
    public const string Sent = "sent";
    public const string PutOff = "put off";
    public const string GivenUp = "given up";
    public const string Noticed = "sender told";
    public const string Ordered = "ordered";
    public const string LeftQueue = "done";
    public const string Waits = "waits";
    public const string Judged = "judged";
    public const string TakenOver = "taken over";
    public const string Noted = "noted";

    /// <summary>The word for a line of the log, by its number (<c>Telemetry/Log.cs</c>).</summary>
    public static string OfLogLine(int id) => id switch
    {
        1200 => Connected,
        1201 => Ended,
        1202 => Command,
        1203 => Reply,
        1204 => Accepted,
        1205 or 1206 or 1207 or 1208 => Refused,
        1210 => LoggedIn,
        1211 => LoginDenied,
        1232 => Led,
        1401 => Delivered,
        1402 => DeliveryFailed,
        1700 => Queued,
        1701 => Sent,
        1702 => PutOff,
        1703 or 1704 => GivenUp,
        1705 => Tried,
        1706 => Noticed,
        1708 => Ordered,
        1709 => LeftQueue,
        1900 or 1901 => Judged,
        1902 => Refused,
        _ => Noted,
    };

    /// <summary>
    /// Reads a delivery's name: <c>MESSAGE/ACCOUNT</c>, or the delivered file as <c>ACCOUNT/seconds.MESSAGE.actorsmtp</c> with whatever flags behind.
    /// </summary>
    /// <returns>Nulls for any other text.</returns>
    public static (MailId? Message, string? Account) Delivery(string id)
    {
        var slash = id.LastIndexOf('/');
        if (slash <= 0 || slash == id.Length - 1)
        {
            return (null, null);
        }

        var (before, after) = (id[..slash], id[(slash + 1)..]);
        if (MailId.TryParse(before, out var message))
        {
            return (message, after);
        }

        return after.Split('.') is [_, var text, ..] && MailId.TryParse(text, out message) ? (message, before) : (null, null);
    }
}
