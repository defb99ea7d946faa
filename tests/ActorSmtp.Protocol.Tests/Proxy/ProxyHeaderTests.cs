using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using ActorSmtp.Protocol.Proxy;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Proxy;

/// <summary>Both versions of the PROXY protocol, as the specification writes them, cut at every octet, and everything that is none.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 25\r\n", "192.168.0.1:56324", "192.168.0.11:25")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535", "255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 1 0\r\n", "[2001:db8::1]:1", "[::1]:0")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff anything \0 at all\r\n", null, null)]
    public void A_line_of_version_1_is_read_however_it_is_cut(string line, string? source, string? destination) =>
        IsRead(Wire.Octets(line), source, destination);

    [Theory]
    [InlineData("PROXY")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 25\r")]
    public void The_beginning_of_a_line_waits_for_more(string line) => Assert.Equal(ProxyStatus.Incomplete, Read(line));

    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 25\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 25\rX")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 25 \r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 25 26\r\n")]
    [InlineData("PROXY TCP4  192.168.0.1 192.168.0.11 56324 25\r\n")]
    [InlineData("PROXY  TCP4 192.168.0.1 192.168.0.11 56324 25\r\n")]
    [InlineData("PROXY TCP4 192.168.0.01 192.168.0.11 56324 25\r\n")]
    [InlineData("PROXY TCP4 192.168.1 192.168.0.11 56324 25\r\n")]
    [InlineData("PROXY TCP4 0x7f.0.0.1 192.168.0.11 56324 25\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 56324 25\r\n")]
    [InlineData("PROXY TCP6 192.168.0.1 192.168.0.11 56324 25\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 56324 25\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 56324 25\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 65536 25\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 056 25\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 -1 25\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11  25\r\n")]
    [InlineData("PROXY UDP4 192.168.0.1 192.168.0.11 1 25\r\n")]
    [InlineData("PROXY UNKNOWNX\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("proxy TCP4 192.168.0.1 192.168.0.11 56324 25\r\n")]
    [InlineData("PX")]
    [InlineData("EHLO client.test\r\n")]
    [InlineData("\r\nx")]
    [InlineData("\u0016\u0003\u0001")]
    public void What_is_no_line_of_version_1_never_becomes_one(string line) => Assert.Equal(ProxyStatus.Malformed, Read(line));

    [Fact]
    public void A_line_has_107_octets_at_most()
    {
        const string begins = "PROXY UNKNOWN ";
        Assert.Equal(ProxyStatus.Header, Read(begins + new string('x', 105 - begins.Length) + "\r\n"));
        Assert.Equal(ProxyStatus.Malformed, Read(begins + new string('x', 106 - begins.Length) + "\r\n"));
        Assert.Equal(ProxyStatus.Incomplete, Read(begins + new string('x', 106 - begins.Length)));
        Assert.Equal(ProxyStatus.Malformed, Read(begins + new string('x', 107 - begins.Length)));
    }

    [Fact]
    public void Version_2_gives_the_addresses_of_both_families_however_it_is_cut()
    {
        IsRead(Binary(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 4, 0, 25]), "192.0.2.1:56324", "198.51.100.7:25");
        IsRead(
            Binary(0x21, 0x21, [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. IPAddress.Parse("2001:db8::2").GetAddressBytes(), 0, 1, 2, 75]),
            "[2001:db8::1]:1", "[2001:db8::2]:587");
    }

    [Theory]
    [InlineData(0x20, 0x00, 0)]         // LOCAL: a health check
    [InlineData(0x20, 0x11, 12)]        // with addresses, which do not count
    [InlineData(0x20, 0xFF, 300)]       // whatever family it says
    [InlineData(0x21, 0x00, 0)]         // UNSPEC
    [InlineData(0x21, 0x00, 7)]
    [InlineData(0x21, 0x12, 12)]        // datagrams
    [InlineData(0x21, 0x22, 36)]
    [InlineData(0x21, 0x31, 216)]       // Unix
    [InlineData(0x21, 0x32, 216)]
    public void Where_version_2_names_no_TCP_client_the_connections_own_address_counts(byte command, byte family, int length) =>
        IsRead(Binary(command, family, new byte[length]), null, null);

    [Theory]
    [InlineData(0x11, 0x11, 12)]        // version 1 in binary
    [InlineData(0x31, 0x11, 12)]        // version 3
    [InlineData(0x22, 0x11, 12)]        // no such command
    [InlineData(0x21, 0x13, 12)]        // no such transport
    [InlineData(0x21, 0x41, 12)]        // no such family
    [InlineData(0x21, 0x11, 11)]        // too short for its addresses
    [InlineData(0x21, 0x21, 35)]
    [InlineData(0x21, 0x11, 14)]        // a type-length-value cut off
    [InlineData(0x21, 0x11, 8193)]      // more than anybody needs
    [InlineData(0x20, 0x00, 65535)]
    public void What_is_wrong_in_version_2_is_refused(byte command, byte family, int length) =>
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.Read(Binary(command, family, new byte[length]), out _, out _));

    [Fact]
    public void Type_length_values_are_passed_over_within_their_bounds()
    {
        byte[] addresses = [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 4, 0, 25];
        IsRead(Binary(0x21, 0x11, [.. addresses, 1, 0, 2, (byte)'h', (byte)'2', 4, 0, 0, 0xE0, 0, 1, 9]), "192.0.2.1:56324", "198.51.100.7:25");
        IsRead(Binary(0x21, 0x11, [.. addresses, 0x20, 0x10, 0, .. new byte[4096]]), "192.0.2.1:56324", "198.51.100.7:25");
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.Read(Binary(0x21, 0x11, [.. addresses, 1, 0, 3, (byte)'h', (byte)'2']), out _, out _));
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.Read(Binary(0x21, 0x11, [.. addresses, 1, 255, 255, 0]), out _, out _));
    }

    [Fact]
    public void A_checksum_that_is_there_has_to_be_right()
    {
        var header = Binary(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 4, 0, 25, 3, 0, 4, 0, 0, 0, 0]);
        var crc = header.Aggregate(uint.MaxValue, BitOperations.Crc32C);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(^4), ~crc);
        IsRead(header, "192.0.2.1:56324", "198.51.100.7:25");

        header[16]++;
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.Read(header, out _, out _));
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.Read(Binary(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 4, 0, 25, 3, 0, 1, 0]), out _, out _));
    }

    [Fact]
    public void The_check_value_of_the_checksum_is_that_of_its_definition() =>
        Assert.Equal(0xE3069283, ~"123456789"u8.ToArray().Aggregate(uint.MaxValue, BitOperations.Crc32C));

    [Fact]
    public void Any_octets_end_in_a_verdict_that_more_octets_do_not_change() => Wire.Holds(Prop.ForAll(
        Gen.Choose(0, 3).SelectMany(kind => Wire.Anything.Generator.Select(rest => kind switch
        {
            0 => rest,
            1 => [.. "PROXY TCP4 "u8, .. rest],
            2 => [.. Wire.Octets(Signature), .. rest],
            _ => [.. Wire.Octets(Signature), 0x21, 0x11, 0, (byte)(12 + (rest.Length % 64)), .. rest],
        })).ToArbitrary(),
        octets =>
        {
            for (var length = 0; length <= octets.Length; length++)
            {
                var status = ProxyHeader.Read(octets.AsSpan(0, length), out var consumed, out var header);
                if (status != ProxyStatus.Incomplete)
                {
                    var again = ProxyHeader.Read(octets, out var consumedAgain, out var headerAgain);
                    return status == again && (status == ProxyStatus.Malformed || (consumed == consumedAgain && header == headerAgain && consumed <= length));
                }
            }

            return true;
        }));

    private static void IsRead(byte[] octets, string? source, string? destination)
    {
        for (var cut = 0; cut < octets.Length; cut++)
        {
            Assert.Equal(ProxyStatus.Incomplete, ProxyHeader.Read(octets.AsSpan(0, cut), out _, out _));
        }

        Assert.Equal(ProxyStatus.Header, ProxyHeader.Read([.. octets, .. "EHLO x\r\n"u8], out var consumed, out var header));
        Assert.Equal(octets.Length, consumed);
        Assert.Equal((source, destination), (header!.Source?.ToString(), header.Destination?.ToString()));
    }

    private static ProxyStatus Read(string text) => ProxyHeader.Read(Wire.Octets(text), out _, out _);

    private static byte[] Binary(byte command, byte family, byte[] variable) =>
        [.. Wire.Octets(Signature), command, family, (byte)(variable.Length >> 8), (byte)variable.Length, .. variable];
}
