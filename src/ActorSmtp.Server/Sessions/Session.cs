using ActorSmtp.Protocol.Delivery;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;

namespace ActorSmtp.Server.Sessions;

/// <summary>What is known of the peer and its dialogue. Immutable; RSET leaves it, STARTTLS forgets it (RFC 3207 §4.2).</summary>
/// <param name="Hello">EHLO, HELO or LHLO as last said; null before.</param>
/// <param name="User">The account that authenticated; null if none did.</param>
/// <param name="Errors">Replies of class 5 so far, counted against <c>limits.errors-per-session</c>.</param>
/// <param name="FailedLogins">Wrong credentials so far, counted against <c>auth.attempts-per-session</c>.</param>
/// <param name="Transaction">The open mail transaction; RSET drops it whole (RFC 5321 §4.1.1.5).</param>
public sealed record Session(Hello? Hello, string? User, int Errors, int FailedLogins, Transaction? Transaction)
{
    /// <summary>A dialogue in which nothing has been said.</summary>
    public static Session New { get; } = new(null, null, 0, 0, null);
}

/// <summary>How the peer introduced itself.</summary>
/// <param name="Name">Its argument, as given; never trusted.</param>
/// <param name="Extended">EHLO or LHLO: extensions may be used.</param>
public sealed record Hello(string Name, bool Extended);

/// <summary>One mail transaction (RFC 5321 §3.3): a sender and the recipients accepted so far.</summary>
/// <param name="Id">The message's id, from MAIL on in every log line.</param>
/// <param name="Mail">The MAIL command as parsed.</param>
/// <param name="Recipients">The last accepted recipient and, behind it, those before.</param>
public sealed record Transaction(MailId Id, Mail Mail, Accepted? Recipients)
{
    /// <summary>How many RCPT were accepted; equal ones count, since the limit is on what was sent.</summary>
    public int Count => Recipients?.Count ?? 0;

    /// <summary>The transaction with one more recipient.</summary>
    public Transaction With(Recipient recipient) =>
        this with { Recipients = new Accepted(recipient, Recipients, Count + 1) };

    /// <summary>The recipients in the order they were given, each mailbox once: equal ones get one copy.</summary>
    public ImmutableArray<Recipient> Distinct()
    {
        var all = InOrder();
        if (all.Length == 1)
        {
            return ImmutableCollectionsMarshal.AsImmutableArray(all);
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. all.Where(r => seen.Add(r.Account ?? r.Address.Canonical))];
    }

    /// <summary>The recipients in the order they were given.</summary>
    public Recipient[] InOrder()
    {
        var all = new Recipient[Count];
        var at = all.Length;
        for (var r = Recipients; r is not null; r = r.Before)
        {
            all[--at] = r.Recipient;
        }

        return all;
    }
}

/// <summary>A list that grows by sharing its tail: adding the thousandth recipient copies nothing.</summary>
public sealed record Accepted(Recipient Recipient, Accepted? Before, int Count);
