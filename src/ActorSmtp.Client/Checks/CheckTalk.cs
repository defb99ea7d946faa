using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Checks;

/// <summary>
/// One connection to the server under check: says octets as they are, right or wrong, and hears replies as they come. Does nothing by itself.
/// Every wait has an end. Used by one trial at a time.
/// </summary>
internal sealed class CheckTalk : IConnectionObserver
{
    private const int MostUnread = 1 << 20;
    private const int MostLines = 512;
    private const int LongestShown = 160;

    private readonly Channel<byte[]> _arrived = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<IConnection> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CheckPlan _plan;
    private readonly Observations _seen;
    private readonly List<string> _transcript;
    private TaskCompletionSource _secured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _drained = new(0, 1);
    private byte[] _unread = [];
    private volatile bool _asked;
    private string _lastSaid = "";
    private IConnection? _connection;

    private CheckTalk(CheckPlan plan, Observations seen, List<string> transcript) => (_plan, _seen, _transcript) = (plan, seen, transcript);

    /// <summary>What the last EHLO was answered with, without its first line; empty before, and after HELO.</summary>
    public ImmutableArray<string> Offered { get; set; } = [];

    /// <summary>What TLS settled; null in clear text.</summary>
    public TlsFacts? Tls => _connection?.Tls;

    /// <summary>The server ended the connection before TLS was settled, without a word of TLS about why.</summary>
    public bool WasHungUpOn { get; private set; }

    /// <summary>Whether the connection has ended and all was heard.</summary>
    public bool HasEnded => _unread.Length == 0 && _arrived.Reader.Completion.IsCompleted;

    /// <summary>Whether something has come that was not heard yet.</summary>
    public bool HasUnread => _unread.Length > 0;

