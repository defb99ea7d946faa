using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace ActorSmtp.Protocol.Milter;

/// <summary>
/// Writes what a filter is told. Texts end at their first NUL, for that is how the protocol ends them; one that is too long for a packet is cut, so that no packet is
/// longer than <see cref="MilterFrame.Most"/>.
/// </summary>
public static class MilterWriter
{
    /// <summary>The offer that begins a connection.</summary>
    public static void Negotiate(IBufferWriter<byte> output, MilterActions actions, MilterSteps steps)
    {
        var data = Begin(output, MilterCommand.Negotiate, 12);
        BinaryPrimitives.WriteInt32BigEndian(data, MilterOptions.Newest);
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], (uint)actions);
        BinaryPrimitives.WriteUInt32BigEndian(data[8..], (uint)steps);
        output.Advance(5 + 12);
    }

    /// <summary>What there is to know for the command that follows; nothing is written where that is nothing.</summary>
    /// <param name="of">That command.</param>
    /// <param name="macros">Names as they go out, and values.</param>
    public static void Macros(IBufferWriter<byte> output, MilterCommand of, IReadOnlyList<(string Name, string Value)> macros)
    {
        if (macros.Count == 0)
        {
            return;
        }

        var texts = new List<byte[]>(macros.Count * 2);
        foreach (var (name, value) in macros)
        {
            texts.Add(Text(name));
            texts.Add(Text(value));
        }

        Write(output, MilterCommand.Macros, [(byte)of], texts);
    }

    /// <summary>Who has connected.</summary>
    /// <param name="name">Its name, or its address in brackets where it has none.</param>
    /// <param name="peer">Null: it has no address (a Unix socket).</param>
    public static void Connect(IBufferWriter<byte> output, string name, IPEndPoint? peer)
    {
        var text = Text(name);
        if (peer is null)
        {
            Write(output, MilterCommand.Connect, [.. text, 0, (byte)'U'], []);
            return;
        }

        var address = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;
        var isV4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        Write(
            output,
            MilterCommand.Connect,
            [.. text, 0, isV4 ? (byte)'4' : (byte)'6', (byte)(peer.Port >> 8), (byte)peer.Port],
            [Text(isV4 ? address.ToString() : new IPAddress(address.GetAddressBytes()).ToString())]);
    }

    /// <summary>A command of texts: HELO's name, or an address in angle brackets and its parameters.</summary>
    public static void Texts(IBufferWriter<byte> output, MilterCommand command, params ReadOnlySpan<string> texts)
    {
        var octets = new List<byte[]>(texts.Length);
        foreach (var text in texts)
        {
            octets.Add(Text(text));
        }

        Write(output, command, [], octets);
    }

    /// <summary>A header field.</summary>
    /// <param name="value">Line breaks within it as LF.</param>
    public static void Header(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        name = UpToNul(name);
        value = UpToNul(value);
        name = name[..Math.Min(name.Length, 1024)];
        value = value[..Math.Min(value.Length, MilterFrame.MostData - name.Length - 2)];
        var data = Begin(output, MilterCommand.Header, name.Length + value.Length + 2);
        name.CopyTo(data);
        data[name.Length] = 0;
        value.CopyTo(data[(name.Length + 1)..]);
        data[name.Length + 1 + value.Length] = 0;
        output.Advance(5 + name.Length + value.Length + 2);
    }

    /// <summary>A piece of the body, or another command without texts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The piece is longer than a packet may be.</exception>
    public static void Data(IBufferWriter<byte> output, MilterCommand command, ReadOnlySpan<byte> data = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, MilterFrame.MostData);
        data.CopyTo(Begin(output, command, data.Length));
        output.Advance(5 + data.Length);
    }

    private static void Write(IBufferWriter<byte> output, MilterCommand command, ReadOnlySpan<byte> front, List<byte[]> texts)
    {
        var room = MilterFrame.MostData - Math.Min(front.Length, MilterFrame.MostData);
        var whole = 0;
        foreach (var text in texts)
        {
            if (text.Length + 1 > room)
            {
                break;                                          // never but for texts of many kilobytes, which no parser of ours lets in
            }

            room -= text.Length + 1;
            whole++;
        }

        var length = MilterFrame.MostData - room;
        var data = Begin(output, command, length);
        front = front[..Math.Min(front.Length, MilterFrame.MostData)];
        front.CopyTo(data);
        var at = front.Length;
        for (var i = 0; i < whole; i++)
        {
            texts[i].CopyTo(data[at..]);
            at += texts[i].Length;
            data[at++] = 0;
        }

        output.Advance(5 + length);
    }

    private static Span<byte> Begin(IBufferWriter<byte> output, MilterCommand command, int length)
    {
        var packet = output.GetSpan(5 + length);
        BinaryPrimitives.WriteInt32BigEndian(packet, length + 1);
        packet[4] = (byte)command;
        return packet.Slice(5, length);
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.IndexOf('\0', StringComparison.Ordinal) is var nul and >= 0 ? text[..nul] : text);

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> text) => text.IndexOf((byte)0) is var nul and >= 0 ? text[..nul] : text;
}
