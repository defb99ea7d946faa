using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <content>XCLIENT, by which a trusted neighbour tells for whom it speaks (Postfix's XCLIENT_README).</content>
public static partial class CommandParser
{
    /// <summary>The attributes that are understood, as EHLO names them.</summary>
    public const string XClientAttributes = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    private const int MaxAttribute = 255;

    /// <summary>xclient-command = "XCLIENT" 1*( SP name "=" xtext ); each name once, names without case.</summary>
    private static SmtpCommand ParseXClient(ReadOnlySpan<byte> rest)
    {
        var said = new SmtpCommand.XClient();
        var count = 0;
        while (!rest.IsEmpty)
        {
            var blank = rest.IndexOf((byte)' ');
            var attribute = blank < 0 ? rest : rest[..blank];
            rest = blank < 0 ? [] : rest[(blank + 1)..].TrimStart((byte)' ');
            var equals = attribute.IndexOf((byte)'=');
            if (equals < 0 || !XText.TryDecode(attribute[(equals + 1)..], out var value) || value.Length is 0 or > MaxAttribute
                || With(said, attribute[..equals], value) is not { } more)
            {
                return Malformed(Replies.XClientSyntax, Verb.XClient);
            }

            said = more;
            count++;
        }

        return count > 0 ? said : Malformed(Replies.XClientSyntax, Verb.XClient);
    }

    private static SmtpCommand.XClient? With(SmtpCommand.XClient said, ReadOnlySpan<byte> name, string value)
    {
        var isKnown = !value.Equals("[UNAVAILABLE]", StringComparison.OrdinalIgnoreCase) && !value.Equals("[TEMPUNAVAIL]", StringComparison.OrdinalIgnoreCase);
        if (Ascii.EqualsIgnoreCase(name, "ADDR"u8) && !said.Address.IsGiven && (!isKnown || XClientAddress(value) is not null))
        {
            return said with { Address = new(isKnown ? XClientAddress(value) : null) };
        }

        if (Ascii.EqualsIgnoreCase(name, "DESTADDR"u8) && !said.LocalAddress.IsGiven && (!isKnown || XClientAddress(value) is not null))
        {
            return said with { LocalAddress = new(isKnown ? XClientAddress(value) : null) };
        }

        if (Ascii.EqualsIgnoreCase(name, "PORT"u8) && !said.Port.IsGiven && (!isKnown || XClientPort(value) is not null))
        {
            return said with { Port = new(isKnown ? XClientPort(value) : null) };
        }

        if (Ascii.EqualsIgnoreCase(name, "DESTPORT"u8) && !said.LocalPort.IsGiven && (!isKnown || XClientPort(value) is not null))
        {
            return said with { LocalPort = new(isKnown ? XClientPort(value) : null) };
        }

        if (Ascii.EqualsIgnoreCase(name, "NAME"u8) && !said.Name.IsGiven)
        {
            return said with { Name = new(isKnown ? value : null) };
        }

        if (Ascii.EqualsIgnoreCase(name, "HELO"u8) && !said.Hello.IsGiven)
        {
            return said with { Hello = new(isKnown ? value : null) };
        }

        if (Ascii.EqualsIgnoreCase(name, "LOGIN"u8) && !said.Login.IsGiven)
        {
            return said with { Login = new(isKnown ? value : null) };
        }

        return Ascii.EqualsIgnoreCase(name, "PROTO"u8) && !said.Extended.IsGiven
            && (value.Equals("SMTP", StringComparison.OrdinalIgnoreCase) || value.Equals("ESMTP", StringComparison.OrdinalIgnoreCase))
                ? said with { Extended = new(value.Length == 5) }
                : null;
    }

    /// <summary>Four numbers, or "IPV6:" and an IPv6 address; no brackets.</summary>
    private static IPAddress? XClientAddress(string value)
    {
        const string six = "IPV6:";
        if (value.StartsWith(six, StringComparison.OrdinalIgnoreCase))
        {
            return !value.Contains('%', StringComparison.Ordinal) && IPAddress.TryParse(value.AsSpan(six.Length), out var address)
                && address.AddressFamily == AddressFamily.InterNetworkV6 ? address : null;
        }

        return TryParseIPv4(Encoding.UTF8.GetBytes(value), out var four) ? four : null;
    }

    private static int? XClientPort(string value) =>
        ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