    /// <summary>Connects; hears nothing yet.</summary>
    /// <exception cref="ServerUnreachableException">It cannot be done.</exception>
    public static async Task<CheckTalk> ConnectAsync(ITransport transport, CheckPlan plan, Observations seen, List<string> transcript)
    {
        var talk = new CheckTalk(plan, seen, transcript);
        transport.Connect(new ConnectOptions { EndPoint = plan.Server, Timeout = plan.Timeout }, talk);
        try
        {
            talk._connection = await talk._connected.Task.WaitAsync(plan.Timeout, plan.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new ServerUnreachableException($"no answer to the connection within {plan.Timeout.TotalSeconds:0.#} s");
        }

        return talk;
    }

    /// <summary>Whether the last EHLO offered a keyword.</summary>
    public bool Offers(string keyword) => Parameters(keyword) is not null;

    /// <summary>What stands behind a keyword of the last EHLO; null where it was not offered.</summary>
    public string? Parameters(string keyword)
    {
        foreach (var line in Offered)
        {
            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            var word = blank < 0 ? line : line[..blank];
            if (word.Equals(keyword, StringComparison.OrdinalIgnoreCase))
            {
                return blank < 0 ? "" : line[(blank + 1)..].Trim();
            }
        }

        return null;
    }

    /// <summary>Sends octets just as they are.</summary>
    public void Send(ReadOnlySpan<byte> octets, string? shown = null)
    {
        _lastSaid = shown ?? WireReply.Shown(octets);
        Note("C: " + _lastSaid);
        _connection!.Write(octets);
        _connection.Flush();
    }

    /// <summary>Sends text as UTF-8, just as it is.</summary>
    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    /// <summary>Says a command and hears its reply.</summary>
    public Task<WireReply> SayAsync(string command, string? shown = null)
    {
        Send(Encoding.UTF8.GetBytes(command + "\r\n"), shown ?? WireReply.Shown(Encoding.UTF8.GetBytes(command)));
        return HearAsync();
    }

    /// <summary>The next reply.</summary>
    /// <exception cref="ClauseBrokenException">None came in time, the connection ended, or what came is no reply.</exception>
    public async Task<WireReply> HearAsync()
    {
        var lines = new List<byte[]>();
        while (true)
        {
            var line = await ReadLineAsync().ConfigureAwait(false) ?? throw new ClauseBrokenException($"the server closed the connection after '{Short(_lastSaid)}'");
            Note("S: " + WireReply.Shown(line.AsSpan().TrimEnd("\r\n"u8)));
            lines.Add(line);
            if (WireReply.IsLast(line))
            {
                var reply = WireReply.Read(lines);
                _seen.Add(reply, _lastSaid);
                return reply;
            }

            if (lines.Count == MostLines)
            {
                throw new ClauseBrokenException($"the server's reply to '{Short(_lastSaid)}' has more than {MostLines} lines");
            }
        }
    }

    /// <summary>Every reply up to the end of the connection, or until the server says nothing more for so long.</summary>
    public async Task<List<WireReply>> HearAllAsync(TimeSpan silence)
    {
        var all = new List<WireReply>();
        while (await HasMoreAsync(silence).ConfigureAwait(false))
        {
            all.Add(await HearAsync().ConfigureAwait(false));
        }

        return all;
    }

    /// <summary>Waits until the server has read what was sent, so that little of a long message is held here.</summary>
    public async Task DrainAsync()
    {
        while (_connection!.OutputPending && !_arrived.Reader.Completion.IsCompleted)
        {
            if (!await _drained.WaitAsync(_plan.Timeout).ConfigureAwait(false))
            {
                throw new ClauseBrokenException($"the server does not read on within {_plan.Timeout.TotalSeconds:0.#} s");
            }
        }
    }

    /// <summary>Whether the server says something within a time; false also where it closes.</summary>
    public async Task<bool> HasMoreAsync(TimeSpan within, int atLeast = 1)
    {
        try
        {
            return _unread.Length >= atLeast || await ArrivesAsync(within).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Whether what comes next begins so; what comes need not be SMTP.</summary>
    public async Task<bool> StartsWithAsync(byte[] prefix, TimeSpan within)
    {
        while (_unread.Length < prefix.Length && await HasMoreAsync(within, atLeast: _unread.Length + 1).ConfigureAwait(false))
        {
        }

        return _unread.AsSpan().StartsWith(prefix);
    }

    /// <summary>Whether the server closes the connection in time. What it still says is left unheard.</summary>
    public async Task<bool> ClosesAsync()
    {
        try
        {
            while (await ArrivesAsync(_plan.Timeout).ConfigureAwait(false))
            {
                _unread = [];
            }

            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Takes the client's part of a TLS handshake, whatever the certificate is worth.</summary>
    /// <exception cref="ClauseBrokenException">It failed.</exception>
    public async Task SecureAsync()
    {
        if (_asked)
        {
            throw new InvalidOperationException("Input is asked for; a reply has to be heard before.");
        }

        _unread = [];
        _secured = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connection!.StartTls(new TlsClientOptions { ServerName = _plan.ServerName, Insecure = true });
        try
        {
            await _secured.Task.WaitAsync(_plan.Timeout, _plan.Time).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is TimeoutException or IOException)
        {
            throw new ClauseBrokenException($"the TLS handshake failed: {failed.Message}");
        }

        Offered = [];
        Note($"-- TLS {Tls?.Version}");
    }

    /// <summary>Logs in; answers what the server said at the end.</summary>
    public async Task<WireReply> LogInAsync(SaslClient exchange)
    {
        var initial = exchange.InitialResponse;
        var reply = await SayAsync($"AUTH {exchange.Mechanism}{(initial is null ? "" : " " + initial)}", $"AUTH {exchange.Mechanism} ***").ConfigureAwait(false);
        for (var round = 0; reply.Code == 334 && round < 8; round++)
        {
            reply = exchange.Next(reply.Texts[0]) is SaslAnswer.Send answer
                ? await SayAsync(answer.Line, "***").ConfigureAwait(false)
                : await SayAsync("*").ConfigureAwait(false);
        }

        return reply;
    }

    /// <summary>Resets the connection.</summary>
    public void Abort() => _connection?.Abort();

    void IConnectionObserver.OnConnected(IConnection connection) => _connected.TrySetResult(connection);

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
        WasHungUpOn = Tls is null && reason is CloseReason.PeerClosed or CloseReason.Reset;
        _connected.TrySetException(new ServerUnreachableException(connection.CloseDetail ?? reason.ToString()));
        _secured.TrySetException(new IOException(connection.CloseDetail ?? reason.ToString()));
        _ = _connected.Task.Exception;
        _ = _secured.Task.Exception;
        _arrived.Writer.TryComplete();
        LetGoOn();
    }

    void IConnectionObserver.OnOutputDrained(IConnection connection) => LetGoOn();

    private void LetGoOn()
    {
        try
        {
            _drained.Release();
        }
        catch (SemaphoreFullException)
        {
            // Told already.
        }
    }

    private async Task<byte[]?> ReadLineAsync()
    {
        while (true)
        {
            var lf = Array.IndexOf(_unread, (byte)'\n');
            if (lf >= 0)
            {
                var line = _unread[..(lf + 1)];
                _unread = _unread[(lf + 1)..];
                return line;
            }

            try
            {
                if (!await ArrivesAsync(_plan.Timeout).ConfigureAwait(false))
                {
                    return _unread.Length == 0 ? null : throw new ClauseBrokenException("the server closed the connection in the middle of a line");
                }
            }
            catch (TimeoutException)
            {
                throw new ClauseBrokenException($"no reply to '{Short(_lastSaid)}' within {_plan.Timeout.TotalSeconds:0.#} s");
            }
        }
    }

    /// <summary>Waits for more; false where the connection has ended.</summary>
    /// <exception cref="TimeoutException">Nothing came.</exception>
    private async Task<bool> ArrivesAsync(TimeSpan within)
    {
        if (!_asked && !_arrived.Reader.TryPeek(out _))
        {
            _asked = true;
            _connection!.RequestInput();
        }

        if (!await _arrived.Reader.WaitToReadAsync().AsTask().WaitAsync(within, _plan.Time).ConfigureAwait(false))
        {
            return false;
        }

        while (_arrived.Reader.TryRead(out var more))
        {
            _unread = [.. _unread, .. more];
        }

        return _unread.Length < MostUnread ? true : throw new ClauseBrokenException("the server sends without an end");
    }

    private void Note(string line) => _transcript.Add(Short(line));

    private static string Short(string text) => text.Length > LongestShown ? text[..LongestShown] + "…" : text;
}
