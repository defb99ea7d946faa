using System.Net;

namespace ActorSmtp.Client.Load;

/// <summary>What load to put on which server. Checked when a generator is made from it.</summary>
public sealed record LoadPlan
{
    /// <summary>The server's address.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>Goes ahead although the server is not on this machine. A load on somebody else's server is an attack.</summary>
    public bool AllowRemote { get; init; }

    /// <summary>Sessions at the same time.</summary>
    public int Sessions { get; init; } = 10;

    /// <summary>Messages in all; null: as many as fit into <see cref="Duration"/>.</summary>
    public long? Messages { get; init; }

    /// <summary>When to begin no more messages; null: when <see cref="Messages"/> have been begun.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Octets of a message, header and line ends included; never less than the header needs.</summary>
    public int Size { get; init; } = 1024;

    /// <summary>Messages a second over all sessions; null: as fast as the server takes them.</summary>
    public double? Rate { get; init; }

    /// <summary>A new connection for each message.</summary>
    public bool Reconnect { get; init; }

    /// <summary>MAIL, RCPT and DATA in one write (RFC 2920).</summary>
    public bool Pipelining { get; init; }

    /// <summary>BDAT in place of DATA (RFC 3030), with the envelope in one write.</summary>
    public bool Chunking { get; init; }

    /// <summary><see cref="ClientTls.Off"/>, <see cref="ClientTls.StartTls"/> or <see cref="ClientTls.Implicit"/>. Certificates are not judged.</summary>
    public ClientTls Tls { get; init; } = ClientTls.Off;

    /// <summary>The name for SNI.</summary>
    public string ServerName { get; init; } = "localhost";

    /// <summary>Recipients of each message; they differ where <see cref="To"/> has <c>{n}</c>.</summary>
    public int Recipients { get; init; } = 1;

    /// <summary>The sender; <c>{n}</c> becomes a number that counts on from message to message.</summary>
    public string From { get; init; } = "sender@bench.test";

    /// <summary>The recipients; <c>{n}</c> becomes a number that counts on from recipient to recipient.</summary>
    public string To { get; init; } = "rcpt@bench.test";

    /// <summary>How many different numbers <c>{n}</c> takes, from 0, before it begins again.</summary>
    public int Spread { get; init; } = 100;

    /// <summary>How long to wait for a reply, and for the last ones after <see cref="Duration"/>.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Everything that is wrong with it, in words for the user; empty if nothing is.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        var found = new List<string>();
        Check(AllowRemote || IsLocal(Server), $"{Server} is not on this machine; load goes to loopback addresses and Unix sockets only");
        Check(Sessions is >= 1 and <= 60_000, $"{Sessions} sessions; expected 1 to 60000");
        Check(Messages is not null || Duration is not null, "neither a number of messages nor a duration says when to end");
        Check(Messages is null or >= 1, $"{Messages} messages; expected at least 1");
        Check(Duration is null || Duration > TimeSpan.Zero, "the duration is not above zero");
        Check(Size is >= 1 and <= 1 << 30, $"messages of {Size} octets; expected 1 octet to 1 GiB");
        Check(Rate is null or (> 0 and <= 1e7), $"a rate of {Rate} messages a second; expected more than 0, at most 10 million");
        Check(Recipients is >= 1 and <= 10_000, $"{Recipients} recipients; expected 1 to 10000");
        Check(Spread is >= 1 and <= 1_000_000, $"a spread of {Spread}; expected 1 to 1000000");
        Check(!(Pipelining && Chunking), "pipelining and BDAT together: with BDAT the envelope goes out in one write anyway");
        Check(Tls != ClientTls.Auto, "TLS is off, starttls or implicit here: the load must be known");
        Check(IsAddress(From), $"'{From}' is no address to send from");
        Check(IsAddress(To), $"'{To}' is no address to send to");
        return found;

        void Check(bool right, string mistake)
        {
            if (!right)
            {
                found.Add(mistake);
            }
        }
    }

    /// <summary>Whether an address can only be this machine's own.</summary>
    public static bool IsLocal(EndPoint server) => server switch
    {
        IPEndPoint ip => IPAddress.IsLoopback(ip.Address),
        System.Net.Sockets.UnixDomainSocketEndPoint => true,
        _ => false,
    };

    // Enough that nothing but an address gets onto the wire; whether it is one is for the server to say.
    private static bool IsAddress(string text) =>
        text.Length is > 2 and < 255 && text.IndexOf('@', StringComparison.Ordinal) > 0 && !text.AsSpan().ContainsAny(" <>\r\n\t\0")
        && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
