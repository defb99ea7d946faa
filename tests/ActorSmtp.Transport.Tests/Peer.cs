using System.Collections.Concurrent;
using System.Text;

namespace ActorSmtp.Transport.Tests;

/// <summary>
/// One end of a connection in a test: notes what it is told, and lets the test take it in order. Reads by itself only where
/// <see cref="OnData"/> says so.
/// </summary>
internal sealed class Peer : IConnectionObserver
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly BlockingCollection<string> _told = [];
    private int _inside;

    /// <summary>Runs in place of noting, on the I/O thread.</summary>
    public Action<Peer>? OnData { get; set; }

    /// <summary>Runs in place of noting, on the I/O thread.</summary>
    public Action<Peer>? OnDrained { get; set; }

    /// <summary>Instead of telling the test of the connection at once, starts TLS, and tells then.</summary>
    public TlsClientOptions? Tls { get; init; }

    public IConnection Connection { get; set; } = null!;

    /// <summary>The deepest nesting of call-backs seen: one, if the promise is kept.</summary>
    public int Deepest { get; private set; }

    public int Closings { get; private set; }

    public CloseReason Reason { get; private set; }

    public string Text => Encoding.Latin1.GetString(Connection.Input);

    public void OnConnected(IConnection connection)
    {
        Connection = connection;
        if (Tls is { } tls)
        {
            connection.StartTls(tls);
        }
        else
        {
            _told.Add("connected");
        }
    }

    public void OnSecured(IConnection connection) => _told.Add("connected");

    public void OnInput(IConnection connection)
    {
        Deepest = Math.Max(Deepest, Interlocked.Increment(ref _inside));
        try
        {
            if (OnData is { } act)
            {
                act(this);
            }
            else
            {
                _told.Add("input");
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void OnOutputDrained(IConnection connection)
    {
        if (OnDrained is { } act)
        {
            act(this);
        }
        else
        {
            _told.Add("drained");
        }
    }

    public void OnClosed(IConnection connection, CloseReason reason)
    {
        Connection ??= connection;
        Closings++;
        Reason = reason;
        _told.Add("closed");
    }

    /// <summary>The next thing told must be this.</summary>
    public void Expect(string what)
    {
        Assert.True(_told.TryTake(out var told, Patience), $"expected '{what}', was told nothing");
        Assert.Equal(what, told);
    }

    public CloseReason ExpectClosed()
    {
        while (true)
        {
            Assert.True(_told.TryTake(out var told, Patience), "expected the end, was told nothing");
            if (told == "closed")
            {
                return Reason;
            }
        }
    }

    public void ExpectNothing() => Assert.False(_told.TryTake(out var told), $"was told '{told}'");

    /// <summary>Asks for input until it is at least so much, and leaves it unconsumed.</summary>
    public string Read(int atLeast)
    {
        while (Connection.Input.Length < atLeast)
        {
            Connection.RequestInput();
            Expect("input");
        }

        return Text;
    }

    public string ReadAndConsume(int count)
    {
        var text = Read(count)[..count];
        Connection.Consume(count);
        return text;
    }

    public void Say(string text)
    {
        Connection.Write(Encoding.Latin1.GetBytes(text));
        Connection.Flush();
    }

    /// <summary>From now on answers whatever comes with the same.</summary>
    public Peer Echo()
    {
        OnData = static p =>
        {
            p.Connection.Write(p.Connection.Input);
            p.Connection.Consume(p.Connection.Input.Length);
            p.Connection.Flush();
            p.Connection.RequestInput();
        };
        return this;
    }

    public static void Until(Func<bool> condition, string what)
    {
        var end = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, $"waited in vain: {what}");
            Thread.Yield();
        }
    }
}

/// <summary>Makes a peer of each accepted connection.</summary>
internal sealed class Acceptor(Action<Peer>? begin = null, TlsServerOptions? tls = null) : IAcceptor
{
    public BlockingCollection<Peer> Accepted { get; } = [];

    public BlockingCollection<AcceptTrouble> Troubles { get; } = [];

    public void OnAccepted(IConnection connection)
    {
        var peer = new Peer { Connection = connection };
        connection.Observer = peer;
        if (tls is not null)
        {
            connection.Observer = new Securing(peer, begin, Accepted);
            connection.StartTls(tls);
            return;
        }

        begin?.Invoke(peer);
        Accepted.Add(peer);
    }

    public void OnAcceptTrouble(AcceptTrouble why) => Troubles.Add(why);

    public Peer Next()
    {
        Assert.True(Accepted.TryTake(out var peer, Peer.Patience), "nobody was accepted");
        return peer;
    }

    private sealed class Securing(Peer peer, Action<Peer>? begin, BlockingCollection<Peer> accepted) : IConnectionObserver
    {
        public void OnConnected(IConnection connection) => Assert.Fail("an accepted connection does not connect");

        public void OnInput(IConnection connection) => Assert.Fail("input before TLS");

        public void OnOutputDrained(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason)
        {
            peer.OnClosed(connection, reason);
            accepted.Add(peer);
        }

        public void OnSecured(IConnection connection)
        {
            connection.Observer = peer;
            begin?.Invoke(peer);
            accepted.Add(peer);
        }
    }
}
