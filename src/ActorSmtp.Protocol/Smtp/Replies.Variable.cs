using System.Globalization;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>The rows of the table whose text depends on something. Whatever is passed in, <see cref="Reply"/> keeps it to printable ASCII on its line.</summary>
public static partial class Replies
{
    /// <summary>220, the greeting (RFC 5321 §4.3.1): <paramref name="host"/> is our name.</summary>
    public static Reply Greeting(string host) => new(220, null, 0, $"{host} ESMTP ActorSmtp");

    /// <summary>220, the greeting of a listener that speaks LMTP (RFC 2033 §4).</summary>
    public static Reply LmtpGreeting(string host) => new(220, null, 0, $"{host} LMTP ActorSmtp");

    /// <summary>250 to HELO: our name, no extensions, no enhanced code.</summary>
    public static Reply Helo(string host) => new(250, null, 0, host);

    /// <summary>250 to EHLO or LHLO: our name, then a line for each extension offered (RFC 5321 §4.1.1.1).</summary>
    public static Reply Ehlo(string host, Extensions offered) => Reply.Multiline(250, null, 0, [host, .. offered.ToLines()]);

    /// <summary>250 at the end of a message: the id it is known by from here on.</summary>
    public static Reply Accepted(string id) => new(250, 0, 0, $"OK: queued as {id}");

    /// <inheritdoc cref="Accepted(string)"/>
    public static Reply Accepted(Delivery.MailId id) => Accepted(id.ToString());

    /// <summary>250 for one recipient at the end of a message in LMTP (RFC 2033 §4.2).</summary>
    public static Reply Delivered(string recipient, string id) => new(250, 1, 5, $"<{recipient}> OK: {id}");

    /// <summary>250 to a BDAT chunk which was not the last (RFC 3030 §2).</summary>
    public static Reply ChunkOk(long octets) => new(250, 0, 0, string.Create(CultureInfo.InvariantCulture, $"{octets} octets received"));

    /// <summary>334: a SASL challenge in base64 (RFC 4954 §4).</summary>
    public static Reply Challenge(string base64) => new(334, null, 0, base64);

    /// <summary>214: what this server can do, and where to read on (RFC 5321 §4.1.1.8).</summary>
    public static Reply Help(IEnumerable<string> verbs) => Reply.Multiline(214, 0, 0,
        ["ActorSmtp", "Commands: " + string.Join(' ', verbs), "RFC 5321 tells how to use them", "End of HELP"]);

    /// <summary>214: how one command is written.</summary>
    public static Reply HelpOn(string syntax) => new(214, 0, 0, "Syntax: " + syntax);

    /// <summary>421 4.3.0: the session failed; its id lets an administrator find out why.</summary>
    public static Reply SessionFailed(string sessionId) => new(421, 3, 0, $"Internal fault in session {sessionId}, try again later");

    /// <summary>552 5.3.4 that says the limit.</summary>
    public static Reply MessageOver(long limit) => new(552, 3, 4, string.Create(CultureInfo.InvariantCulture, $"Message bigger than {limit} octets"));

    /// <summary>550 5.7.1 with the policy's own words.</summary>
    public static Reply Refused(string why) => new(550, 7, 1, why);

    /// <summary>450 4.7.1 with the policy's own words.</summary>
    public static Reply Deferred(string why) => new(450, 7, 1, why);

    /// <summary>550 5.7.23: the sender's domain says that this client may not send for it (RFC 7372 §3.2, in place of 5.7.1 of RFC 7208 §8.4).</summary>
    /// <param name="domain">Whose record says so.</param>
    /// <param name="explanation">What the domain wants the sender to be told (RFC 7208 §6.2), or null. It is said whose words they are.</param>
    public static Reply SpfFailed(string domain, string? explanation) => explanation is null
        ? new(550, 7, 23, $"{domain} does not let you send for it (SPF)")
        : Reply.Multiline(550, 7, 23, [$"{domain} does not let you send for it (SPF)", $"{domain} explains: {explanation}"]);

    /// <summary>550 5.7.1: the author's domain wants mail refused that it neither sent nor signed (RFC 7489 §10.3).</summary>
    public static Reply DmarcRefused(string domain) => new(550, 7, 1, $"Refused as {domain} asks by its DMARC policy");

    /// <summary>451 4.7.1: too early, by greylisting (RFC 6647); says how long still.</summary>
    public static Reply Greylisted(TimeSpan wait) =>
        new(451, 7, 1, string.Create(CultureInfo.InvariantCulture, $"Greylisted, try again in {Math.Max(1, Math.Ceiling(wait.TotalSeconds)):0} seconds"));

    /// <summary>Another server's or a filter's reply passed on; a code that is none (not 4xx or 5xx) becomes 451 4.3.0.</summary>
    public static Reply PassedOn(int code, int subject, int detail, string text) =>
        code is < 400 or > 599 || subject is < 0 or > 999 || detail is < 0 or > 999 ? LocalFault : new Reply(code, subject, detail, text);

    /// <summary>A refusal that a test asked for by its codes: a text of ours is put to them.</summary>
    /// <param name="code">400 to 599.</param>
    public static Reply AsAsked(int code, int subject, int detail, string text = "As the test asked") => new(code, subject, detail, text);
}
