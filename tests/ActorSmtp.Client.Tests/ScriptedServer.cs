using System.Text;
using System.Threading.Channels;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests;

/// <summary>
/// A server that says what it is told and checks what it hears, whatever that does to SMTP:
/// <c>S: reply</c> says a line, <c>C: command</c> expects one (<c>*</c> at the end matches any rest), <c>RAW: octets</c> says just these
/// (\r \n \0), <c>BODY</c> reads to the final dot, <c>BYTES n</c> reads n octets, <c>TLS</c> takes the handshake, <c>CLOSE</c> closes,
/// <c>ABORT</c> resets, <c>GONE</c> expects the client to leave without another word, <c>LEFT</c> to leave after any, <c>OCTETS</c> waits for some. <c>#</c> begins a comment. A QUIT at the end is answered.
/// </summary>
internal sealed class ScriptedServer : IAcceptor, IConnectionObserver
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string[] _script;
    private readonly TlsServerOptions? _tls;
    private readonly Channel<byte[]> _arrived = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _secured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _content = new();
    private IConnection _connection = null!;
    private byte[] _rest = [];
    private bool _asked;
    private int _connections;

    public ScriptedServer(string script, TlsServerOptions? tls = null)
    {
        _script = [.. script.ReplaceLineEndings("\n").Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#'))];
        _script = _script is [.., "C: QUIT"] ? [.. _script, "S: 221 bye"] : _script;
        _tls = tls;
    }

    /// <summary>What BODY and BYTES took in.</summary>
    public string Content => Encoding.UTF8.GetString(_content.ToArray());

    /// <summary>Ends when the script has; fails where the client did something else.</summary>
    public Task Done => _done.Task;

    void IAcceptor.OnAccepted(IConnection connection)
    {
        _connection = connection;
        connection.Observer = this;
        if (Interlocked.Increment(ref _connections) == 1)
        {
            _ = Task.Run(RunAsync);
        }
        else
        {
            connection.Abort();
        }
    }

    void IAcceptor.OnAcceptTrouble(AcceptTrouble why) => _done.TrySetException(new InvalidOperationException(why.Detail));

    void IConnectionObserver.OnConnected(IConnection connection)
    {
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        var octets = connection.Input.ToArray();
        connection.Consume(octets.Length);
        _asked = false;
        _arrived.Writer.TryWrite(octets);
    }

    void IConnectionObserver.OnSecured(IConnection connection) => _secured.TrySetResult();

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason)
    {
        _secured.TrySetException(new IOException($"{reason} {connection.CloseDetail}"));
        _arrived.Writer.TryComplete();
    }

    void IConnectionObserver.OnOutputDrained(IConnection connection)
    {
    }

    private async Task RunAsync()
    {
        try
        {
            foreach (var line in _script)
            {
                await StepAsync(line);
            }

            _connection.Flush();
            _done.TrySetResult();
        }
        catch (Exception wrong)
        {
            _done.TrySetException(wrong);
            _connection.Abort();
        }
    }

    private async Task StepAsync(string line)
    {
        var (word, rest) = line.IndexOf(' ') is > 0 and var blank ? (line[..blank], line[(blank + 1)..]) : (line, "");
        switch (word)
        {
            case "S:":
                _connection.Write(Encoding.UTF8.GetBytes(rest + "\r\n"));
                break;

            case "RAW:":
                _connection.Write(Encoding.UTF8.GetBytes(rest.Replace("\\r", "\r").Replace("\\n", "\n").Replace("\\0", "\0")));
                break;

            case "C:":
                var heard = await ReadLineAsync();
                if (!(rest.EndsWith('*') ? heard.StartsWith(rest[..^1], StringComparison.Ordinal) : heard == rest))
                {
                    throw new InvalidOperationException($"expected '{rest}', the client said '{heard}'");
                }

                break;

            case "BODY":
                for (var body = await ReadLineAsync(); body != "."; body = await ReadLineAsync())
                {
                    _content.Write(Encoding.UTF8.GetBytes(body + "\r\n"));
                }

                break;

            case "BYTES":
                var wanted = int.Parse(rest);
                while (_rest.Length < wanted)
                {
                    await ReadAsync();
                }

                _content.Write(_rest, 0, wanted);
                _rest = _rest[wanted..];
                break;

            case "TLS":
                _connection.Flush();
                _connection.StartTls(_tls!);
                await _secured.Task.WaitAsync(Patience);
                break;

            case "CLOSE":
                _connection.Close();
                break;

            case "ABORT":
                _connection.Abort();
                break;

            case "GONE":
                if (await MayReadAsync())
                {
                    throw new InvalidOperationException("expected the client to leave, it said: " + Encoding.UTF8.GetString(_rest));
                }

                break;

            case "LEFT":
                while (await MayReadAsync())
                {
                }

                break;

            case "OCTETS":
                await ReadAsync();
                break;

            default:
                throw new FormatException($"'{line}' is no step");
        }
    }

    private async Task<string> ReadLineAsync()
    {
        int lf;
        while ((lf = Array.IndexOf(_rest, (byte)'\n')) < 0)
        {
            await ReadAsync();
        }

        var line = Encoding.UTF8.GetString(_rest, 0, lf);
        _rest = _rest[(lf + 1)..];
        return line.EndsWith('\r') ? line[..^1] : throw new InvalidOperationException($"the client ended a line with a bare LF: {line}");
    }

    private async Task ReadAsync()
    {
        if (!await MayReadAsync())
        {
            throw new InvalidOperationException("the client left, after: " + Encoding.UTF8.GetString(_rest));
        }
    }

    private async Task<bool> MayReadAsync()
    {
        _connection.Flush();
        if (!_asked && !_arrived.Reader.Completion.IsCompleted)
        {
            _asked = true;
            _connection.RequestInput();
        }

        if (!await _arrived.Reader.WaitToReadAsync().AsTask().WaitAsync(Patience))
        {
            return false;
        }

        while (_arrived.Reader.TryRead(out var more))
        {
            _rest = [.. _rest, .. more];
        }

        return true;
    }
}
