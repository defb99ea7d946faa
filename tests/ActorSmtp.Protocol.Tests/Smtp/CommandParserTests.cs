using System.Text;
using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class CommandParserTests
{
    private static readonly ParserOptions All = new(ParameterSet.All, Utf8Transaction: true);

    [Fact]
    public void Verbs_are_read_without_case_and_blanks_at_the_end_do_not_matter()
    {
        foreach (var (line, command) in new (string, SmtpCommand)[]
        {
            ("DATA", Data.Instance), ("data", Data.Instance), ("dAtA  ", Data.Instance),
            ("RSET", Rset.Instance), ("NOOP", Noop.Instance), ("NOOP what ever", Noop.Instance), ("QUIT\t", Quit.Instance),
            ("STARTTLS", StartTls.Instance), ("HELP", new Help("")), ("HELP mail", new Help("mail")),
            ("VRFY ann", new Vrfy("ann")), ("EXPN staff", new Expn("staff")), ("EXPN", new Expn("")),
            ("BDAT 0 LAST", new Bdat(0, true)), ("bdat 123", new Bdat(123, false)), ("BDAT 5  last", new Bdat(5, true)),
            ("AUTH plain", new Auth("PLAIN", null)), ("AUTH SCRAM-SHA-256 =", new Auth("SCRAM-SHA-256", "=")), ("AUTH PLAIN AGEAYg==", new Auth("PLAIN", "AGEAYg==")),
        })
        {
            Assert.Equal(command, Parse(line));
        }
    }

    [Theory]
    [InlineData("", Verb.Unrecognized, "500 5.5.2")]
    [InlineData(" ", Verb.Unrecognized, "500 5.5.2")]
    [InlineData(" NOOP", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("NOOPX", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("ETRN example.com", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("BURL imap://x LAST", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("GET / HTTP/1.1", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("LHLO x", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("MAIL\tFROM:<a@b>", Verb.Unrecognized, "500 5.5.2")]
    [InlineData("EHLO", Verb.Ehlo, "501 5.5.4")]
    [InlineData("HELO ", Verb.Helo, "501 5.5.4")]
    [InlineData("DATA now", Verb.Data, "501 5.5.4")]
    [InlineData("RSET x", Verb.Rset, "501 5.5.4")]
    [InlineData("QUIT x", Verb.Quit, "501 5.5.4")]
    [InlineData("STARTTLS x", Verb.StartTls, "501 5.5.4")]
    [InlineData("VRFY", Verb.Vrfy, "501 5.5.4")]
    [InlineData("BDAT", Verb.Bdat, "501 5.5.4")]
    [InlineData("BDAT x", Verb.Bdat, "501 5.5.4")]
    [InlineData("BDAT -1", Verb.Bdat, "501 5.5.4")]
    [InlineData("BDAT +1", Verb.Bdat, "501 5.5.4")]
    [InlineData("BDAT 1 FIRST", Verb.Bdat, "501 5.5.4")]
    [InlineData("BDAT 1 LAST x", Verb.Bdat, "501 5.5.4")]
    [InlineData("BDAT 9999999999999999999", Verb.Bdat, "501 5.5.4")]
    [InlineData("AUTH", Verb.Auth, "501 5.5.4")]
    [InlineData("AUTH PLAIN a b", Verb.Auth, "501 5.5.4")]
    [InlineData("AUTH PL@IN", Verb.Auth, "501 5.5.4")]
    [InlineData("AUTH ABCDEFGHIJKLMNOPQRSTU", Verb.Auth, "501 5.5.4")]
    [InlineData("MAIL", Verb.Mail, "501 5.5.4")]
    [InlineData("MAIL FROM", Verb.Mail, "501 5.5.4")]
    [InlineData("MAIL FROM:", Verb.Mail, "501 5.5.4")]
    [InlineData("MAIL FROM:ann@example.com", Verb.Mail, "501 5.5.4")]
    [InlineData("MAIL TO:<ann@example.com>", Verb.Mail, "501 5.5.4")]
    [InlineData("RCPT FROM:<ann@example.com>", Verb.Rcpt, "501 5.5.4")]
    [InlineData("RCPT TO:<>", Verb.Rcpt, "501 5.5.4")]
    [InlineData("RCPT TO:<@a:postmaster>", Verb.Rcpt, "501 5.5.4")]
    public void What_is_no_command_or_has_bad_arguments_gets_its_reply(string line, Verb verb, string codes)
    {
        var command = Parse(line);
        Assert.Equal(verb, command.Verb);
        Assert.StartsWith(codes, (command is Malformed m ? m.Because : Assert.IsType<Unrecognized>(command) is not null ? Replies.UnknownCommand : default).ToString());
    }

    [Theory]
    [InlineData("ann@example.com")]
    [InlineData("a.b.c@example.com", "a.b.c")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~")]
    [InlineData("\"a b\"@example.com", "a b")]
    [InlineData("\"a@b\"@example.com", "a@b")]
    [InlineData("\"a\\\"b\\\\c\"@example.com", "a\"b\\c")]
    [InlineData("\"a>b\"@example.com", "a>b")]
    [InlineData("\"\"@example.com", "")]
    [InlineData("\"ann\"@example.com", "ann")]
    [InlineData("@relay.one,@relay.two:ann@example.com", "ann")]
    [InlineData("ann@[192.0.2.1]", "ann", "[192.0.2.1]")]
    [InlineData("ann@[192.000.002.001]", "ann", "[192.000.002.001]")]
    [InlineData("ann@[IPv6:2001:db8::1]", "ann", "[IPv6:2001:db8::1]")]
    [InlineData("ann@[ipv6:::ffff:192.0.2.1]", "ann", "[ipv6:::ffff:192.0.2.1]")]
    [InlineData("ann@[x-tag:any!thing]", "ann", "[x-tag:any!thing]")]
    [InlineData("ann@localhost", "ann", "localhost")]
    [InlineData("ann@1.2.3.4", "ann", "1.2.3.4")]
    [InlineData("ann%other@example.com", "ann%other")]
    public void A_path_of_the_grammar_is_read(string path, string local = "ann", string domain = "example.com")
    {
        var rcpt = Assert.IsType<Rcpt>(Parse($"RCPT TO:<{path}>"));
        Assert.Equal((local, domain), (rcpt.To.Mailbox!.LocalPart, rcpt.To.Mailbox.Domain.Text));
        var mail = Assert.IsType<Mail>(Parse($"mail from: <{path}> "));
        Assert.Equal(rcpt.To.Mailbox, mail.From.Mailbox);
        Assert.Same(MailParameters.None, mail.Parameters);
        Assert.Same(RcptParameters.None, rcpt.Parameters);
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("@example.com")]
    [InlineData("ann@")]
    [InlineData(".ann@example.com")]
    [InlineData("ann.@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData("a b@example.com")]
    [InlineData("a(b)@example.com")]
    [InlineData("a,b@example.com")]
    [InlineData("a@b@example.com")]
    [InlineData("<ann@example.com>")]
    [InlineData("ann@example..com")]
    [InlineData("ann@.example.com")]
    [InlineData("ann@example.com.")]
    [InlineData("ann@-example.com")]
    [InlineData("ann@example-.com")]
    [InlineData("ann@exa_mple.com")]
    [InlineData("ann@exa mple.com")]
    [InlineData("ann@[192.0.2]")]
    [InlineData("ann@[192.0.2.256]")]
    [InlineData("ann@[192.0.2.1.5]")]
    [InlineData("ann@[0x7f.0.0.1]")]
    [InlineData("ann@[192.0.2.1")]
    [InlineData("ann@192.0.2.1]")]
    [InlineData("ann@[]")]
    [InlineData("ann@[IPv6:]")]
    [InlineData("ann@[IPv6:2001:db8::1%eth0]")]
    [InlineData("ann@[IPv6:1.2.3.4]")]
    [InlineData("ann@[IPv6:2001:db8::1]x")]
    [InlineData("ann@[tag:]")]
    [InlineData("ann@[tag:a[b]")]
    [InlineData("ann@[-:a]")]
    [InlineData("\"ann@example.com")]
    [InlineData("\"ann\"x@example.com")]
    [InlineData("\"a\"b\"@example.com")]
    [InlineData("\"a\\\"@example.com")]
    [InlineData("\"a\u0001b\"@example.com")]
    [InlineData("@relay:ann")]
    [InlineData("@relay ann@example.com")]
    [InlineData("@relay,:ann@example.com")]
    [InlineData("@:ann@example.com")]
    [InlineData("@a,b:ann@example.com")]
    [InlineData("relay:ann@example.com")]
    [InlineData("example.com!ann")]
    public void A_path_outside_the_grammar_is_refused(string path)
    {
        Assert.Equal(Replies.BadRecipientAddress, Assert.IsType<Malformed>(Parse($"RCPT TO:<{path}>")).Because);
        Assert.Equal(Replies.BadSenderAddress, Assert.IsType<Malformed>(Parse($"MAIL FROM:<{path}>")).Because);
    }

    [Fact]
    public void A_path_is_followed_by_a_blank_or_nothing()
    {
        Assert.Equal(Replies.BadSenderAddress, Assert.IsType<Malformed>(Parse("MAIL FROM:<ann@example.com>SIZE=1")).Because);
        Assert.Equal(Replies.BadRecipientAddress, Assert.IsType<Malformed>(Parse("RCPT TO:<ann@example.com>,<bob@example.com>")).Because);
    }

    [Fact]
    public void Nobody_and_postmaster_are_paths_of_their_own()
    {
        Assert.True(Assert.IsType<Mail>(Parse("MAIL FROM:<>")).From.IsNull);
        Assert.Equal("<>", ReversePath.Null.ToString());
        Assert.True(Assert.IsType<Rcpt>(Parse("RCPT TO:<PostMaster>")).To.IsPostmaster);
        Assert.IsType<Malformed>(Parse("MAIL FROM:<postmaster>"));
        Assert.Equal("postmaster@mx.test", ForwardPath.Postmaster.In(MailDomain.TryParse("mx.test")!).ToString());
        Assert.False(Assert.IsType<Rcpt>(Parse("RCPT TO:<postmaster@example.com>")).To.IsPostmaster);
    }

    [Fact]
    public void Limits_are_counted_in_octets()
    {
        var label = new string('d', 63);
        Assert.IsType<Rcpt>(Parse($"RCPT TO:<{new string('l', 64)}@example.com>"));
        Assert.Equal(Replies.AddressTooLong, Because($"RCPT TO:<{new string('l', 65)}@example.com>"));
        Assert.Equal(Replies.AddressTooLong, Because($"RCPT TO:<\"{new string('l', 63)}\"@example.com>"));
        Assert.IsType<Rcpt>(Parse($"RCPT TO:<{new string('\u00e9', 32)}@example.com>"));
        Assert.Equal(Replies.AddressTooLong, Because($"RCPT TO:<{new string('\u00e9', 33)}@example.com>"));
        Assert.IsType<Rcpt>(Parse($"RCPT TO:<a@{label}.{label}.{label}.{new string('d', 60)}>"));
        Assert.Equal(Replies.AddressTooLong, Because($"RCPT TO:<a@{label}.{label}.{label}.{label}>"));
        Assert.Equal(Replies.AddressTooLong, Because($"RCPT TO:<a@{label}.{label}.{label}.{label}.{label}>"));
        Assert.Equal(Replies.BadRecipientAddress, Because($"RCPT TO:<a@{new string('d', 64)}>"));
    }

    [Fact]
    public void Non_ASCII_mailboxes_need_SMTPUTF8()
    {
        var mail = Assert.IsType<Mail>(Parse("MAIL FROM:<j\u00f6rg@b\u00fccher.example> SMTPUTF8"));
        Assert.Equal("j\u00f6rg@b\u00fccher.example", mail.From.Mailbox!.ToString());
        Assert.Equal("xn--bcher-kva.example", mail.From.Mailbox.Domain.Canonical);
        Assert.Equal(Replies.NonAsciiAddress, Because("MAIL FROM:<j\u00f6rg@example.com>"));
        Assert.Equal(Replies.NonAsciiAddress, Because("MAIL FROM:<ann@b\u00fccher.example>"));
        Assert.Equal(Replies.NonAsciiAddress, Because("RCPT TO:<j\u00f6rg@example.com>", new ParserOptions(ParameterSet.All)));
        Assert.IsType<Rcpt>(Parse("RCPT TO:<\"j \u00f6rg\"@example.com>"));
        Assert.Equal(Replies.NonAsciiAddress, Because("MAIL FROM:<j\u00f6rg@example.com>", new ParserOptions(ParameterSet.Size)));
        Assert.Equal(Replies.UnknownParameter, Because("MAIL FROM:<ann@example.com> SMTPUTF8", new ParserOptions(ParameterSet.Size)));
        foreach (var bad in new[] { "j\u00c3", "\u00ff\u00fe" })
        {
            Assert.IsType<Malformed>(CommandParser.Parse(Wire.Octets($"MAIL FROM:<{bad}@example.com> SMTPUTF8"), All));
        }

        foreach (var control in new[] { "\u0085", "\u2028", "\u009b" })
        {
            Assert.Equal(Replies.BadSenderAddress, Because($"MAIL FROM:<a{control}b@example.com> SMTPUTF8"));
            Assert.Equal(Replies.BadSenderAddress, Because($"MAIL FROM:<a@exa{control}mple.com> SMTPUTF8"));
        }
    }

    [Fact]
    public void Parameters_of_MAIL_are_typed()
    {
        var mail = Assert.IsType<Mail>(Parse(
            "MAIL FROM:<ann@example.com> SIZE=12345 body=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ+2B314159 AUTH=e+3Dmc2@example.com  REQUIRETLS"));
        Assert.Equal(
            new MailParameters
            {
                Size = 12345,
                Body = BodyType.EightBitMime,
                SmtpUtf8 = true,
                RequireTls = true,
                Return = DsnReturn.Headers,
                EnvelopeId = "QQ+314159",
                AuthorizedBy = "e=mc2@example.com",
            },
            mail.Parameters);
        Assert.Equal("", Assert.IsType<Mail>(Parse("MAIL FROM:<> AUTH=<>")).Parameters.AuthorizedBy);
        Assert.Equal(BodyType.BinaryMime, Assert.IsType<Mail>(Parse("MAIL FROM:<> BODY=BINARYMIME")).Parameters.Body);
        Assert.Equal(BodyType.SevenBit, Assert.IsType<Mail>(Parse("MAIL FROM:<> BODY=7BIT RET=FULL")).Parameters.Body);
        Assert.Equal(long.MaxValue, Assert.IsType<Mail>(Parse("MAIL FROM:<> SIZE=99999999999999999999")).Parameters.Size);
        Assert.Equal(long.MaxValue, Assert.IsType<Mail>(Parse("MAIL FROM:<> SIZE=9223372036854775807")).Parameters.Size);
    }

    [Fact]
    public void Parameters_of_RCPT_are_typed()
    {
        var rcpt = Assert.IsType<Rcpt>(Parse("RCPT TO:<ann@example.com> NOTIFY=success,DELAY ORCPT=rfc822;Bob+2Btag@example.com"));
        Assert.Equal(DsnNotify.Success | DsnNotify.Delay, rcpt.Parameters.Notify);
        Assert.Equal(new OriginalRecipient("rfc822", "Bob+tag@example.com"), rcpt.Parameters.Original);
        Assert.Equal(DsnNotify.Never, Assert.IsType<Rcpt>(Parse("RCPT TO:<ann@example.com> NOTIFY=NEVER")).Parameters.Notify);
        Assert.Equal("j\u00f6rg@example.com", Assert.IsType<Rcpt>(Parse("RCPT TO:<a@example.com> ORCPT=utf-8;j\\x{F6}rg@example.com")).Parameters.Original!.Address);
        Assert.Equal("j\u00f6rg@example.com", Assert.IsType<Rcpt>(Parse("RCPT TO:<a@example.com> ORCPT=UTF-8;j\u00f6rg@example.com")).Parameters.Original!.Address);
        Assert.IsType<Malformed>(Parse("RCPT TO:<a@example.com> ORCPT=utf-8;j\u00f6rg@example.com", new ParserOptions(ParameterSet.All)));
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b> SIZE")]
    [InlineData("MAIL FROM:<a@b> SIZE=")]
    [InlineData("MAIL FROM:<a@b> SIZE=-1")]
    [InlineData("MAIL FROM:<a@b> SIZE=1x")]
    [InlineData("MAIL FROM:<a@b> SIZE=123456789012345678901")]
    [InlineData("MAIL FROM:<a@b> BODY=9BIT")]
    [InlineData("MAIL FROM:<a@b> BODY")]
    [InlineData("MAIL FROM:<a@b> SMTPUTF8=yes")]
    [InlineData("MAIL FROM:<a@b> REQUIRETLS=1")]
    [InlineData("MAIL FROM:<a@b> RET=SOME")]
    [InlineData("MAIL FROM:<a@b> RET")]
    [InlineData("MAIL FROM:<a@b> ENVID=")]
    [InlineData("MAIL FROM:<a@b> ENVID=a+zz")]
    [InlineData("MAIL FROM:<a@b> ENVID=a+0D+0A")]
    [InlineData("MAIL FROM:<a@b> ENVID=a+C3+A9")]
    [InlineData("MAIL FROM:<a@b> AUTH=ann")]
    [InlineData("MAIL FROM:<a@b> AUTH=a+0Ab@c")]
    [InlineData("MAIL FROM:<a@b> =x")]
    [InlineData("MAIL FROM:<a@b> -x")]
    [InlineData("MAIL FROM:<a@b> X\u0001=1")]
    [InlineData("RCPT TO:<a@b> NOTIFY")]
    [InlineData("RCPT TO:<a@b> NOTIFY=")]
    [InlineData("RCPT TO:<a@b> NOTIFY=SOMETIMES")]
    [InlineData("RCPT TO:<a@b> NOTIFY=NEVER,SUCCESS")]
    [InlineData("RCPT TO:<a@b> NOTIFY=SUCCESS,")]
    [InlineData("RCPT TO:<a@b> NOTIFY=SUCCESS,SUCCESS")]
    [InlineData("RCPT TO:<a@b> ORCPT=ann@example.com")]
    [InlineData("RCPT TO:<a@b> ORCPT=rfc822;")]
    [InlineData("RCPT TO:<a@b> ORCPT=;x")]
    [InlineData("RCPT TO:<a@b> ORCPT=rfc822;a=b")]
    [InlineData("RCPT TO:<a@b> ORCPT=utf-8;a\\x{110000}b")]
    [InlineData("RCPT TO:<a@b> ORCPT=utf-8;a\\x{D800}b")]
    [InlineData("RCPT TO:<a@b> ORCPT=utf-8;a\\x{}b")]
    [InlineData("RCPT TO:<a@b> ORCPT=utf-8;a\\x{A}b")]
    public void A_parameter_with_a_value_it_cannot_have_is_501(string line) => Assert.Equal(Replies.BadParameter, Because(line));

    [Theory]
    [InlineData("MAIL FROM:<a@b> SIZE=1 SIZE=1")]
    [InlineData("MAIL FROM:<a@b> SMTPUTF8 SMTPUTF8")]
    [InlineData("MAIL FROM:<a@b> BODY=7BIT body=8BITMIME")]
    [InlineData("MAIL FROM:<a@b> REQUIRETLS REQUIRETLS")]
    [InlineData("MAIL FROM:<a@b> RET=FULL RET=FULL")]
    [InlineData("MAIL FROM:<a@b> ENVID=a ENVID=a")]
    [InlineData("MAIL FROM:<a@b> AUTH=<> AUTH=<>")]
    [InlineData("RCPT TO:<a@b> NOTIFY=NEVER NOTIFY=NEVER")]
    [InlineData("RCPT TO:<a@b> ORCPT=a;b ORCPT=a;b")]
    public void A_parameter_given_twice_is_501(string line) => Assert.Equal(Replies.DuplicateParameter, Because(line));

    [Theory]
    [InlineData("MAIL FROM:<a@b> FOO")]
    [InlineData("MAIL FROM:<a@b> SIZE=1 FOO=BAR")]
    [InlineData("MAIL FROM:<a@b> NOTIFY=NEVER")]
    [InlineData("RCPT TO:<a@b> SIZE=1")]
    [InlineData("RCPT TO:<a@b> X-UNKNOWN")]
    public void An_unknown_parameter_is_555(string line) => Assert.Equal(Replies.UnknownParameter, Because(line));

    [Fact]
    public void A_parameter_that_was_not_offered_is_unknown()
    {
        foreach (var parameter in new[] { "SIZE=1", "BODY=8BITMIME", "SMTPUTF8", "REQUIRETLS", "RET=FULL", "ENVID=a", "AUTH=<>" })
        {
            Assert.Equal(Replies.UnknownParameter, Because("MAIL FROM:<a@b> " + parameter, default(ParserOptions)));
        }

        Assert.Equal(Replies.BadParameter, Because("MAIL FROM:<a@b> BODY=BINARYMIME", new ParserOptions(ParameterSet.EightBitMime)));
        Assert.Equal(Replies.UnknownParameter, Because("RCPT TO:<a@b> NOTIFY=NEVER", default(ParserOptions)));
    }

    [Theory]
    [InlineData("mail.example.com", true)]
    [InlineData("[192.0.2.1]", true)]
    [InlineData("localhost", true)]
    [InlineData("my_pc", false)]
    [InlineData("two words", false)]
    [InlineData("[nonsense", false)]
    [InlineData("<script>", false)]
    public void Any_name_will_do_in_EHLO(string name, bool wellFormed)
    {
        var hello = Assert.IsType<Ehlo>(Parse("EHLO " + name)).Name;
        Assert.Equal((name, wellFormed), (hello.Text, hello.Domain is not null));
    }

    [Fact]
    public void A_name_in_EHLO_is_kept_short_and_printable()
    {
        Assert.Equal("a?[31mb??", Assert.IsType<Ehlo>(Parse("EHLO a\u001b[31mb\u00e9")).Name.Text);
        Assert.Equal(255, Assert.IsType<Helo>(Parse("HELO " + new string('x', 1000))).Name.Text.Length);
    }

    [Fact]
    public void LMTP_says_LHLO_and_nothing_else()
    {
        var lmtp = new ParserOptions(ParameterSet.All, Lmtp: true);
        Assert.Equal("x", Assert.IsType<Lhlo>(Parse("LHLO x", lmtp)).Name.Text);
        Assert.Equal(Replies.UseLhlo, Because("EHLO x", lmtp));
        Assert.Equal(Replies.UseLhlo, Because("HELO x", lmtp));
    }

    [Fact]
    public void A_secret_never_prints() => Assert.DoesNotContain("AGEAYg", Parse("AUTH PLAIN AGEAYg==").ToString());

    [Fact]
    public void No_octets_make_the_parser_throw() => Wire.Holds(Prop.ForAll(Wire.Anything, Wire.Nasty, (any, nasty) =>
    {
        foreach (var start in new[] { "", "MAIL FROM:", "MAIL FROM:<", "MAIL FROM:<a@b> ", "RCPT TO:<", "RCPT TO:<\"", "RCPT TO:<a@[", "RCPT TO:<a@b> ORCPT=utf-8;", "EHLO ", "BDAT ", "AUTH ", "VRFY " })
        {
            foreach (var tail in new[] { any, nasty })
            {
                var line = Wire.Octets(start).Concat(tail).ToArray();
                _ = CommandParser.Parse(line, All).ToString();
                _ = CommandParser.Parse(line, default);
            }
        }

        return true;
    }));

    private static Reply Because(string line, ParserOptions? options = null) => Assert.IsType<Malformed>(Parse(line, options)).Because;

    private static SmtpCommand Parse(string line, ParserOptions? options = null) => CommandParser.Parse(Encoding.UTF8.GetBytes(line), options ?? All);
}
