using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Stands between the stores and the database, and spoils what it is told to.</summary>
internal sealed class Proxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];
    private readonly EndPoint _target;
    private volatile bool _refuses;
    private volatile TaskCompletionSource? _frozen;
    private volatile byte[]? _cutsAfter;
    private (byte[] What, byte[] By)? _replaces;
    private volatile bool _ended;
    private int _cuts;
    private int _held;

    public Proxy(EndPoint target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAll();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers that were thrown away.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>What was sent and did not pass, since it was frozen.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Connections that there are.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _open.Count / 2;
            }
        }
    }

    /// <summary>Closes every connection, and each new one at once.</summary>
    public void Refuse()
    {
        _refuses = true;
        CloseAll();
    }

    /// <summary>Nothing passes any more, and nothing is closed.</summary>
    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A connection that sends these octets is cut when the database answers: what it was asked for has been done by then.</summary>
    public void CutAnswerAfter(string marker) => _cutsAfter = System.Text.Encoding.ASCII.GetBytes(marker);

    /// <summary>Changes what is sent to the database; both are as long.</summary>
    public void Replace(string what, string by) => _replaces = (System.Text.Encoding.ASCII.GetBytes(what), System.Text.Encoding.ASCII.GetBytes(by));

    public void Mend()
    {
        _refuses = false;
        _cutsAfter = null;
        var frozen = _frozen;
        _frozen = null;
        frozen?.TrySetResult();
    }

    public void Dispose()
    {
        _ended = true;
        Mend();
        _listener.Stop();
        CloseAll();
    }

    private void CloseAll()
    {
        Socket[] all;
        lock (_gate)
        {
            all = [.. _open];
            _open.Clear();
        }

        foreach (var socket in all)
        {
            socket.Dispose();
        }
    }

    private async Task AcceptAll()
    {
        while (!_ended)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync();
                if (_refuses)
                {
                    client.Dispose();
                    continue;
                }

                _ = Join(client);
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task Join(Socket client)
    {
        var server = _target is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            lock (_gate)
            {
                _open.Add(client);
                _open.Add(server);
            }

            await server.ConnectAsync(_target);
            client.NoDelay = true;
            var marked = new StrongBox();
            await Task.WhenAny(
                Pump(client, server, sent =>
                {
                    marked.Set |= Has(sent);
                    Spoil(sent);
                    return false;
                }),
                Pump(server, client, _ => marked.Set && Interlocked.Increment(ref _cuts) > 0));
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // One side is gone, so both are.
        }

        client.Dispose();
        server.Dispose();
        lock (_gate)
        {
            _open.Remove(client);
            _open.Remove(server);
        }
    }

    private void Spoil(Span<byte> sent)
    {
        if (_replaces is not var (what, by))
        {
            return;
        }

        while (sent.IndexOf(what) is >= 0 and var at)
        {
            by.CopyTo(sent[at..]);
        }
    }

    private bool Has(ReadOnlySpan<byte> sent) => _cutsAfter is { } marker && sent.IndexOf(marker) >= 0;

    /// <param name="cuts">Looks at what is sent on; true: that is thrown away, with the connection.</param>
    private async Task Pump(Socket from, Socket to, Looker cuts)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                if (_frozen is { } frozen)
                {
                    Interlocked.Increment(ref _held);
                    await frozen.Task;
                }

                if (cuts(buffer.AsSpan(0, read)))
                {
                    return;
                }

                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                }
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The end of one direction is the end of both.
        }
    }

    private delegate bool Looker(Span<byte> sent);

    private sealed class StrongBox
    {
        private volatile bool _set;

        public bool Set
        {
            get => _set;
            set => _set = value;
        }
    }
}
