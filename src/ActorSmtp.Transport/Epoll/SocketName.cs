using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;

namespace ActorSmtp.Transport;

/// <summary>An IP address and port as accept4 gives them, in 24 bytes; an <see cref="IPEndPoint"/> is made of it when asked for.</summary>
internal readonly struct SocketName
{
    /// <summary>Room for any address of the system (a Unix path is the longest).</summary>
    public const int MostBytes = 128;

    private readonly ulong _high;
    private readonly ulong _low;
    private readonly uint _scope;
    private readonly ushort _port;
    private readonly ushort _family;

    public unsafe SocketName(byte* address, uint length)
    {
        if (length < 2)
        {
            return;
        }

        _family = Unsafe.ReadUnaligned<ushort>(address);
        if (_family == Linux.AF_INET && length >= 8)
        {
            _port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2));
            _low = Unsafe.ReadUnaligned<uint>(address + 4);
        }
        else if (_family == Linux.AF_INET6 && length >= 28)
        {
            _port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2));
            _high = Unsafe.ReadUnaligned<ulong>(address + 8);
            _low = Unsafe.ReadUnaligned<ulong>(address + 16);
            _scope = Unsafe.ReadUnaligned<uint>(address + 24);
        }
    }

    /// <summary>The address; null for one that is no IP address (an unnamed Unix socket).</summary>
    public EndPoint? ToEndPoint()
    {
        switch (_family)
        {
            case Linux.AF_INET:
                return new IPEndPoint((long)_low, _port);
            case Linux.AF_INET6:
                Span<byte> bytes = stackalloc byte[16];
                Unsafe.WriteUnaligned(ref bytes[0], _high);
                Unsafe.WriteUnaligned(ref bytes[8], _low);
                return new IPEndPoint(new IPAddress(bytes, _scope), _port);
            default:
                return null;
        }
    }

    /// <summary>Writes an end point as the system wants it; returns its length.</summary>
    /// <exception cref="TransportException">Neither IP nor Unix, or a path too long.</exception>
    public static unsafe uint Write(EndPoint endPoint, byte* to, out int family)
    {
        Transports.Check(endPoint);
        var address = endPoint.Serialize();
        if (address.Size > MostBytes)
        {
            throw new TransportException($"'{endPoint}' is too long for a socket's address.");
        }

        address.Buffer.Span[..address.Size].CopyTo(new Span<byte>(to, MostBytes));
        family = Unsafe.ReadUnaligned<ushort>(to);
        return (uint)address.Size;
    }
}
