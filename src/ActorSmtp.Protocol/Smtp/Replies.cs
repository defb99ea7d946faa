namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// The one table of everything the server says. A reply which differs only in its text from another is a row of its own where the
/// client's user is helped by the words; the codes are those of the surface page and of the RFC named at the row's end.
/// Replies with variable text are made in the other half of this class.
/// </summary>
public static partial class Replies
{   //                                                     code   x.  .y  text                                                // who says so
    // taken
    public static readonly Reply Ok                      = Is(250,  0,  0, "OK");                                              // 5321 §4.2.3
    public static readonly Reply SenderOk                = Is(250,  1,  0, "Sender OK");                                       // 3463 X.1.0
    public static readonly Reply RecipientOk             = Is(250,  1,  5, "Recipient OK");                                    // 3463 X.1.5
    public static readonly Reply Bye                     = Is(221,  0,  0, "Bye");                                             // 5321 §4.1.1.10
    public static readonly Reply CannotVerify            = Is(252,  0,  0, "Cannot VRFY, but will take a message and try");     // 5321 §3.5.3
    public static readonly Reply ReadyForTls             = Is(220,  0,  0, "Ready to start TLS");                              // 3207 §4
    public static readonly Reply Authenticated           = Is(235,  7,  0, "Authentication succeeded");                        // 4954 §4
    public static readonly Reply StartInput              = Is(354, null, 0, "End data with <CRLF>.<CRLF>");                     // 5321 §4.1.1.4
    public static readonly Reply AskUserName             = Is(334, null, 0, "VXNlcm5hbWU6");                                    // AUTH LOGIN: "Username:"
    public static readonly Reply AskPassword             = Is(334, null, 0, "UGFzc3dvcmQ6");                                    // AUTH LOGIN: "Password:"
    public static readonly Reply EmptyChallenge          = Is(334, null, 0, "");                                                // 4954 §4

    // the connection ends
    public static readonly Reply TooManyErrors           = Is(421,  7,  0, "Too many errors, closing");
    public static readonly Reply TooManyAuthFailures     = Is(421,  7,  0, "Too many failed logins, closing");                 // 4954 §4
    public static readonly Reply TooManyConnections      = Is(421,  7,  0, "Too many connections, try again later");
    public static readonly Reply TooManyFromAddress      = Is(421,  7,  0, "Too many connections from your address, try again later");
    public static readonly Reply TooSlow                 = Is(421,  4,  2, "Too slow, closing");
    public static readonly Reply IdleTooLong             = Is(421,  4,  2, "Idle too long, closing");                          // 5321 §4.5.3.2.7
    public static readonly Reply ShuttingDown            = Is(421,  3,  2, "Shutting down, try again later");                  // 5321 §3.8
    public static readonly Reply LineWithoutEnd          = Is(421,  7,  0, "Line without an end, closing");
    public static readonly Reply LostStep                = Is(421,  7,  0, "Cannot tell content from commands any more, closing");
    public static readonly Reply TooManyArrivals         = Is(421,  7,  0, "Too many new connections from your address, try again later");
    public static readonly Reply FilterHangsUp           = Is(421,  7,  0, "Closing by local policy, try again later");
    public static readonly Reply NotSmtp                 = Is(421,  7,  0, "This is an SMTP server, closing");
    public static readonly Reply ServerFault             = Is(421,  3,  0, "Internal fault, try again later");                 // 5321 §3.8

