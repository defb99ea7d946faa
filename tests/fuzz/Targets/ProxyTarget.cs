using System.Text;
using ActorSmtp.Protocol.Proxy;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>The PROXY header: never an exception, the same for whatever has arrived of it so far, and never more than its bounds.</summary>
internal sealed class ProxyTarget : FuzzTarget
{
    private static readonly string Signature = "\r\n\r\n\0\r\nQUIT\n";

    public override string Name => "proxy";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\nEHLO a\r\n", "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 x\r\n",
        Signature + "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\xdc\x04\0\x19" + "EHLO", Signature + "\x20\0\0\0", Signature + "\x21\x21\0\x24" + new string('\x01', 36),
        Signature + "\x21\x11\0\x13\xc0\0\x02\x01\xc6\x33\x64\x01\xdc\x04\0\x19\x03\0\x04\x01\x02\x03\x04", "EHLO a\r\n");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets("PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "255.255.255.255 ", "::ffff:1.2.3.4 ", "65536", "0", Signature, "\x21", "\x11", "\x12", "\x20\x04", "\xff\xff", "\x03\0\x04", "\x04\0\x02")];

    public override void Try(byte[] input, Dice dice)
    {
        var whole = ProxyHeader.Read(input, out var consumed, out var header);
        Hold((header is not null) == (whole == ProxyStatus.Header), $"{whole} with {header}");
        Hold(whole != ProxyStatus.Header || (consumed > 0 && consumed <= input.Length && consumed <= 16 + ProxyHeader.MaxVariable), $"{consumed} octets of {input.Length}");
        Hold(whole != ProxyStatus.Incomplete || input.Length < 16 + ProxyHeader.MaxVariable, "there is no end to a header");
        Hold(whole != ProxyStatus.Incomplete || input.Length < ProxyHeader.MaxLine || input[0] != 'P', "there is no end to a line");
        for (var length = 0; length < input.Length; length += Piece(dice, input.Length - length))
        {
            var part = ProxyHeader.Read(input.AsSpan(0, length), out var taken, out var early);
            Hold(part == ProxyStatus.Incomplete || (part == whole && taken == consumed && Equals(early, header)), $"{part} with {length} octets, {whole} with all: {Encoding.Latin1.GetString(input)}");
        }
    }
}
