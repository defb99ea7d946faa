using System.Buffers;
using System.Net;
using System.Reflection;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>A connection whose every step is the test's.</summary>
internal sealed class HandConnection : IConnection
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _input = [];
    private int _flushed;

    public Queue<IoWork> Posted { get; } = new();

    public int Asked { get; private set; }

    public int Flushes { get; private set; }

    /// <summary>Lines that have left.</summary>
    public int Said => Encoding.ASCII.GetString(_output.WrittenSpan[.._flushed]).Count(c => c == '\n');

    public IConnectionObserver? Observer { get; set; }

    public EndPoint? RemoteEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

    public EndPoint? LocalEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 25);

    public bool IsSecure => false;

    public TlsFacts? Tls => null;

    public string? CloseDetail => null;

    public ReadOnlySpan<byte> Input => _input;

    public bool ReadsLargeBlocks { get; set; } = true;

    public IBufferWriter<byte> Output => _output;

    public bool OutputPending { get; set; }

    public bool IsAborted { get; private set; }

    public int Parks { get; private set; }

    /// <summary>The peer reads again.</summary>
    public void Drain()
    {
        OutputPending = false;
        Observer!.OnOutputDrained(this);
    }

    public void Arrive(string text)
    {
        _input = Encoding.ASCII.GetBytes(text);
        Observer!.OnInput(this);
    }

    public void RunPosted() => typeof(IoWork).GetMethod("Run", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(Posted.Dequeue(), null);

    public void Consume(int count) => _input = _input[count..];

    public void RequestInput() => Asked++;

    public void Park() => Parks++;

    public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    public void Flush()
    {
        Flushes++;
        _flushed = _output.WrittenCount;
    }

    public void Close(bool linger = true)
    {
    }

    public void Abort() => IsAborted = true;

    public void StartTls(TlsServerOptions options) => throw new NotSupportedException();

    public void StartTls(TlsClientOptions options) => throw new NotSupportedException();

    public void Post(IoWork work) => Posted.Enqueue(work);
}