    // not now
    public static readonly Reply StorageUnavailable      = Is(451,  3,  0, "Storage is not available, try again later");
    public static readonly Reply LocalFault              = Is(451,  3,  0, "Local fault in processing, try again later");      // 5321 §4.2.3
    public static readonly Reply DiskFull                = Is(452,  3,  1, "Insufficient storage, try again later");           // 3463 X.3.1
    public static readonly Reply QueueFull               = Is(452,  3,  1, "Too much mail is waiting, try again later");
    public static readonly Reply MailboxFullNow          = Is(452,  2,  2, "Mailbox is full, try again later");                // 3463 X.2.2
    public static readonly Reply MailboxBusy             = Is(450,  2,  1, "Mailbox is not available now, try again later");   // 3463 X.2.1
    public static readonly Reply TooManyRecipients       = Is(452,  5,  3, "Too many recipients");                             // 5321 §4.5.3.1.10
    public static readonly Reply TooManyMessages         = Is(452,  5,  3, "Too many messages in one session, connect again"); // 9422
    public static readonly Reply LookupFailed            = Is(451,  4,  3, "Look-up failed for now, try again later");         // 3463 X.4.3
    public static readonly Reply NotNowByPolicy          = Is(450,  7,  1, "Not now by local policy, try again later");        // 3463 X.7.1
    public static readonly Reply TooBusyToCheck          = Is(451,  3,  2, "Too busy to look at this, try again later");       // 3463 X.3.2
    public static readonly Reply FilterUnavailable       = Is(451,  7,  1, "A filter of ours is not available, try again later");
    public static readonly Reply RateLimited             = Is(450,  7,  1, "Too much mail from you, try again later");
    public static readonly Reply SpfUnknown              = Is(451,  7, 24, "SPF cannot be looked up now, try again later");    // 7208 §8.6, 7372 §3.2
    public static readonly Reply DkimUnknown             = Is(451,  7,  5, "The key of a signature cannot be looked up now, try again later"); // 6376 §6.3
    public static readonly Reply DmarcUnknown            = Is(451,  4,  3, "DMARC cannot be looked up now, try again later");  // 7489 §6.6.3
    public static readonly Reply ReverseUnknown          = Is(451,  4,  3, "The name of your address cannot be looked up now, try again later"); // 3463 X.4.3
    public static readonly Reply TlsUnavailable          = Is(454,  7,  0, "TLS is not available now");                        // 3207 §4
    public static readonly Reply AuthUnavailable         = Is(454,  7,  0, "Logins are not possible now, try again later");    // 4954 §6
    public static readonly Reply RelayUnavailable        = Is(451,  4,  1, "The next server does not answer, try again later");// 3463 X.4.1

