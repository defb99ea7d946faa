using System.Buffers;
using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Delivery;

public sealed class EnvelopeCodecTests
{
    internal static readonly Envelope Full = new()
    {
        Id = new MailIdGenerator(5).Next(new DateTimeOffset(2026, 11, 22, 6, 25, 23, TimeSpan.Zero)),
        ReceivedAt = new DateTimeOffset(2026, 11, 22, 6, 25, 23, TimeSpan.Zero),
        From = new ReversePath(Mailbox.Parse("\"ann x\"@example.com")),
        Recipients =
        [
            new Recipient(Mailbox.Parse("bob@mx.test"), DsnNotify.Success | DsnNotify.Failure, new OriginalRecipient("rfc822", "rob@example.org")),
            new Recipient(Mailbox.Parse("j\u00f6rg@[IPv6:2001:db8::1]")) { Account = "jorg" },
        ],
        Body = BodyType.EightBitMime,
        SmtpUtf8 = true,
        RequireTls = true,
        Return = DsnReturn.Headers,
        EnvelopeId = "QQ314159",
        AuthorizedBy = "",
        User = "ann",
        SessionId = "s-42",
        ClientAddress = IPAddress.Parse("2001:db8::25"),
        ClientName = "client.example.com",
        HelloName = "client",
        Protocol = TransferProtocol.Extended | TransferProtocol.Tls | TransferProtocol.Authenticated,
        Tls = "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384",
        Fields = "X-Policy: none\r\n",
        Edits = ContentEdits.Of(new ContentEdit(0, 0, "X-Top: 1\r\n"u8.ToArray()), new ContentEdit(100, 20, default), new ContentEdit(1L << 40, 1L << 41, new byte[] { 0, 255 })),
    };

    internal static readonly Envelope Least = new()
    {
        Id = Full.Id,
        ReceivedAt = DateTimeOffset.UnixEpoch,
        From = ReversePath.Null,
        Recipients = [new Recipient(Mailbox.Parse("bob@mx.test"))],
    };

    [Fact]
    public void An_envelope_reads_back_as_it_was()
    {
        foreach (var envelope in new[] { Full, Least, Full with { ClientAddress = IPAddress.Loopback, ReceivedAt = DateTimeOffset.MaxValue.ToUniversalTime() }, Least with { TlsNotRequired = true }, Least with { Recipients = [Least.Recipients[0] with { IsExpanded = true, Notify = DsnNotify.Success }] }, Least with { Recipients = [Least.Recipients[0] with { IsPassedOn = true, Notify = DsnNotify.Never }] }, Least with { Fields = new string('x', 60_000) } })
        {
            Assert.True(EnvelopeCodec.TryRead(Write(envelope), out var back));
            Assert.Equal(envelope, back);
        }

        Assert.NotEqual(Full, Least);
    }

    [Fact]
    public void An_ordinary_envelope_is_small() => Assert.InRange(Write(Least).Length, 1, 64);

    [Fact]
    public void One_octet_more_or_fewer_is_an_error()
    {
        var octets = Write(Full);
        for (var length = 0; length < octets.Length; length++)
        {
            Assert.False(EnvelopeCodec.TryRead(octets.AsSpan(0, length), out _));
        }

        Assert.False(EnvelopeCodec.TryRead([.. octets, 0], out _));
    }

    [Fact]
    public void A_damaged_envelope_is_refused_or_reads_as_another_but_never_throws() => Wire.Holds(Prop.ForAll(
        Gen.Choose(0, Write(Full).Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (at, value) =>
    {
        var octets = Write(Full);
        octets[at] = (byte)value;
        if (EnvelopeCodec.TryRead(octets, out var envelope))
        {
            Assert.True(EnvelopeCodec.TryRead(Write(envelope!), out var again));
            Assert.Equal(envelope, again);
        }

        return true;
    }), 6000);

    [Fact]
    public void No_octets_throw() => Wire.Holds(Prop.ForAll(Wire.Anything, octets =>
    {
        EnvelopeCodec.TryRead(octets, out _);
        EnvelopeCodec.TryRead([1, .. new byte[22], .. octets], out _);
        return true;
    }));

    [Fact]
    public void A_count_that_lies_allocates_nothing()
    {
        var least = Write(Least);
        var recipient = 1 + "bob@mx.test".Length + 1 + 1 + 1 + 1;        // address, NOTIFY, ORCPT type and address, account
        Assert.Equal(1, least[^(recipient + 1)]);
        byte[] octets = [.. least[..^(recipient + 1)], 0xa0, 0x8d, 0x06];   // 100,000 recipients, and nothing behind it
        EnvelopeCodec.TryRead(octets, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(EnvelopeCodec.TryRead(octets, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void A_number_has_one_form()
    {
        const int Fixed = 1 + MailId.Size + 8 + 4;
        var octets = Write(Least);
        Assert.Equal(0, octets[Fixed]);
        Assert.False(EnvelopeCodec.TryRead([.. octets[..Fixed], 0x80, 0x00, .. octets[(Fixed + 1)..]], out _));
    }

    [Fact]
    public void What_the_form_cannot_hold_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => Write(Full with { Recipients = [] }));
        Assert.Throws<ArgumentException>(() => Write(Full with { HelloName = new string('x', 20_000) }));
    }

    private static byte[] Write(Envelope envelope)
    {
        var output = new ArrayBufferWriter<byte>();
        EnvelopeCodec.Write(envelope, output);
        return output.WrittenSpan.ToArray();
    }
}
