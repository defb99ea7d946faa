using System.Buffers;
using System.Net;
using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Delivery;

public sealed class TraceHeadersTests
{
    private static readonly Envelope One = EnvelopeCodecTests.Full with
    {
        Recipients = [new Recipient(Mailbox.Parse("bob@mx.test"))],
        Protocol = TransferProtocol.Extended,
        Tls = null,
        ClientAddress = IPAddress.Parse("192.0.2.25"),
    };

    [Fact]
    public void Received_tells_from_by_with_id_for_and_when() => Assert.Equal(
        $"Received: from client (client.example.com [192.0.2.25])\r\n\tby mx.test (ActorSmtp) with ESMTP\r\n\tid {One.Id}\r\n\tfor <bob@mx.test>;\r\n\tSun, 22 Nov 2026 06:25:23 +0000\r\n",
        Received(One));

    [Fact]
    public void The_fields_of_an_ordinary_message_leave_hardly_any_garbage()
    {
        var output = new ArrayBufferWriter<byte>(1024);
        for (var i = 0; i < 200; i++)
        {
            WriteBoth();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            WriteBoth();
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 600);      // what a build for debugging boxes; it was 2,300

        void WriteBoth()
        {
            output.ResetWrittenCount();
            TraceHeaders.WriteReceived(One, One.Recipients[0].Address, "mx.test", output);
            TraceHeaders.WriteReturnPath(One.From, output);
        }
    }