    // not like this: syntax and order
    public static readonly Reply UnknownCommand          = Is(500,  5,  2, "Command not recognised");                          // 5321 §4.2.4
    public static readonly Reply BareControl             = Is(500,  5,  2, "A line ends in CRLF and contains no bare CR, bare LF or NUL");// 5321 §2.3.8
    public static readonly Reply LineTooLong             = Is(500,  5,  6, "Line too long");                                   // 5321 §4.5.3.1.9
    public static readonly Reply UseLhlo                 = Is(500,  5,  1, "This is LMTP: say LHLO");                          // 2033 §4.1
    public static readonly Reply HelloSyntax             = Is(501,  5,  4, "Syntax: EHLO name");
    public static readonly Reply HeloSyntax              = Is(501,  5,  4, "Syntax: HELO name");
    public static readonly Reply LhloSyntax              = Is(501,  5,  4, "Syntax: LHLO name");
    public static readonly Reply MailSyntax              = Is(501,  5,  4, "Syntax: MAIL FROM:<address> [parameters]");
    public static readonly Reply RcptSyntax              = Is(501,  5,  4, "Syntax: RCPT TO:<address> [parameters]");
    public static readonly Reply BdatSyntax              = Is(501,  5,  4, "Syntax: BDAT octets [LAST]");                      // 3030 §2
    public static readonly Reply AuthSyntax              = Is(501,  5,  4, "Syntax: AUTH mechanism [initial-response]");       // 4954 §4
    public static readonly Reply VrfySyntax              = Is(501,  5,  4, "Syntax: VRFY address");
    public static readonly Reply XClientSyntax           = Is(501,  5,  4, "Syntax: XCLIENT attribute=value...");              // Postfix XCLIENT_README
    public static readonly Reply NoArguments             = Is(501,  5,  4, "This command takes no arguments");
    public static readonly Reply BadSenderAddress        = Is(501,  5,  4, "Sender address is not well formed");
    public static readonly Reply BadRecipientAddress     = Is(501,  5,  4, "Recipient address is not well formed");
    public static readonly Reply AddressTooLong          = Is(501,  5,  4, "Address too long");                                // 5321 §4.5.3.1.1-3
    public static readonly Reply BadParameter            = Is(501,  5,  4, "Parameter is not well formed");
    public static readonly Reply DuplicateParameter      = Is(501,  5,  4, "Parameter given twice");
    public static readonly Reply UnknownParameter        = Is(555,  5,  4, "Parameter not recognised or not implemented");     // 5321 §4.1.1.11
    public static readonly Reply NotImplemented          = Is(502,  5,  1, "Command not implemented");                         // 5321 §4.2.4
    public static readonly Reply BadSequence             = Is(503,  5,  1, "Bad sequence of commands");                        // 5321 §4.1.4
    public static readonly Reply HelloFirst              = Is(503,  5,  1, "Say EHLO first");
    public static readonly Reply MailFirst               = Is(503,  5,  1, "Say MAIL first");
    public static readonly Reply RcptFirst               = Is(503,  5,  1, "Say RCPT first");
    public static readonly Reply NestedMail              = Is(503,  5,  1, "A mail transaction is already open");              // 5321 §4.1.4
    public static readonly Reply DataForBinary           = Is(503,  5,  1, "BODY=BINARYMIME needs BDAT");                      // 3030 §3
    public static readonly Reply DataAmidChunks          = Is(503,  5,  1, "DATA and BDAT do not mix");                        // 3030 §2
    public static readonly Reply AlreadyAuthenticated    = Is(503,  5,  1, "Already authenticated");                           // 4954 §4
    public static readonly Reply AlreadySecure           = Is(503,  5,  1, "TLS is already active");
    public static readonly Reply AuthAmidTransaction     = Is(503,  5,  1, "No AUTH inside a mail transaction");               // 4954 §4
    public static readonly Reply PipelinedAfterStartTls  = Is(501,  5,  4, "Nothing may follow STARTTLS in the same batch");   // 3207 §4, CVE-2011-0411

    // not by you
    public static readonly Reply AuthRequired            = Is(530,  7,  0, "Authentication required");                         // 4954 §6
    public static readonly Reply TlsRequired             = Is(530,  7,  0, "Say STARTTLS first");                              // 3207 §4
    public static readonly Reply BadCredentials          = Is(535,  7,  8, "Authentication failed");                           // 4954 §6
    public static readonly Reply MechanismTooWeak        = Is(534,  7,  9, "Mechanism too weak");                              // 4954 §6
    public static readonly Reply AuthNeedsTls            = Is(538,  7, 11, "Encryption required for this mechanism");          // 4954 §6
    public static readonly Reply UnknownMechanism        = Is(504,  5,  4, "Authentication mechanism not recognised");         // 4954 §4
    public static readonly Reply AuthCancelled           = Is(501,  7,  0, "Authentication cancelled");                        // 4954 §4
    public static readonly Reply AuthMalformed           = Is(501,  5,  2, "Cannot decode the response");                      // 4954 §4
    public static readonly Reply SenderNotOwned          = Is(553,  7,  1, "Sender address is none of this login's");             // 6409 §6.1
    public static readonly Reply RelayDenied             = Is(550,  7,  1, "Relaying denied");                                 // 5321 §3.6.2
    public static readonly Reply NothingLeaves           = Is(550,  7,  1, "This server sends no mail to other hosts");        // 3463 X.7.1
    public static readonly Reply NoRoute                 = Is(550,  7,  1, "This server sends no mail to that domain");        // 3463 X.7.1
    public static readonly Reply LentAccountStaysHere    = Is(550,  7,  1, "A lent inbox sends to this server only");          // 3463 X.7.1
    public static readonly Reply PolicyRefused           = Is(550,  7,  1, "Refused by local policy");                         // 3463 X.7.1
    public static readonly Reply NoDkimPass              = Is(550,  7, 20, "No signature of the message is right");            // 7372 §3.1
    public static readonly Reply NoDkimAcceptable        = Is(550,  7, 21, "No signature of the message covers all of it");    // 7372 §3.1
    public static readonly Reply SeveralChecksFailed     = Is(550,  7, 26, "Several checks of where this comes from failed");  // 7372 §3.4, §4
    public static readonly Reply ReverseFailed           = Is(550,  7, 25, "Your address has no name that leads back to it");  // 7372 §3.3
    public static readonly Reply HeloRefused             = Is(550,  7,  1, "The name you call yourself is refused");           // 3463 X.7.1
    public static readonly Reply SpokeTooEarly           = Is(554,  5,  1, "You spoke before the greeting, closing");          // 5321 §3.1, §4.3.1
    public static readonly Reply NoService               = Is(554,  7,  1, "No service for you");                              // 5321 §3.1
    public static readonly Reply TransactionRefused      = Is(554,  7,  1, "Transaction refused");

