using System.Buffers;
using System.Reflection;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class RepliesTests
{
    private static readonly (string Name, Reply Reply)[] Table =
    [
        .. typeof(Replies).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f.FieldType == typeof(Reply))
            .Select(f => (f.Name, (Reply)f.GetValue(null)!)),
    ];

    private static readonly (string Name, Reply Reply)[] Variable =
    [
        ("Greeting", Replies.Greeting("mx.test")),
        ("LmtpGreeting", Replies.LmtpGreeting("mx.test")),
        ("Helo", Replies.Helo("mx.test")),
        ("Ehlo", Replies.Ehlo("mx.test", new Extensions { Pipelining = true, Size = 10 })),
        ("Accepted", Replies.Accepted(new MailIdGenerator(1).Next(DateTimeOffset.UnixEpoch.AddYears(60)))),
        ("Delivered", Replies.Delivered("ann@mx.test", "ID")),
        ("ChunkOk", Replies.ChunkOk(17)),
        ("Challenge", Replies.Challenge("QQ==")),
        ("Help", Replies.Help(["EHLO", "QUIT"])),
        ("HelpOn", Replies.HelpOn("QUIT")),
        ("SessionFailed", Replies.SessionFailed("s-1")),
        ("MessageOver", Replies.MessageOver(1000)),
        ("Refused", Replies.Refused("no")),
        ("Deferred", Replies.Deferred("later")),
        ("SpfFailed", Replies.SpfFailed("example.com", "See\r\nhttp://example.com/")),
        ("DmarcRefused", Replies.DmarcRefused("example.com")),
        ("Greylisted", Replies.Greylisted(TimeSpan.FromSeconds(298.5))),
        ("PassedOn", Replies.PassedOn(554, 7, 1, "spam")),
        ("AsAsked", Replies.AsAsked(452, 2, 2)),
    ];

    public static IEnumerable<object[]> Rows => Table.Concat(Variable).Select(row => new object[] { row.Name, row.Reply });

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_row_is_printable_ASCII_that_fits_and_carries_the_codes_it_must(string name, Reply reply)
    {
        var wire = Write(reply);
        Assert.EndsWith("\r\n", wire);
        foreach (var line in wire[..^2].Split("\r\n"))
        {
            Assert.InRange(line.Length, 4, 510);                       // RFC 5321 §4.5.3.1.5
            Assert.All(line, c => Assert.InRange(c, ' ', '~'));
            Assert.Equal(reply.Code.ToString(), line[..3]);
        }

        var isHello = name is "Greeting" or "LmtpGreeting" or "Helo" or "Ehlo";
        Assert.Equal(reply.Class is 2 or 4 or 5 && !isHello, reply.EnhancedCode is not null);      // RFC 2034 §4
        Assert.Equal(reply.Class.ToString(), reply.EnhancedCode?[..1] ?? reply.Class.ToString());
    }

    [Fact]
    public void No_two_rows_say_the_same()
    {
        Assert.True(Table.Length > 80);
        Assert.Empty(Table.GroupBy(row => row.Reply).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Every_factory_is_in_this_test()
    {
        var factories = typeof(Replies).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(m => m.ReturnType == typeof(Reply)).Select(m => m.Name);
        Assert.Empty(factories.Except(Variable.Select(row => row.Name)));
    }

    /// <summary>The reply table of the manual ("On the wire").</summary>
    [Theory]
    [InlineData("MessageTooBig", "552 5.3.4")]
    [InlineData("TooManyRecipients", "452 4.5.3")]
    [InlineData("UnknownRecipient", "550 5.1.1")]
    [InlineData("RelayDenied", "550 5.7.1")]
    [InlineData("TooManyHops", "554 5.4.6")]
    [InlineData("BareControl", "500 5.5.2")]
    [InlineData("BareNewline", "550 5.6.0")]
    [InlineData("BadSequence", "503 5.5.1")]
    [InlineData("UnknownCommand", "500 5.5.2")]
    [InlineData("MailSyntax", "501 5.5.4")]
    [InlineData("UnknownParameter", "555 5.5.4")]
    [InlineData("LineTooLong", "500 5.5.6")]
    [InlineData("LineWithoutEnd", "421")]
    [InlineData("AuthRequired", "530 5.7.0")]
    [InlineData("BadCredentials", "535 5.7.8")]
    [InlineData("UnknownMechanism", "504 5.5.4")]
    [InlineData("AuthCancelled", "501 5.7.0")]
    [InlineData("AuthNeedsTls", "538 5.7.11")]
    [InlineData("TooManyErrors", "421 4.7.0")]
    [InlineData("TooManyAuthFailures", "421 4.7.0")]
    [InlineData("IdleTooLong", "421 4.4.2")]
    [InlineData("ShuttingDown", "421 4.3.2")]
    [InlineData("TooManyConnections", "421 4.7.0")]
    [InlineData("StorageUnavailable", "451 4.3.0")]
    [InlineData("DiskFull", "452 4.3.1")]
    public void The_row_has_the_codes_that_users_were_told(string name, string codes) =>
        Assert.StartsWith(codes, Write(Table.Single(row => row.Name == name).Reply));

    [Fact]
    public void A_reply_of_several_lines_has_its_codes_on_each()
    {
        Assert.Equal("214-2.0.0 a\r\n214-2.0.0 b\r\n214 2.0.0 c\r\n", Write(Reply.Multiline(214, 0, 0, "a", "b", "c")));
        Assert.Equal("250-mx.test\r\n250-PIPELINING\r\n250 SIZE 10\r\n", Write(Replies.Ehlo("mx.test", new Extensions { Pipelining = true, Size = 10 })));
        Assert.Throws<ArgumentException>(() => Reply.Multiline(214, 0, 0));
    }

    [Fact]
    public void Text_never_breaks_out_of_its_line() => Wire.Holds(Prop.ForAll<string>(any =>
    {
        var text = any ?? "";
        foreach (var reply in new[] { Replies.Refused(text), Replies.Delivered(text, text), Replies.Accepted(text), Replies.SessionFailed(text), Reply.Multiline(214, 0, 0, text, text) })
        {
            var wire = Write(reply);
            var lines = reply.Code == 214 ? 2 : 1;
            Assert.Equal(lines, wire.Split("\r\n").Length - 1);
            Assert.All(wire.Replace("\r\n", ""), c => Assert.InRange(c, ' ', '~'));
            Assert.InRange(wire.Length, 1, 512 * lines);
        }

        return true;
    }));

    [Fact]
    public void A_long_text_is_cut() => Assert.Equal(Reply.MaxLineText, Replies.Refused(new string('x', 5000)).Text.Length);

    [Fact]
    public void Passing_on_what_is_no_refusal_is_a_fault_of_ours()
    {
        Assert.Equal(Replies.LocalFault, Replies.PassedOn(250, 0, 0, "OK"));
        Assert.Equal(Replies.LocalFault, Replies.PassedOn(554, 7, 1000, "x"));
    }

    [Fact]
    public void A_reply_that_does_not_fit_is_not_written_in_part()
    {
        Span<byte> small = stackalloc byte[8];
        Assert.False(ReplyWriter.TryWrite(small, Replies.Ok, out var written));
        Assert.False(ReplyWriter.TryWrite(small, Replies.Refused("no"), out _));
        Assert.Equal(0, written);
    }

    [Theory]
    [InlineData(199, 0, 0)]
    [InlineData(600, 0, 0)]
    [InlineData(250, -1, 0)]
    [InlineData(250, 1000, 0)]
    [InlineData(250, 0, 1000)]
    public void A_code_out_of_range_is_a_bug(int code, int subject, int detail) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reply(code, subject, detail, "x"));

    [Fact]
    public void Only_221_and_421_close() => Assert.All(Table, row => Assert.Equal(row.Reply.Code is 221 or 421, row.Reply.Closes));

    internal static string Write(Reply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.Write(output, reply);
        Assert.Equal(ReplyWriter.Length(reply), output.WrittenCount);
        var span = new byte[output.WrittenCount];
        Assert.True(ReplyWriter.TryWrite(span, reply, out var written));
        Assert.Equal(output.WrittenSpan.ToArray(), span[..written]);
        return Wire.Text(output.WrittenSpan);
    }
}
