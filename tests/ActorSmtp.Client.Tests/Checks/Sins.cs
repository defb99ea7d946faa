namespace ActorSmtp.Client.Tests.Checks;

/// <summary>For each clause a server that breaks it and is a textbook otherwise.</summary>
internal static class Sins
{
    private const string Ehlo = "250-here.test\r\n250-";

    /// <summary>What a server does that breaks this clause; null where none is written down.</summary>
    public static Sin? Against(string clause) => Table.TryGetValue(clause, out var sin) ? sin()
        : clause.StartsWith("rfc2505-", StringComparison.Ordinal) ? Saying("RCPT", "250 2.1.5 will pass it on", line => line.Contains("relay-check", StringComparison.OrdinalIgnoreCase))
        : null;

    private static readonly Dictionary<string, Func<Sin>> Table = new()
    {
        // greeting
        ["rfc5321-3.1-greeting-220"] = () => Saying(TextbookSession.Greeting, "250 here.test"),
        ["rfc5321-4.2-greeting-names-host"] = () => Saying(TextbookSession.Greeting, "220 *** welcome"),
        ["rfc5321-4.1.1.1-ehlo-250"] = () => Saying("EHLO", "502 5.5.1 no"),
        ["rfc5321-4.1.1.1-ehlo-names-host"] = () => Saying("EHLO", "250-_here_ hello\r\n250 HELP"),
        ["rfc5321-4.1.1.1-ehlo-keyword-grammar"] = () => Saying("EHLO", Ehlo + "SIZE  1000\r\n250 AUTH=PLAIN"),
        ["rfc5321-4.1.1.1-helo-250"] = () => Saying("HELO", "502 5.5.1 no"),
        ["rfc5321-4.2-helo-one-line"] = () => Saying("HELO", "250-here.test\r\n250 SIZE"),
        ["rfc5321-4.1.1.1-ehlo-literal"] = () => Saying("EHLO [", "501 5.5.4 no"),
        ["rfc5321-4.1.4-ehlo-name-unverified"] = () => Saying("EHLO no-such", "550 5.7.1 that is not you"),
        ["rfc5321-4.1.1.1-ehlo-without-name"] = () => Saying("EHLO", "250 here.test", line => line == "EHLO"),
        ["rfc5321-2.4-ehlo-caseless"] = () => Saying("eHlO", "500 5.5.2 what", line => line.StartsWith("eHlO", StringComparison.Ordinal)),
        ["rfc5321-4.1.4-ehlo-again"] = () => Doing("EHLO", s => s.Hello ? "503 5.5.1 again" : null),
        ["rfc5321-4.1.4-ehlo-resets"] = () => Doing("EHLO", s => s.Mail ? "250 here.test" : null),
        ["rfc5321-4.1.4-refused-ehlo-keeps-state"] = () => Doing("EHLO", s => s.Mail ? Then(s.Reset, "501 5.5.4 whose") : null),
        ["rfc5321-4.1.4-noop-before-ehlo"] = () => Doing("NOOP", s => s.Hello ? null : "503 5.5.1 hello first"),
        ["rfc5321-4.1.4-rset-before-ehlo"] = () => Doing("RSET", s => s.Hello ? null : "503 5.5.1 hello first"),
        ["rfc5321-4.1.4-vrfy-before-ehlo"] = () => Doing("VRFY", s => s.Hello ? null : "503 5.5.1 hello first"),
        ["rfc5321-4.1.4-help-before-ehlo"] = () => Doing("HELP", s => s.Hello ? null : "503 5.5.1 hello first"),
        ["rfc5321-4.1.1.10-quit-221"] = () => Saying("QUIT", "221 2.0.0 but stay"),
        ["rfc5321-4.1.1.10-quit-before-ehlo"] = () => Doing("QUIT", s => s.Hello ? null : "503 5.5.1 hello first"),
        ["rfc5321-4.1.1.10-quit-amid-transaction"] = () => Doing("QUIT", s => s.Mail ? "503 5.5.1 finish first" : null),

        // commands
        ["rfc5321-4.1.1.2-mail-250"] = () => Saying("MAIL", "550 5.7.1 no"),
        ["rfc5321-4.1.1.3-rcpt-250"] = () => Saying("RCPT", "450 4.2.1 later"),
        ["rfc1123-5.2.9-null-sender"] = () => Saying("MAIL FROM:<>", "550 5.7.1 nobody"),
        ["rfc5321-3.3-rcpt-before-mail"] = () => Doing("RCPT", s => s.Mail ? null : "250 2.1.5 early"),
        ["rfc5321-4.1.4-mail-twice"] = () => Doing("MAIL", s => s.Mail ? "250 2.1.0 again" : null),
        ["rfc5321-4.1.4-refusal-keeps-state"] = () => Doing("MAIL", s => s.Mail ? Then(s.Reset, "503 5.5.1 and all is lost") : null),
        ["rfc5321-3.3-data-before-mail"] = () => Doing("DATA", s => s.Mail ? null : "354 go on"),
        ["rfc5321-3.3-data-before-rcpt"] = () => Doing("DATA", s => s.Recipients > 0 ? null : "354 go on"),
        ["rfc5321-4.1.1.5-rset-250"] = () => Saying("RSET", "502 5.5.1 no"),
        ["rfc5321-4.1.1.5-rset-clears"] = () => Saying("RSET", "250 2.0.0 not really"),
        ["rfc5321-4.1.1.5-rset-keeps-session"] = () => new Sin
        {
            Answer = (s, line) => line == "RSET" ? Then(s.Reset, Then(() => s.Hello = false, "250 2.0.0 ok"))
                : line.StartsWith("MAIL", StringComparison.Ordinal) && !s.Hello ? "503 5.5.1 hello first" : null,
        },
        ["rfc5321-4.1.1.9-noop-250"] = () => Doing("NOOP", s => Then(s.Reset, "250 2.0.0 gone")),
        ["rfc5321-4.1.1.9-noop-argument"] = () => Saying("NOOP ", "501 5.5.4 no"),
        ["rfc5321-4.1.1.8-help"] = () => Saying("HELP", "502 5.5.1 no"),
        ["rfc5321-4.1.1.1-help-listed"] = () => Offering("250 HELP", "250 XNONE"),
        ["rfc5321-3.5.2-expn-listed"] = () => Offering("250-EXPN\r\n", ""),
        ["rfc5321-4.2.4-listed-is-implemented"] = () => Saying("EXPN", "502 5.5.1 no"),
        ["rfc5321-4.5.1-vrfy"] = () => Saying("VRFY", "502 5.5.1 no"),
        ["rfc5321-3.5.3-vrfy-confirms-nobody"] = () => Saying("VRFY", "250 2.1.5 yes, yes"),
        ["rfc5321-4.1.1.6-vrfy-keeps-transaction"] = () => Doing("VRFY", s => Then(s.Reset, "252 2.0.0 maybe")),
        ["rfc5321-4.2.4-unknown-is-500"] = () => Saying("FROB", "502 5.5.1 no"),
        ["rfc5321-3.8-unknown-keeps-connection"] = () => new Sin { HangsUp = true },
        ["rfc5321-4.1.1-rset-argument"] = () => Saying("RSET now", "250 2.0.0 ok"),
        ["rfc5321-4.1.1-quit-argument"] = () => Saying("QUIT now", "221 2.0.0 bye"),
        ["rfc5321-4.1.1-data-argument"] = () => Saying("DATA now", "354 go on"),
        ["rfc5321-4.1.1.11-mail-parameter-555"] = () => Saying("MAIL", "250 2.1.0 whatever", line => line.Contains("XFROB")),
        ["rfc5321-4.1.1.11-rcpt-parameter-555"] = () => Saying("RCPT", "250 2.1.5 whatever", line => line.Contains("XFROB")),
        ["rfc5321-2.4-caseless-arguments"] = () => Saying("mail", "500 5.5.2 what", line => line.StartsWith("mail", StringComparison.Ordinal)),

        // addresses
        ["rfc5321-4.5.1-postmaster"] = () => Saying("RCPT TO:<postmaster>", "550 5.1.1 who"),
        ["rfc5321-4.5.1-postmaster-caseless"] = () => Saying("RCPT", "550 5.1.1 who", line => line.Contains("PostMaster", StringComparison.Ordinal)),
        ["rfc5321-4.1.2-quoted-local-part"] = () => Saying("MAIL FROM:<\"a b\"", "501 5.1.7 no"),
        ["rfc5321-4.1.2-quoted-pair"] = () => Saying("MAIL FROM:<\"a\\", "501 5.1.7 no"),
        ["rfc5321-4.1.2-quoted-at-sign"] = () => Saying("MAIL FROM:<\"a@b", "501 5.1.7 no"),
        ["rfc5321-4.1.2-atext"] = () => Saying("MAIL FROM:<a!", "501 5.1.7 no"),
        ["rfc5321-4.1.2-dot-string"] = () => Saying("MAIL FROM:<a.b", "501 5.1.7 no"),
        ["rfc5321-4.1.3-ipv4-literal"] = () => Saying("MAIL", "501 5.1.7 no", line => line.Contains("@[127")),
        ["rfc5321-4.1.3-ipv6-literal"] = () => Saying("MAIL", "501 5.1.7 no", line => line.Contains("@[IPv6")),
        ["rfc5321-4.1.1.3-source-route"] = () => Saying("RCPT TO:<@", "501 5.1.3 no"),
        ["rfc5321-4.1.4-mail-without-address"] = () => Saying("MAIL", "250 2.1.0 nobody", line => line == "MAIL"),
        ["rfc5321-4.1.4-mail-without-from"] = () => Saying("MAIL <", "250 2.1.0 never mind"),
        ["rfc5321-4.1.4-mail-unclosed-path"] = () => Saying("MAIL", "250 2.1.0 never mind", line => !line.Contains('>')),
        ["rfc5321-4.1.4-rcpt-without-address"] = () => Doing("RCPT", s => Then(s.Reset, "501 5.5.4 and all is lost"), line => line == "RCPT"),
        ["rfc5321-4.1.2-rcpt-null-path"] = () => Saying("RCPT TO:<>", "250 2.1.5 nobody"),
        ["rfc5321-4.1.2-two-at-signs"] = () => Saying("RCPT TO:<a@b@", "250 2.1.5 two"),

        // limits
        ["rfc5321-4.5.3.1.1-local-part-64"] = () => Saying("MAIL", "501 5.1.7 too long", line => line.Contains(new string('a', 64))),
        ["rfc5321-4.5.3.1.3-path-256"] = () => Saying("MAIL", "501 5.1.7 too long", line => line.Length > 250),
        ["rfc5321-4.5.3.1.4-command-512"] = () => Saying("NOOP", "500 5.5.6 too long", line => line.Length > 500),
        ["rfc5321-4.2-long-command-one-reply"] = () => Saying("FROB", "500 5.5.6 too long\r\n500 5.5.2 what", line => line.Length > 2000),
        ["rfc5321-4.5.3.1.8-recipients-100"] = () => Doing("RCPT", s => s.Recipients == 50 ? "452 4.5.3 too many" : null),
        ["rfc5321-4.5.3.1.10-too-many-recipients-452"] = () => Doing("RCPT", s => s.Recipients == 110 ? "451 4.3.0 hm" : null),
        ["rfc5321-4.5.3.1.8-recipients-kept"] = () => Doing("DATA", s => s.Recipients == 120 ? "554 5.5.1 none" : null),
        ["rfc5321-4.5.3.1.6-text-line-1000"] = () => Refusing,
        ["rfc5321-4.5.3.1.7-message-64k"] = () => Refusing,

        // pipelining
        ["rfc2920-2-keyword"] = () => Offering("PIPELINING", "PIPELINING 5"),
        ["rfc2920-3.2-replies-in-order"] = () => Doing("MAIL", s => s.Mail ? "250 2.1.0 late\r\n503 5.5.1 order" : null),
        ["rfc2920-3.2-refusal-loses-nothing"] = () => new Sin { HangsUp = true },
        ["rfc2920-3.2-data-needs-recipient"] = () => Doing("DATA", s => s.Recipients == 0 ? "354 go on" : null),
        ["rfc2920-3.2-nobody-gets-an-empty-message"] = () => new Sin { Answer = (s, line) => line == "DATA" && s.Recipients == 0 ? "354 go on" : line == "." ? "250 2.0.0 kept" : null },
        ["rfc2920-3.2-nothing-behind-data-is-lost"] = () => Doing(".", s => Then(s.HangUp, "250 2.0.0 kept")),
        ["rfc2920-3.2-all-sent-when-input-is-empty"] = () => Doing("MAIL", s => s.HasMore ? "" : null),
        ["rfc2920-3.2-fifty-commands"] = () => Doing("RSET", s => ++s.Tally > 25 ? Then(s.HangUp, "421 4.7.0 enough") : null),

        // size
        ["rfc1870-3-keyword"] = () => Offering("SIZE 200000", "SIZE large"),
        ["rfc1870-6-size-taken"] = () => Saying("MAIL", "555 5.5.4 no", line => line.EndsWith("SIZE=1000")),
        ["rfc1870-6.1-size-too-large"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.EndsWith("SIZE=200001")),
        ["rfc5321-4.1.4-refused-mail-leaves-nothing"] = () => Doing("MAIL", s => Then(() => s.Mail = true, "552 5.3.4 too large"), line => line.EndsWith("SIZE=200001")),
        ["rfc1870-3-size-of-20-digits"] = () => Saying("MAIL", "501 5.5.4 no", line => line.Contains("SIZE=9999")),
        ["rfc1870-3-size-no-number"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("SIZE=many")),
        ["rfc1870-6-size-is-not-the-end"] = () => Saying(".", "250 2.0.0 kept\r\n500 5.5.2 what"),
        ["rfc1870-4-too-large-552"] = () => Saying(".", "250 2.0.0 kept"),

        // 8bit
        ["rfc6152-2-keyword"] = () => Offering("8BITMIME", "8BITMIME x"),
        ["rfc6152-2-body-8bitmime"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("BODY=8BITMIME")),
        ["rfc6152-2-body-7bit"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("BODY=7BIT")),
        ["rfc5321-2.4-body-caseless"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("body=")),
        ["rfc6152-2-body-unknown"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("BODY=9BIT")),
        ["rfc6152-3-eight-bit-content"] = () => Refusing,
        ["rfc6531-3.1-with-8bitmime"] = () => Offering("250-8BITMIME\r\n", ""),
        ["rfc6531-3.1-parameter"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("SMTPUTF8")),
        ["rfc6531-3.4-parameter-value"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("SMTPUTF8=")),
        ["rfc6531-3.2-utf8-sender"] = () => Saying("MAIL FROM:<gr", "501 5.1.7 no"),
        ["rfc6531-3.2-utf8-recipient"] = () => Saying("RCPT TO:<gr", "501 5.1.3 no"),
        ["rfc6531-3.5-utf8-without-parameter"] = () => Saying("MAIL FROM:<gr", "250 2.1.0 fine"),
        ["rfc6531-3.3-not-utf8"] = () => Saying("MAIL FROM:<gr", "250 2.1.0 fine"),
        ["rfc6531-3.6-utf8-message"] = () => Refusing,

        // chunking
        ["rfc3030-2-chunk-last"] = () => Saying("last chunk", "554 5.6.0 no"),
        ["rfc3030-2-each-chunk-250"] = () => Saying("chunk", "251 2.0.0 hm"),
        ["rfc3030-2-empty-last-chunk"] = () => Saying("last chunk", "554 5.6.0 no"),
        ["rfc3030-2-nothing-is-stuffed"] = () => Saying("last chunk", "250 2.0.0 kept\r\n250 2.0.0 nothing"),
        ["rfc3030-2-caseless-last"] = () => Saying("BDAT", "501 5.5.4 no", line => line.EndsWith("last")),
        ["rfc3030-2-pipelined-chunks"] = () => Saying("chunk", "250 2.0.0 one\r\n250 2.0.0 two"),
        ["rfc3030-2-refused-chunk-is-discarded"] = () => Doing("BDAT", s => s.Mail ? null : "503 5.5.1 order"),
        ["rfc3030-2-bdat-without-recipient"] = () => Doing("BDAT", s => s.Recipients > 0 ? null : "503 5.5.1 order"),
        ["rfc3030-2-chunks-after-failure"] = () => Doing("last chunk", s => s.Mail ? null : "250 2.0.0 kept"),
        ["rfc3030-2-bdat-after-last"] = () => Doing("last chunk", s => s.Mail ? null : "250 2.0.0 kept"),
        ["rfc3030-2-data-after-bdat"] = () => Doing("DATA", s => s.Chunks > 0 ? "354 go on" : null),
        ["rfc3030-2-rset-amid-chunks"] = () => Doing("RSET", s => s.Chunks > 0 ? "503 5.5.1 finish first" : null),
        ["rfc3030-2-size-no-number"] = () => Saying("BDAT many", "250 2.0.0 all of them"),
        ["rfc3030-2-data-still-works"] = () => Saying("DATA", "502 5.5.1 say BDAT"),
        ["rfc3030-3-needs-chunking"] = () => Offering("250-CHUNKING\r\n", ""),
        ["rfc3030-3-keyword"] = () => Offering("BINARYMIME", "BINARYMIME x"),
        ["rfc3030-3-body-binarymime"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("BINARYMIME")),
        ["rfc3030-3-data-for-binary"] = () => Doing("DATA", s => s.Binary ? "354 go on" : null),

        // dsn
        ["rfc3461-5.1-ret-hdrs"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("RET=HDRS")),
        ["rfc3461-5.1-ret-full"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("RET=FULL")),
        ["rfc3461-5.1-envid"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("ENVID=")),
        ["rfc3461-5.1-ret-unknown"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("RET=SOME")),
        ["rfc3461-5.1-ret-twice"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("RET=HDRS RET=")),
        ["rfc3461-5.1-envid-twice"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("ENVID=a ENVID=")),
        ["rfc3461-5.1-envid-no-xtext"] = () => Saying("MAIL", "250 2.1.0 fine", line => line.Contains("ENVID=a+zz")),
        ["rfc3461-5.1-notify-never"] = () => Saying("RCPT", "555 5.5.4 no", line => line.Contains("NEVER")),
        ["rfc3461-5.1-notify-list"] = () => Saying("RCPT", "555 5.5.4 no", line => line.Contains("DELAY")),
        ["rfc3461-5.1-orcpt"] = () => Saying("RCPT", "555 5.5.4 no", line => line.Contains("ORCPT")),
        ["rfc3461-5.1-notify-never-alone"] = () => Saying("RCPT", "250 2.1.5 fine", line => line.Contains("NEVER,")),
        ["rfc3461-5.1-notify-unknown"] = () => Saying("RCPT", "250 2.1.5 fine", line => line.Contains("SOMETIMES")),
        ["rfc3461-5.1-notify-twice"] = () => Saying("RCPT", "250 2.1.5 fine", line => line.Contains("NOTIFY=SUCCESS NOTIFY")),
        ["rfc3461-5.1-orcpt-twice"] = () => Saying("RCPT", "250 2.1.5 fine", line => line.Contains(" ORCPT=rfc822;a@example.com ORCPT")),
        ["rfc3461-5.1-orcpt-without-type"] = () => Saying("RCPT", "250 2.1.5 fine", line => line.Contains("ORCPT=ann")),

        // starttls
        ["rfc3207-2-keyword"] = () => Offering("STARTTLS", "STARTTLS now"),
        ["rfc3207-4-starttls-220"] = () => Saying("STARTTLS", "454 4.7.0 not now"),
        ["rfc3207-4-starttls-argument"] = () => Saying("STARTTLS now", "220 2.0.0 go"),
        ["rfc3207-4.2-ehlo-within-tls"] = () => Doing("EHLO", s => s.Secure ? "503 5.5.1 you said so" : null),
        ["rfc3207-4.2-not-offered-again"] = () => Doing("EHLO", s => s.Secure ? Ehlo + "HELP\r\n250 STARTTLS" : null),
        ["rfc3207-4.2-refused-again"] = () => Doing("STARTTLS", s => s.Secure ? "220 2.0.0 again" : null),
        ["rfc3207-4.2-transaction-forgotten"] = () => new Sin { Remembers = true },
        ["rfc3207-4.2-injected-command"] = () => new Sin { KeepsClearText = true },
        ["rfc3207-4.2-injected-transaction"] = () => new Sin { KeepsClearText = true },
        ["rfc3207-4.2-injected-half-command"] = () => new Sin { KeepsClearText = true },
        ["rfc3207-4-no-clear-text-after-220"] = () => new Sin { NeverSecures = true },

        // auth
        ["rfc4954-3-keyword"] = () => Offering("AUTH PLAIN LOGIN", "AUTH PLAIN,LOGIN"),
        ["rfc4954-4-no-password-in-clear"] = () => Doing("EHLO", s => s.Secure ? null : Ehlo + "AUTH PLAIN\r\n250 STARTTLS"),
        ["rfc4954-4-unknown-mechanism"] = () => Saying("AUTH X-", "501 5.5.4 no"),
        ["rfc4954-4-challenge-is-base64"] = () => Saying("AUTH PLAIN", "334 Well?"),
        ["rfc4954-4-cancel"] = () => Saying("*", "535 5.7.8 no"),
        ["rfc4954-4-no-base64"] = () => Saying("this is", "535 5.7.8 no"),
        ["rfc4954-4-pad-at-the-front"] = () => Saying("=AAA", "535 5.7.8 no"),
        ["rfc4954-4-pad-in-the-midst"] = () => Saying("AAA=", "535 5.7.8 no"),
        ["rfc4954-4-response-too-long"] = () => Saying("QUFB", "235 2.7.0 who has so much to say is welcome"),
        ["rfc4954-4-wrong-login-535"] = () => Saying("AUTH PLAIN ", "235 2.7.0 everybody is welcome"),
        ["rfc4954-4-not-amid-transaction"] = () => Doing("AUTH", s => s.Mail ? "334 " : null),
        ["rfc4954-4-login-235"] = () => Saying("AUTH PLAIN ", "250 2.7.0 welcome"),
        ["rfc4954-4-login-once"] = () => Doing("AUTH", s => s.LoggedIn ? "334 " : null),
        ["rfc4954-5-auth-parameter"] = () => Saying("MAIL", "555 5.5.4 no", line => line.Contains("AUTH=")),

        // data
        ["rfc5321-3.3-data-354"] = () => Saying("DATA", "250 2.0.0 go on"),
        ["rfc5321-4.1.1.4-message-250"] = () => Refusing,
        ["rfc5321-4.1.1.4-nothing-before-the-end"] = () => new Sin { Chatters = true },
        ["rfc5321-4.1.1.4-end-in-pieces"] = () => new Sin
        {
            // However the pieces come: each alone, or, on a busy machine, some or all of them in one.
            Hear = octets => octets.Contains("in pieces", StringComparison.Ordinal) || octets.AsSpan().Trim("\r\n.").IsEmpty ? octets.Replace(".", "..", StringComparison.Ordinal) : octets,
        },
        ["rfc5321-4.1.1.4-no-content"] = () => Saying(".", "250 2.0.0 kept\r\n500 5.5.2 what"),
        ["rfc5321-4.5.2-stuffed-dots"] = () => Hearing("\r\n..\r\n", "\r\n.\r\n"),
        ["rfc5321-4.1.1.4-content-is-not-obeyed"] = () => Hearing("\r\nNOOP\r\nRSET", "\r\n.\r\nNOOP\r\nRSET"),
        ["rfc5321-4.1.1.4-transaction-ends"] = () => Doing("RCPT", s => s.Mail ? null : "250 2.1.5 once more"),
        ["rfc5321-4.1.4-another-transaction"] = () => Doing("MAIL", s => ++s.Tally > 1 ? "503 5.5.1 one is enough" : null),
        ["rfc5321-4.5.2-control-characters"] = () => Refusing,

        // smuggling
        ["rfc5321-4.1.1.4-lf-dot-lf"] = () => Ending("\n.\n"),
        ["rfc5321-2.3.8-lf-dot-crlf"] = () => Ending("\n.\r\n"),
        ["rfc5321-2.3.8-crlf-dot-lf"] = () => Ending("\r\n.\n"),
        ["rfc5321-2.3.8-cr-dot-cr"] = () => Ending("\r.\r"),
        ["rfc5321-2.3.8-cr-dot-crlf"] = () => Ending("\r.\r\n"),
        ["rfc5321-2.3.8-crlf-dot-cr"] = () => Ending("\r\n.\r"),
        ["rfc5321-2.3.8-cr-dot-lf"] = () => Ending("\r.\n"),
        ["rfc5321-2.3.8-lf-dot-cr"] = () => Ending("\n.\r"),
        ["rfc5321-2.3.8-lfcr-dot-lfcr"] = () => Ending("\n\r.\n\r"),
        ["rfc5321-2.3.8-crlf-dot-cr-crlf"] = () => Ending("\r\n.\r\r\n"),
        ["rfc5321-2.3.8-crlf-nul-dot-crlf"] = () => Ending("\r\n\0.\r\n"),
        ["rfc5321-2.3.8-crlf-dot-nul-crlf"] = () => Ending("\r\n.\0\r\n"),
        ["rfc5321-2.3.8-crlf-dot-blank-crlf"] = () => Ending("\r\n. \r\n"),
        ["rfc5321-2.3.8-command-ended-by-lf"] = () => Hearing("NOOP\nNOOP", "NOOP\r\nNOOP"),
        ["rfc5321-2.3.8-command-ended-by-cr"] = () => Hearing("NOOP\rNOOP", "NOOP\r\nNOOP"),
        ["rfc5321-2.3.8-command-ended-by-lfcr"] = () => Hearing("NOOP\n\rNOOP", "NOOP\r\nNOOP"),

        // robustness
        ["rfc5321-2.3.8-octet-by-octet"] = () => new Sin { Hear = octets => octets.Length == 1 ? octets + "\r\n" : octets },
        ["rfc5321-4.2-nul-in-command"] = () => Hearing("\0", ""),
        ["rfc5321-4.2-eight-bit-command"] = () => Saying("\u00c3", "250 2.0.0 fine"),
        ["rfc5321-4.2-controls-in-command"] = () => Saying("\u0001", "221 2.0.0 goodbye"),
        ["rfc5321-4.2-empty-line"] = () => Saying("", "250 2.0.0 fine", line => line.Length == 0),
        ["rfc5321-4.2-blank-line"] = () => Saying("    ", "250 2.0.0 fine"),
        ["rfc5321-4.2-http"] = () => Saying("GET /", "250 2.0.0 fine"),
        ["rfc5321-4.5.3.1.9-endless-line"] = () => new Sin { Hear = octets => octets.StartsWith("eeee", StringComparison.Ordinal) ? "NOOP\r\n" : octets },
        ["rfc5321-4.1.1.5-lost-connections"] = () =>
        {
            var dead = false;
            return new Sin { Lost = s => dead |= s.Recipients > 0, Answer = (_, line) => dead && line == TextbookSession.Greeting ? "554 5.3.0 dead" : null };
        },
        ["rfc5321-4.2-side-by-side"] = () => Doing("RCPT", s => s.Mail ? null : "250 2.1.5 somebody said MAIL"),

        // replies
        ["rfc5321-2.3.8-replies-end-in-crlf"] = () => Saying("NOOP", "250 2.0.0 nothing\n"),
        ["rfc5321-4.2-reply-code"] = () => Saying("NOOP", "260 2.0.0 nothing"),
        ["rfc5321-4.2.1-one-code"] = () => Saying("NOOP", "251-2.0.0 nothing\r\n250 2.0.0 at all"),
        ["rfc5321-4.2-reply-text"] = () => Saying("NOOP", "250 2.0.0 gr\u00fc\u00dfe"),
        ["rfc5321-4.5.3.1.5-reply-line-512"] = () => Saying("NOOP", "250 2.0.0 " + new string('x', 510)),
        ["rfc2034-3-keyword"] = () => Offering("ENHANCEDSTATUSCODES", "ENHANCEDSTATUSCODES x"),
        ["rfc2034-4-code-everywhere"] = () => Saying("NOOP", "250 nothing"),
        ["rfc2034-4-class-agrees"] = () => Saying("NOOP", "250 5.0.0 nothing"),
        ["rfc2034-4-same-code-on-each-line"] = () => Saying("NOOP", "250-2.0.0 nothing\r\n250 2.1.0 at all"),
    };

    /// <summary>Every clause that is written down here.</summary>
    public static IEnumerable<string> Named => Table.Keys;

    private static Sin Refusing => Saying(".", "554 5.6.0 no");

    private static Sin Saying(string command, string reply, Func<string, bool>? when = null) => Doing(command, _ => reply, when);

    private static Sin Doing(string command, Func<TextbookSession, string?> reply, Func<string, bool>? when = null) => new()
    {
        Answer = (session, line) => line.StartsWith(command, StringComparison.OrdinalIgnoreCase) && when?.Invoke(line) != false ? reply(session) : null,
    };

    private static Sin Offering(string offer, string instead) => new()
    {
        Reword = (line, reply) => line.StartsWith("EHLO", StringComparison.OrdinalIgnoreCase) ? reply.Replace(offer, instead, StringComparison.Ordinal) : reply,
    };

    private static Sin Hearing(string octets, string instead) => new() { Hear = arrived => arrived.Replace(octets, instead, StringComparison.Ordinal) };

    private static Sin Ending(string form) => Hearing(form, "\r\n.\r\n");

    private static string Then(Action act, string reply)
    {
        act();
        return reply;
    }
}
