using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
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

    /// <summary>How many recipients that makes once aliases are followed: what is kept in memory.</summary>
    public int Kept => Recipients?.Kept ?? 0;

    /// <summary>The transaction with one more recipient.</summary>
    public Transaction With(Recipient recipient) =>
        this with { Recipients = new Accepted(recipient, Recipients, Count + 1, Kept + 1) };

    /// <summary>The transaction with one more RCPT, of an alias.</summary>
    /// <param name="recipient">As RCPT said it.</param>
    /// <param name="leads">Who gets the mail.</param>
    public Transaction With(Recipient recipient, ImmutableArray<Recipient> leads) =>
        this with { Recipients = new AcceptedAlias(recipient, leads, Recipients, Count + 1, Kept + leads.Length) };

    /// <summary>The transaction without an address that RCPT named, or that an alias named by it led to; the same one where there is none.</summary>
    public Transaction Without(Mailbox address)
    {
        var all = new Stack<Accepted>();
        var isNamed = false;
        for (var r = Recipients; r is not null; r = r.Before)
        {
            all.Push(r);
            isNamed |= IsThat(r.Recipient) || (r is AcceptedAlias alias && alias.Leads.Any(IsThat));
        }

        var without = this with { Recipients = null };
        while (isNamed && all.TryPop(out var r))
        {
            if (!IsThat(r.Recipient))
            {
                without = r is AcceptedAlias alias ? without.With(r.Recipient, alias.Leads.RemoveAll(IsThat)) : without.With(r.Recipient);
            }
        }

        return isNamed ? without : this;

        bool IsThat(Recipient recipient) => recipient.Address.Canonical.Equals(address.Canonical, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whom the sender named, where it is one only: the address may then stand in the message's header, since nobody else reads it.</summary>
    public Mailbox? Addressee => Recipients is { Before: null } only ? only.Recipient.Address : null;

    /// <summary>The addresses given that lead to other domains; null: none.</summary>
    public IReadOnlySet<Mailbox>? PassedOn()
    {
        HashSet<Mailbox>? passedOn = null;
        for (var r = Recipients; r is not null; r = r.Before)
        {
            if (r is AcceptedAlias alias && alias.Leads.Any(l => l is { Account: null, IsExpanded: false }))
            {
                (passedOn ??= []).Add(alias.Recipient.Address);
            }
        }

        return passedOn;
    }

    /// <summary>Who gets the message, in the order they were given, aliases followed, each mailbox once: equal ones get one copy.</summary>
    public ImmutableArray<Recipient> Distinct()
    {
        var all = Followed();
        if (all.Length == 1)
        {
            return ImmutableCollectionsMarshal.AsImmutableArray(all);
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. all.Where(r => seen.Add(r.IsExpanded ? "\n" + r.Address.Canonical : r.Account ?? r.Address.Canonical))];
    }

    /// <summary>The recipients as they were given, in their order.</summary>
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

    private Recipient[] Followed()
    {
        var all = new Recipient[Kept];
        var at = all.Length;
        for (var r = Recipients; r is not null; r = r.Before)
        {
            if (r is AcceptedAlias alias)
            {
                at -= alias.Leads.Length;
                alias.Leads.CopyTo(all, at);
            }
            else
            {
                all[--at] = r.Recipient;
            }
        }

        return all;
    }
}

/// <summary>A list that grows by sharing its tail: adding the thousandth recipient copies nothing.</summary>
/// <param name="Recipient">As RCPT named it.</param>
/// <param name="Count">RCPT accepted so far.</param>
/// <param name="Kept">Recipients that they lead to.</param>
public record Accepted(Recipient Recipient, Accepted? Before, int Count, int Kept);

/// <summary>An address that leads to others.</summary>
/// <param name="Leads">Who gets the mail in its place.</param>
public sealed record AcceptedAlias(Recipient Recipient, ImmutableArray<Recipient> Leads, Accepted? Before, int Count, int Kept)
    : Accepted(Recipient, Before, Count, Kept);
