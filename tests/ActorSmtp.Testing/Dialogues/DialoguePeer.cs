using System.Net;
using System.Threading.Channels;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Dialogues;

/// <summary>A client that does what it is told and nothing by itself: for tests, over any transport. Every wait has a deadline.</summary>
public sealed class DialoguePeer : IConnectionObserver
{
    private readonly Channel<byte[]> _arrived = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<IConnection> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _secured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _patience;
    private byte[] _rest = [];
    private int _at;            // of the rest, where the next line begins
    private volatile bool _asked;
    private IConnection _connection = null!;

    private DialoguePeer(TimeSpan patience) => _patience = patience;

    /// <summary>Why the connection ended; null while it has not.</summary>
    public CloseReason? Closed { get; private set; }

    public static async Task<DialoguePeer> ConnectAsync(ITransport transport, EndPoint server, TimeSpan patience)
    {
        var peer = new DialoguePeer(patience);
        transport.Connect(new ConnectOptions { EndPoint = server }, peer);
        peer._connection = await peer._connected.Task.WaitAsync(patience);
        return peer;
    }

    public void Send(ReadOnlySpan<byte> octets)
    {
        _connection.Write(octets);
        _connection.Flush();
    }

    public void Close() => _connection.Close();

    public void Abort() => _connection.Abort();

    /// <summary>The server's next line without CRLF; null when it has closed.</summary>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var lf = Array.IndexOf(_rest, (byte)'\n', _at);
            if (lf >= 0)
            {
                var line = System.Text.Encoding.UTF8.GetString(_rest, _at, lf - _at);
                _at = lf + 1;
                return line.EndsWith('\r') ? line[..^1] : line + " (ended by a bare LF)";
            }

            if (!_asked)
            {
                _asked = true;
                _connection.RequestInput();
            }

            using var patience = new CancellationTokenSource(_patience);
            try
            {
                if (!await _arrived.Reader.WaitToReadAsync(patience.Token))
                {
                    return _rest.Length == _at ? null : throw new InvalidOperationException("the server closed in the middle of a line");
                }
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"the server said nothing for {_patience.TotalSeconds:0.#} s");
            }

            var all = new MemoryStream();
            all.Write(_rest.AsSpan(_at));
            while (_arrived.Reader.TryRead(out var more))
            {
                all.Write(more);
            }

            (_rest, _at) = (all.ToArray(), 0);
        }
    }

    /// <summary>What TLS settled; null in clear text.</summary>
    public TlsFacts? Tls => _connection.Tls;

    /// <summary>Takes the client's part of a TLS handshake, whatever the certificate.</summary>
    public Task StartTlsAsync(TlsClientOptions? options = null)
    {
        _connection.StartTls(options ?? new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        return _secured.Task.WaitAsync(_patience);
    }

    void IConnectionObserver.OnConnected(IConnection connection) => _connected.TrySetResult(connection);

    void IConnectionObserver.OnInput(IConnection connection)
    {
        var octets = connection.Input.ToArray();
        connection.Consume(octets.Length);
        _asked = false;
        _arrived.Writer.TryWrite(octets);
    }

    void IConnectionObserver.OnSecured(IConnection connection)
    {
        _secured.TrySetResult();
    }

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason)
    {
        Closed = reason;
        _connected.TrySetException(new IOException($"not connected: {reason} {connection.CloseDetail}"));
        _secured.TrySetException(new IOException($"no TLS: {reason} {connection.CloseDetail}"));
        _arrived.Writer.TryComplete();
    }

    void IConnectionObserver.OnOutputDrained(IConnection connection)
    {
    }
}
