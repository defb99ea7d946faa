using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>A milter that writes down what it is told and answers what the test wants; by default it lets everything pass.</summary>
internal sealed class ScriptedMilter : IAcceptor, IAsyncDisposable
{
    private readonly IListener _listener;

    public ScriptedMilter(ITransport transport) => _listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, this);

    public string Address => _listener.LocalEndPoint.ToString()!;

    /// <summary>What it is told, macros aside: the command's letter, and its data with commas for NULs.</summary>
    public ConcurrentQueue<string> Heard { get; } = new();

    /// <summary>The macros it was told, by the command they were for.</summary>
    public ConcurrentQueue<string> Macros { get; } = new();

    public MilterActions Actions { get; set; } = MilterActions.All;

    public MilterSteps Steps { get; set; } = MilterSteps.Skip | MilterSteps.LeadingSpace;

    public int Version { get; set; } = 6;

    /// <summary>What it sends for a command; null: it closes the connection; by default "continue" where an answer is expected.</summary>
    public Func<char, string, IEnumerable<byte[]>?> Answer { get; set; } = (_, _) => [Word('c')];

    /// <summary>Its answer to the offer, where it is another than the usual.</summary>
    public IEnumerable<byte[]>? Negotiation { get; set; }

    /// <summary>Connections open now.</summary>
    public int Open;

    /// <summary>Connections there have been.</summary>
    public int Connections;

    /// <summary>Does not take new connections' first words.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>A packet.</summary>
    public static byte[] Word(char word, params ReadOnlySpan<byte> data)
    {
        var packet = new byte[5 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(packet, data.Length + 1);
        packet[4] = (byte)word;
        data.CopyTo(packet.AsSpan(5));
        return packet;
    }

    /// <summary>A packet of texts, maybe with a number in front.</summary>
    public static byte[] Texts(char word, int? index, params string[] texts)
    {
        var data = new List<byte>();
        if (index is { } i)
        {
            data.AddRange([(byte)(i >> 24), (byte)(i >> 16), (byte)(i >> 8), (byte)i]);
        }

        foreach (var text in texts)
        {
            data.AddRange(Encoding.Latin1.GetBytes(text + "\0"));
        }

        return Word(word, [.. data]);
    }

    public static byte[] Offer(int version, MilterActions actions, MilterSteps steps, params ReadOnlySpan<byte> more)
    {
        var data = new byte[12 + more.Length];
        BinaryPrimitives.WriteInt32BigEndian(data, version);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), (uint)actions);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(8), (uint)steps);
        more.CopyTo(data.AsSpan(12));
        return Word('O', data);
    }

    public void OnAccepted(IConnection connection)
    {
        Interlocked.Increment(ref Open);
        Interlocked.Increment(ref Connections);
        connection.Observer = new Peer(this);
        connection.RequestInput();
    }

    public void OnAcceptTrouble(AcceptTrouble why)
    {
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private IEnumerable<byte[]>? AnswerTo(char command, string data)
    {
        if (command == 'D')
        {
            Macros.Enqueue(data);
            return [];
        }

        Heard.Enqueue($"{command} {data}".TrimEnd());
        return command switch
        {
            'O' => Negotiation ?? [Offer(Version, Actions, Steps)],
            'A' or 'Q' => [],
            'C' when Steps.HasFlag(MilterSteps.SilentConnect) => [],
            'H' when Steps.HasFlag(MilterSteps.SilentHello) => [],
            'M' when Steps.HasFlag(MilterSteps.SilentMail) => [],
            'R' when Steps.HasFlag(MilterSteps.SilentRcpt) => [],
            'T' when Steps.HasFlag(MilterSteps.SilentData) => [],
            'L' when Steps.HasFlag(MilterSteps.SilentHeaders) => [],
            'N' when Steps.HasFlag(MilterSteps.SilentHeaderEnd) => [],
            'B' when Steps.HasFlag(MilterSteps.SilentBody) => [],
            _ => Answer(command, data),
        };
    }

    private sealed class Peer(ScriptedMilter milter) : IConnectionObserver
    {
        public void OnConnected(IConnection connection)
        {
        }

        public void OnInput(IConnection connection)
        {
            while (!milter.IsDeaf && MilterFrame.TryRead(connection.Input, out var word, out var data, out var consumed) == MilterFrameStatus.Whole)
            {
                var text = Encoding.Latin1.GetString(data).Replace('\0', ',');
                connection.Consume(consumed);
                if (milter.AnswerTo((char)word, word == 'O' ? "" : text) is not { } answers)
                {
                    connection.Abort();
                    return;
                }

                foreach (var answer in answers)
                {
                    connection.Write(answer);
                }

                connection.Flush();
                if (word == 'Q')
                {
                    connection.Close();
                    return;
                }
            }

            connection.RequestInput();
        }

        public void OnSecured(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason) => Interlocked.Decrement(ref milter.Open);

        public void OnOutputDrained(IConnection connection)
        {
        }
    }
}
