using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>
/// DNS by sockets: each question over UDP has a socket of its own, whose port the system chooses at random (RFC 5452 §9.2) and which takes datagrams of that server alone;
/// each over TCP a connection of its own (RFC 7766). Questions at once, and so sockets, are the caller's to bound.
/// </summary>
public sealed class NameServerSockets : INameServers
{
    /// <summary>Larger than what we say that we take; a datagram that fills it was cut, and cannot be read.</summary>
    private const int LargestDatagram = 4096;

    private const int LengthOctets = 2;

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> AskAsync(NameQuestion question, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(question);
        try
        {
            return question.OverTcp
                ? await OverTcpAsync(question, cancellation).ConfigureAwait(false)
                : await OverUdpAsync(question, cancellation).ConfigureAwait(false);
        }
        catch (SocketException failed)
        {
            throw new IOException(failed.SocketErrorCode == SocketError.ConnectionRefused ? "nobody listens there" : failed.Message, failed);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> OverUdpAsync(NameQuestion question, CancellationToken cancellation)
    {
        using var socket = new Socket(question.Server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(question.Server, cancellation).ConfigureAwait(false);     // no packet: it chooses the port, and whom we hear
        await socket.SendAsync(question.Octets, SocketFlags.None, cancellation).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(LargestDatagram);
        try
        {
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer.AsMemory(0, LargestDatagram), SocketFlags.None, cancellation).ConfigureAwait(false);
                if (question.IsLast(buffer.AsMemory(0, length)))
                {
                    return buffer.AsSpan(0, length).ToArray();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> OverTcpAsync(NameQuestion question, CancellationToken cancellation)
    {
        using var socket = new Socket(question.Server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(question.Server, cancellation).ConfigureAwait(false);
        var asked = new byte[LengthOctets + question.Octets.Length];
        BinaryPrimitives.WriteUInt16BigEndian(asked, checked((ushort)question.Octets.Length));
        question.Octets.CopyTo(asked.AsMemory(LengthOctets));        // in one piece, as RFC 7766 §8 asks
        for (var sent = 0; sent < asked.Length;)
        {
            sent += await socket.SendAsync(asked.AsMemory(sent), SocketFlags.None, cancellation).ConfigureAwait(false);
        }

        var head = new byte[LengthOctets];
        await ReadAsync(socket, head, cancellation).ConfigureAwait(false);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        await ReadAsync(socket, answer, cancellation).ConfigureAwait(false);
        return answer;
    }

    private static async Task ReadAsync(Socket socket, Memory<byte> into, CancellationToken cancellation)
    {
        while (!into.IsEmpty)
        {
            var read = await socket.ReceiveAsync(into, SocketFlags.None, cancellation).ConfigureAwait(false);
            into = read > 0 ? into[read..] : throw new IOException("it closed the connection in the midst of its answer");
        }
    }
}
