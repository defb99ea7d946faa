using System.Net;

namespace ActorSmtp.Transport.Tests.Memory;

/// <summary>Output that the other side has no room for, sent by a thread that is not the lane's.</summary>
public sealed class RefusedOutputTests
{
    /// <summary>
    /// Found by a dialogue that stood still once in some thousand runs: room that came between a refusal and the note of it was missed, and
    /// the rest of a message stayed here for ever.
    /// </summary>
    [Fact]
    public Task What_was_refused_goes_as_soon_as_there_is_room_whoever_is_quicker() =>
        Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(SendAndWait, TaskCreationOptions.LongRunning).Unwrap()));

    private static async Task SendAndWait()
    {
        const int Rounds = 15_000;
        const int Piece = 96;
        await using var transport = new MemoryTransport(new MemoryNetwork(new MemoryNetworkOptions { WindowBytes = 32 }));
        var reader = new Reader(Rounds * (long)Piece);
        await using var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, reader);
        var writer = new Peer();
        transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, writer);
        writer.Expect("connected");
        var piece = new byte[Piece];
        for (var i = 0; i < Rounds; i++)
        {
            writer.Connection.Write(piece);
            writer.Connection.Flush();
            if (!SpinWait.SpinUntil(() => !writer.Connection.OutputPending, Peer.Patience))
            {
                Assert.Fail($"round {i}: output waits though the reader has taken {reader.Taken} of {(i + 1) * (long)Piece} octets");
            }
        }

        await reader.All.WaitAsync(Peer.Patience);
    }

    private sealed class Reader(long expected) : IAcceptor, IConnectionObserver
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task All => _all.Task;

        public long Taken { get; private set; }

        public void OnAccepted(IConnection connection)
        {
            connection.Observer = this;
            connection.RequestInput();
        }

        public void OnAcceptTrouble(AcceptTrouble why)
        {
        }

        public void OnConnected(IConnection connection)
        {
        }

        public void OnInput(IConnection connection)
        {
            Taken += connection.Input.Length;
            connection.Consume(connection.Input.Length);
            if (Taken == expected)
            {
                _all.TrySetResult();
            }

            connection.RequestInput();
        }

        public void OnSecured(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason)
        {
        }

        public void OnOutputDrained(IConnection connection)
        {
        }
    }
}