    [Fact]
    public void A_field_that_is_longer_than_usual_is_whole()
    {
        var longest = new Mailbox(new string('a', 60) + "." + new string('b', 600), Mailbox.Parse("bob@mx.test").Domain);
        var output = new ArrayBufferWriter<byte>();

        TraceHeaders.WriteReturnPath(new ReversePath(longest), output);

        Assert.Equal($"Return-Path: <{longest}>\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("fe80::1%3", "[IPv6:fe80::1]")]
    [InlineData("::ffff:192.0.2.1", "[192.0.2.1]")]
    public void The_client_s_address_is_what_it_is_elsewhere(string address, string expected) =>
        Assert.Contains(expected, Received(One with { ClientAddress = IPAddress.Parse(address) }));

    [Fact]
    public void Received_shows_no_recipient_when_there_are_two() =>
        Assert.DoesNotContain("for <", Received(One with { Recipients = EnvelopeCodecTests.Full.Recipients }));

    [Fact]
    public void Received_shows_whom_the_sender_named_not_where_an_alias_leads()
    {
        var output = new ArrayBufferWriter<byte>();
        TraceHeaders.WriteReceived(One, Mailbox.Parse("sales@mx.test"), "mx.test", output);
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.Contains("\tfor <sales@mx.test>", text);
        Assert.DoesNotContain("bob@", text);

        output.Clear();
        TraceHeaders.WriteReceived(One, addressee: null, "mx.test", output);
        Assert.DoesNotContain("for <", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("sales@mx.test", false, "Delivered-To: sales@mx.test\r\n")]
    [InlineData("j\u00f6rg@mx.test", false, "")]
    [InlineData("j\u00f6rg@mx.test", true, "Delivered-To: j\u00f6rg@mx.test\r\n")]
    public void Delivered_To_names_who_passed_it_on(string address, bool smtpUtf8, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        TraceHeaders.WriteDeliveredTo(Mailbox.Parse(address), smtpUtf8, output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Received_tells_the_cipher_and_an_IPv6_address()
    {
        var field = Received(EnvelopeCodecTests.Full);
        Assert.Contains("(client.example.com [IPv6:2001:db8::25])", field);
        Assert.Contains("(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)", field);
        Assert.Contains("\r\n\ttls TLS_AES_256_GCM_SHA384;\r\n", field);
        Assert.Contains("with ESMTPSA", field);
    }

    [Theory]
    [InlineData("TLSv1.3")]
    [InlineData("TLSv1.3 with cipher TLS_x;y")]
    [InlineData("TLSv1.3 with cipher TLS_")]
    public void Received_names_a_cipher_in_its_own_clause_only_if_it_is_one(string tls) =>
        Assert.DoesNotContain("\ttls ", Received(One with { Tls = tls }));

    [Theory]
    [InlineData("::ffff:192.0.2.25", "[192.0.2.25]")]
    [InlineData("fe80::1%3", "[IPv6:fe80::1]")]
    public void Received_writes_an_address_as_others_would_read_it(string address, string literal) =>
        Assert.Contains($" {literal})\r\n", Received(One with { ClientAddress = IPAddress.Parse(address) }));

    [Fact]
    public void Received_of_our_own_mail_has_no_from() =>
        Assert.StartsWith("Received: by mx.test (ActorSmtp) with local\r\n", Received(One with { Protocol = TransferProtocol.Local }));

    [Theory]
    [InlineData(TransferProtocol.Smtp, "SMTP")]
    [InlineData(TransferProtocol.Extended, "ESMTP")]
    [InlineData(TransferProtocol.Extended | TransferProtocol.Tls, "ESMTPS")]
    [InlineData(TransferProtocol.Extended | TransferProtocol.Authenticated, "ESMTPA")]
    [InlineData(TransferProtocol.Extended | TransferProtocol.Tls | TransferProtocol.Authenticated, "ESMTPSA")]
    [InlineData(TransferProtocol.Extended | TransferProtocol.Utf8, "UTF8SMTP")]
    [InlineData(TransferProtocol.Extended | TransferProtocol.Utf8 | TransferProtocol.Tls | TransferProtocol.Authenticated, "UTF8SMTPSA")]
    [InlineData(TransferProtocol.Lmtp, "LMTP")]
    [InlineData(TransferProtocol.Lmtp | TransferProtocol.Tls, "LMTPS")]
    [InlineData(TransferProtocol.Lmtp | TransferProtocol.Utf8 | TransferProtocol.Authenticated, "UTF8LMTPA")]
    public void The_word_after_with_is_a_registered_one(TransferProtocol protocol, string word) => Assert.Equal(word, protocol.Word());

    [Fact]
    public void Return_path_is_the_reverse_path()
    {
        Assert.Equal("Return-Path: <\"ann x\"@example.com>\r\n", Write(o => TraceHeaders.WriteReturnPath(One.From, o)));
        Assert.Equal("Return-Path: <>\r\n", Write(o => TraceHeaders.WriteReturnPath(ReversePath.Null, o)));
    }

    [Fact]
    public void Nothing_a_client_says_breaks_out_of_its_place() => Wire.Holds(Prop.ForAll<string>(any =>
    {
        foreach (var text in new[] { any ?? "", "x)\r\nBcc: evil\r\n\r\n(" + any, "\\", "((", ";id" })
        {
            var field = Received(One with { HelloName = text, ClientName = text, Tls = text });
            var lines = field.Split("\r\n");
            Assert.Equal("", lines[^1]);
            Assert.All(lines[1..^1], line => Assert.StartsWith("\t", line));
            Assert.All(lines, line => Assert.All(line, c => Assert.True(c is '\t' or (>= ' ' and <= '~'))));
            Assert.All(lines, line => Assert.InRange(line.Length, 0, 998));
            Assert.Equal(0, Depth(field));
        }

        return true;
    }));

    /// <summary>Parentheses open at the end, escaped ones left out; below zero in between is an error as well.</summary>
    private static int Depth(string field)
    {
        var depth = 0;
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\')
            {
                i++;
                continue;
            }

            depth += field[i] == '(' ? 1 : field[i] == ')' ? -1 : 0;
            Assert.True(depth >= 0);
        }

        return depth;
    }

    private static string Received(Envelope envelope) => Write(o => TraceHeaders.WriteReceived(envelope, "mx.test", o));

    private static string Write(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
