using System.Collections.Immutable;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>One errand under way: which hosts it has still to try, whose fate is known, and what is told of the host it is at.</summary>
/// <param name="errand">What is carried.</param>
/// <param name="hops">In the order of trying.</param>
internal sealed class Carriage(Errand errand, ImmutableArray<Hop> hops)
{
    private readonly List<RecipientOutcome> _told = [];
    private readonly Dictionary<int, RecipientOutcome> _tentative = [];
    private readonly SortedSet<int> _left = [.. errand.Recipients];
    private Queue<int> _pending = new(errand.Recipients);
    private int _askedAt = -1;

    public Errand Errand => errand;

    /// <summary>Where it is; past the end: nowhere is left.</summary>
    public int Place { get; private set; }

    public Hop? Current => Place < hops.Length ? hops[Place] : null;

    /// <summary>A host was tried for it, whatever came of it.</summary>
    public bool WasTried { get; set; }

    /// <summary>A dialogue came to it somewhere: the destination is alive.</summary>
    public bool CameThrough { get; private set; }

    /// <summary>Hosts that were asked to take it, however many transactions that took; one that lacks what the message needs is not asked.</summary>
    public int Asked { get; private set; }

    /// <summary>Every host so far said that it will never talk to us.</summary>
    public bool AllSaidNever { get; set; } = true;

    /// <summary>Of the hosts that could not be talked to, the one that it came furthest with, and what that means for a recipient.</summary>
    public (ClientState Phase, Func<int, bool, RecipientOutcome> Outcome)? Furthest { get; set; }

    /// <summary>Until when a host rests that it would have tried; the earliest.</summary>
    public DateTimeOffset? RestsUntil { get; set; }

    /// <summary>Of its relay's pace.</summary>
    public long Number { get; init; }

    /// <summary>Where it is since when, for the report.</summary>
    public (DateTimeOffset At, long Stamp) HereSince { get; set; }

    /// <summary>It goes in clear text since a handshake with this server failed a short while ago, as this; null: it does not.</summary>
    public string? FailedBefore { get; set; }

    /// <summary>The transaction under way.</summary>
    public ImmutableArray<int> Batch { get; private set; } = [];

    /// <summary>Somebody's fate is not known.</summary>
    public bool IsUnsettled => _left.Count > 0;

    /// <summary>There are recipients that this host was not asked for.</summary>
    public bool HasPending => _pending.Count > 0;

    /// <summary>A dialogue came to it here.</summary>
    /// <param name="wasAsked">It came to MAIL.</param>
    public void Came(bool wasAsked)
    {
        CameThrough = true;
        if (wasAsked && _askedAt != Place)
        {
            _askedAt = Place;
            Asked++;
        }
    }

    /// <summary>The next recipients for a transaction: so many at most, not some that need SMTPUTF8 beside others that do not, and all from one sender.</summary>
    public ImmutableArray<int> NextBatch(int most)
    {
        var batch = ImmutableArray.CreateBuilder<int>(Math.Min(most, _pending.Count));
        var rest = new Queue<int>();
        (bool IsInternational, bool IsPassedOn)? first = null;
        while (_pending.TryDequeue(out var next))
        {
            var its = (errand.Envelope.Recipients[next].Address.IsInternational, errand.Envelope.Recipients[next].IsPassedOn);
            if (batch.Count < most && (first ??= its) == its)
            {
                batch.Add(next);
            }
            else
            {
                rest.Enqueue(next);
            }
        }

        _pending = rest;
        return Batch = batch.ToImmutable();
    }

    /// <summary>A recipient's fate is known.</summary>
    public void Settle(RecipientOutcome outcome)
    {
        if (_left.Remove(outcome.Recipient))
        {
            _told.Add(outcome);
        }
    }

    /// <summary>What it comes to if no other host says better. That a host lacks something does not undo that another would take it later.</summary>
    public void Hope(RecipientOutcome outcome)
    {
        if (outcome.Kind != OutcomeKind.Never || _tentative.GetValueOrDefault(outcome.Recipient) is not { Kind: OutcomeKind.Later })
        {
            _tentative[outcome.Recipient] = outcome;
        }
    }

    /// <summary>The server wants it in a transaction of its own.</summary>
    public void Again(int recipient) => _pending.Enqueue(recipient);

    /// <summary>What is told of this host.</summary>
    public ImmutableArray<RecipientOutcome> TakeTold()
    {
        ImmutableArray<RecipientOutcome> told = [.. _told];
        _told.Clear();
        return told;
    }

    /// <summary>Goes on to the next host, or address; <see cref="MayGoOn"/> says whether there is one.</summary>
    /// <param name="elsewhere">Not to another address of the same host.</param>
    public void GoOn(bool elsewhere)
    {
        var here = Current?.Host.Name;
        do
        {
            Place++;
        }
        while (elsewhere && Current is { } next && next.Host.Name == here);

        _pending = new Queue<int>(_left);
    }

    /// <summary>There is another host, or address, to go to.</summary>
    public bool MayGoOn(bool elsewhere) => elsewhere
        ? hops.Skip(Place + 1).Any(h => h.Host.Name != Current!.Host.Name)
        : Place + 1 < hops.Length;

    /// <summary>The same host again, talked to in another way.</summary>
    public Carriage Replace(NextHop next)
    {
        hops = hops.SetItem(Place, hops[Place] with { Next = next });
        _pending = new Queue<int>(_left);
        return this;
    }

    /// <summary>
    /// Nowhere is left: what the last word was for each who is left. That a host lacks what the message needs stands only if no other one, which could not be talked to now,
    /// may have it.
    /// </summary>
    /// <param name="otherwise">What it means for a recipient of which nothing was said.</param>
    /// <param name="lacksStand">There is no host that may have it.</param>
    public void SettleRest(Func<int, RecipientOutcome> otherwise, bool lacksStand)
    {
        foreach (var recipient in _left.ToArray())
        {
            Settle(_tentative.GetValueOrDefault(recipient) switch
            {
                null => otherwise(recipient),
                { Kind: OutcomeKind.Never } lack => lacksStand ? lack : otherwise(recipient),
                var later => later,
            });
        }
    }

    /// <summary>As the client takes it.</summary>
    /// <param name="passedOn">The sender of what aliases pass on.</param>
    public MailToSend ToMail(IMailContent content, Func<ReversePath, ReversePath> passedOn) => new(
        Batch is [var one, ..] && errand.Envelope.Recipients[one].IsPassedOn ? passedOn(errand.Envelope.From) : errand.Envelope.From, [.. Batch.Select(Named)], content)
    {
        Return = errand.Envelope.Return,
        EnvelopeId = errand.Envelope.EnvelopeId,
        RequireTls = errand.Envelope.RequireTls,
    };

    private RecipientToSend Named(int place)
    {
        var recipient = errand.Envelope.Recipients[place];
        return new RecipientToSend(recipient.Address, recipient.Notify, recipient.Original);
    }
}
