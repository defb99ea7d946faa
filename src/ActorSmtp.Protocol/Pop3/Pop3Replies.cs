using System.Globalization;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>The one table of everything the server says in POP3, but for what is listed and for mail itself.</summary>
public static class Pop3Replies
{
    // taken
    public static readonly Pop3Reply Ok = Yes("OK");
    public static readonly Pop3Reply AskPassword = Yes("Now the password");
    public static readonly Pop3Reply ReadyForTls = Yes("Begin the TLS handshake");                              // RFC 2595 §4
    public static readonly Pop3Reply Capabilities = Yes("Capability list follows");                             // RFC 2449 §5
    public static readonly Pop3Reply MechanismsFollow = Yes("Mechanisms follow");
    public static readonly Pop3Reply UniqueIdsFollow = Yes("Unique ids follow");                                // RFC 1939 §7
    public static readonly Pop3Reply TopFollows = Yes("Top of the message follows");                            // RFC 1939 §7
    public static readonly Pop3Reply MarkedDeleted = Yes("Marked to be removed");                               // RFC 1939 §5
    public static readonly Pop3Reply Bye = Yes("Bye");

    // not like this: syntax and order
    public static readonly Pop3Reply UnknownCommand = No(null, "Command not recognised");
    public static readonly Pop3Reply LineTooLong = No(null, "Line too long");                                   // RFC 2449 §4
    public static readonly Pop3Reply BareControl = No(null, "A line ends in CRLF and contains no bare CR, bare LF or NUL");
    public static readonly Pop3Reply NoArguments = No(null, "This command takes no arguments");
    public static readonly Pop3Reply UserSyntax = No(null, "Syntax: USER name");
    public static readonly Pop3Reply PassSyntax = No(null, "Syntax: PASS password");
    public static readonly Pop3Reply AuthSyntax = No(null, "Syntax: AUTH mechanism, or AUTH mechanism initial-response");
    public static readonly Pop3Reply ListSyntax = No(null, "Syntax: LIST, or LIST message");
    public static readonly Pop3Reply UidlSyntax = No(null, "Syntax: UIDL, or UIDL message");
    public static readonly Pop3Reply RetrSyntax = No(null, "Syntax: RETR message");
    public static readonly Pop3Reply DeleSyntax = No(null, "Syntax: DELE message");
    public static readonly Pop3Reply TopSyntax = No(null, "Syntax: TOP message lines");
    public static readonly Pop3Reply LogInFirst = No(null, "Log in first");
    public static readonly Pop3Reply UserFirst = No(null, "Say USER first");
    public static readonly Pop3Reply AlreadyLoggedIn = No(null, "Already logged in");
    public static readonly Pop3Reply AlreadySecure = No(null, "TLS is already active");
    public static readonly Pop3Reply NotOffered = No(null, "Command not offered here");
    public static readonly Pop3Reply NothingAfterStls = No(null, "Nothing may follow STLS in the same batch");  // RFC 2595 §4, CVE-2011-0411

    // not by you, not now
    public static readonly Pop3Reply TlsFirst = No(null, "Say STLS first: logins need TLS here");
    public static readonly Pop3Reply UnknownMechanism = No(null, "Authentication mechanism not recognised");
    public static readonly Pop3Reply LoggedOut = No("AUTH", "The account was disabled, removed or got another password, closing");
    public static readonly Pop3Reply InUse = No("IN-USE", "Another session has this mailbox open");             // RFC 2449 §8.1.2
    public static readonly Pop3Reply LoginTooSoon = No("LOGIN-DELAY", "You were here a short while ago, try again later"); // §8.1.1
    public static readonly Pop3Reply Unreadable = No("SYS/TEMP", "The mailbox cannot be read now, try again later");       // RFC 3206 §4
    public static readonly Pop3Reply NoRoom = No("SYS/TEMP", "Too many large mailboxes are open, try again later");

    // not there
    public static readonly Pop3Reply NoSuchMessage = No(null, "No such message");
    public static readonly Pop3Reply IsDeleted = No(null, "The message is marked to be removed");
    public static readonly Pop3Reply IsGone = No(null, "Another program has removed the message meanwhile");

    // the connection ends
    public static readonly Pop3Reply NotAllRemoved = No("SYS/TEMP", "Some messages could not be removed, closing");        // RFC 1939 §6
    public static readonly Pop3Reply TooManyErrors = No(null, "Too many errors, closing");
    public static readonly Pop3Reply TooManyLogins = No("AUTH", "Too many failed logins, closing");
    public static readonly Pop3Reply LineWithoutEnd = No(null, "Line without an end, closing");
    public static readonly Pop3Reply NotPop3 = No(null, "This is a POP3 server, closing");

    /// <summary>The greeting (RFC 1939 §4). It has no timestamp, so nobody tries APOP.</summary>
    public static Pop3Reply Greeting(string hostname) => Yes($"{hostname} POP3 ready");

    /// <summary>The login holds, and so many messages are there.</summary>
    public static Pop3Reply Welcome(int messages, long octets) => Yes(Invariant($"{messages} messages ({octets} octets)"));

    /// <summary>STAT's drop listing (RFC 1939 §5): two numbers and nothing else.</summary>
    public static Pop3Reply Stat(int messages, long octets) => Yes(Invariant($"{messages} {octets}"));

    /// <summary>LIST of one message.</summary>
    public static Pop3Reply Scan(int message, long octets) => Yes(Invariant($"{message} {octets}"));

    /// <summary>UIDL of one message.</summary>
    public static Pop3Reply Unique(int message, string id) => Yes(Invariant($"{message} {id}"));

    /// <summary>RETR: the message follows.</summary>
    public static Pop3Reply Octets(long octets) => Yes(Invariant($"{octets} octets"));

    /// <summary>The end, with so many messages left behind (RFC 1939 §6).</summary>
    public static Pop3Reply ByeLeaving(int messages) => Yes(messages == 0 ? "Bye, the mailbox is empty" : Invariant($"Bye, {messages} messages left"));

    /// <summary>A bug of ours ends the session; the log tells more under its id.</summary>
    public static Pop3Reply SessionFailed(string session) => Of(Replies.SessionFailed(session));

    /// <summary>What SMTP would say, said in POP3: for refusals that are the same in both.</summary>
    public static Pop3Reply Of(in Reply reply) => new(
        reply.IsPositive,
        reply.Code == Replies.BadCredentials.Code ? "AUTH" : reply.IsTransient ? "SYS/TEMP" : null,              // RFC 3206 §4, §5
        reply.Text);

    private static Pop3Reply Yes(string text) => new(true, null, text);

    private static Pop3Reply No(string? code, string text) => new(false, code, text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