    // not there, not this message
    public static readonly Reply ReturnNotOurs           = Is(550,  1,  1, "This return address was not made here");           // docs/signing.md
    public static readonly Reply ReturnTooOld            = Is(550,  1,  1, "This return address is too old");                  // docs/signing.md
    public static readonly Reply UnknownRecipient        = Is(550,  1,  1, "No such user here");                               // 3463 X.1.1
    public static readonly Reply MailboxDisabled         = Is(550,  2,  1, "Mailbox is disabled");                             // 3463 X.2.1
    public static readonly Reply MailboxFull             = Is(552,  2,  2, "Mailbox is full");                                 // 3463 X.2.2
    public static readonly Reply NoValidRecipients       = Is(554,  5,  1, "No valid recipients");                             // 5321 §3.3
    public static readonly Reply MessageTooBig           = Is(552,  3,  4, "Message too big");                                 // 1870 §6.2, 3463 X.3.4
    public static readonly Reply ComesBack               = Is(554,  4,  6, "Was passed on from here before: a mail loop");     // 3463 X.4.6
    public static readonly Reply TooManyHops             = Is(554,  4,  6, "Too many Received lines: a mail loop");            // 5321 §6.3
    public static readonly Reply SeveralFroms            = Is(550,  7,  1, "A message has one From field");                    // 5322 §3.6, 7489 §6.6.1
    public static readonly Reply NoFrom                  = Is(550,  7,  1, "From has no address whose domain could be asked"); // 5322 §3.6, 7489 §6.6.1
    public static readonly Reply HiddenFrom              = Is(550,  7,  1, "A From field stands where not all readers see it");// 5322 §2.2
    public static readonly Reply ManyAuthors             = Is(550,  7,  1, "From names several domains");                      // 7489 §6.6.1
    public static readonly Reply HeaderTooLong           = Is(552,  3,  4, "The header of the message is too long");           // 3463 X.3.4
    public static readonly Reply BareNewline             = Is(550,  6,  0, "Message contains a bare CR or LF");                // 5321 §2.3.8
    public static readonly Reply NulInMessage            = Is(550,  6,  0, "Message contains a NUL");                          // 5322 §3.5
    public static readonly Reply EightBitRefused         = Is(554,  6,  3, "8-bit content is not taken here");                 // 6152 §3
    public static readonly Reply NonAsciiAddress         = Is(553,  6,  7, "Non-ASCII address without SMTPUTF8");              // 6531 §3.5
    public static readonly Reply RequireTlsImpossible    = Is(550,  7, 30, "REQUIRETLS support required");                     // 8689
    public static readonly Reply NullMx                  = Is(556,  1, 10, "Recipient's domain accepts no mail");              // 7505
    public static readonly Reply ContentRefused          = Is(554,  7,  1, "Message refused because of its content");          // 3463 X.7.1

    private static Reply Is(int code, int? subject, int detail, string text) => new Reply(code, subject, detail, text).Precoded();
}
