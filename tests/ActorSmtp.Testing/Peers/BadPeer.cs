using System.Collections.Concurrent;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Peers;

/// <summary>A message that a peer has taken responsibility for.</summary>
public sealed record TakenMail(string Sender, string Recipient, string Content);

/// <summary>
/// A next hop that does what its script says and is a textbook server otherwise. It keeps what it took, and what its clients did that no client
/// may do. Listens on any transport, in any clock's time.
/// </summary>
/// <param name="name">What it calls itself; its certificate is for that.</param>
/// <param name="script">What it does.</param>
/// <param name="time">Its clock.</param>
/// <param name="speaksLmtp">LMTP in place of SMTP.</param>
/// <param name="beginsWithTls">TLS from the first octet.</param>
public sealed class BadPeer(string name, PeerScript script, TimeProvider time, bool speaksLmtp = false, bool beginsWithTls = false) : IAcceptor
{
    private int _open;
    private long _said;

    public string Name => name;

    public PeerScript Script => script;

    public TimeProvider Time => time;

    public bool SpeaksLmtp => speaksLmtp;

    public bool BeginsWithTls => beginsWithTls;

    /// <summary>Recipients for whom it has taken a message.</summary>
    public ConcurrentQueue<TakenMail> Taken { get; } = [];

    /// <summary>What clients did wrong.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>Both sides of all dialogues, a line each.</summary>
    public ConcurrentQueue<string> Transcript { get; } = [];

    /// <summary>Connections that are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many there were.</summary>
    public int Connections { get; private set; }

    /// <summary>Octets it has said.</summary>
    public long Said => Volatile.Read(ref _said);

    void IAcceptor.OnAccepted(IConnection connection)
    {
        Connections++;
        Interlocked.Increment(ref _open);
        new PeerSession(this, connection, Connections).Begin();
    }

    void IAcceptor.OnAcceptTrouble(AcceptTrouble why) => Complaints.Enqueue(why.Detail);

    internal void Closed() => Interlocked.Decrement(ref _open);

    internal void Says(int connection, ReadOnlySpan<byte> octets)
    {
        Interlocked.Add(ref _said, octets.Length);
        Note(connection, 'S', octets);
    }

    internal void Note(int connection, char who, ReadOnlySpan<byte> octets)
    {
        if (Transcript.Count < 200)
        {
            Transcript.Enqueue($"{connection} {who}: {Encoding.Latin1.GetString(octets[..Math.Min(octets.Length, 100)]).Replace("\r", "\\r").Replace("\n", "\\n")}");
        }
    }
}
