using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Policy;
using ActorSmtp.Storage;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// DATA (RFC 5321 §4.1.1.4) and BDAT (RFC 3030 §2): content goes from the connection to the store without passing here; this file says when,
/// and what the outcome is. A refused body is read to its end first: stopping early would turn mail text into commands.
/// </summary>
internal sealed partial class SessionActor
{
    private IMailWriter? _writer;
    private Envelope? _envelope;
    private SessionState _afterDiscarding;
    private Reply _whyDiscarded;
    private bool _chunksFollow;         // of a message that was refused in its midst
    private bool _isOfRefused;          // what is being discarded
    private long _mailAt;
    private long _committedAt;

    private State OnData()
    {
        var transaction = StateData.Transaction!;
        if (transaction.Mail.Parameters.Body == BodyType.BinaryMime)                        // RFC 3030 §3
        {
            return Refuse(Replies.DataForBinary);
        }

        BeginMessage();
        Say(Replies.StartInput);
        _talk.ReceiveData(_writer!);
        return Enter(S.Body);
    }

    private State OnBdat(Bdat c)
    {
        if (_writer is null)
        {
            BeginMessage();
            _talk.BeginChunks(_writer!, StateData.Transaction!.Mail.Parameters.Body == BodyType.BinaryMime);
        }

        _talk.ReceiveChunk(c.Size, c.Last);
        return Enter(S.Body);
    }

    /// <summary>BDAT where it is out of place: its octets follow all the same and are thrown away (RFC 3030 §2).</summary>
    private State OnRefusedBdat(Bdat c, Reply because)
    {
        _whyDiscarded = because;
        _afterDiscarding = StateName;
        _isOfRefused = _chunksFollow;
        _chunksFollow &= !c.Last;
        _talk.DiscardChunk(c.Size);
        return Enter(S.Discarding);
    }

    /// <summary>How much follows cannot be known, and mail text must never be read as commands: so this dialogue is over.</summary>
    private State OnMalformedBdat(Malformed c)
    {
        Say(c.Because);
        Say(Replies.LostStep);
        return End("a BDAT of unknown size");
    }

    /// <summary>Chunks behind one that was refused were sent before its reply was read: no further errors, but nothing that brings mail forward.</summary>
    private State OnDiscarded()
    {
        if (!_isOfRefused)
        {
            return Refuse(_whyDiscarded, _afterDiscarding, StateData);
        }

        Say(_whyDiscarded);
        return AskAfterJunk(_afterDiscarding, StateData);
    }

    /// <summary>The store hears of the message first by its trace (RFC 5321 §4.4).</summary>
    private void BeginMessage()
    {
        _envelope = _at.EnvelopeOf(_talk, StateData);
        var transaction = StateData.Transaction!;
        var gate = _seat?.Policy?.Receive(Facts(StateData), _talk);
        var inner = _at.Store.Begin(_envelope.Id, (IMailWriterObserver?)gate ?? _talk);
        _talk.WriteTrace(inner, _envelope, transaction, transaction.PassedOn());
        _writer = gate?.Over(inner) ?? inner;
    }

    private State OnBodyEnded(BodyFacts facts)
    {
        if (WhyRefused(facts) is { } no)
        {
            _chunksFollow = facts.MoreChunks;
            return RefuseContent(no);
        }

        if (facts.MoreChunks)
        {
            Say(Replies.ChunkOk(facts.ChunkOctets));
            return facts.ChunkOctets == 0 ? AskAfterJunk(S.Chunks, StateData) : Ask(S.Chunks, StateData);
        }

        (_writer as GateWriter)?.Complete();
        var envelope = _envelope!;
        if (facts.Seen.HasBareNewlines && !facts.Binary)
        {
            _at.Log.NewlinesNormalized(_talk.Actor, _talk.Id, envelope.Id, facts.Seen.BareCrs, facts.Seen.BareLfs);
            envelope = envelope with { NewlinesNormalized = true };
        }

        if (envelope.Body != BodyType.BinaryMime && facts.Seen.Has8Bit != (envelope.Body == BodyType.EightBitMime))
        {
            // RFC 6152 §3: what the octets are decides where it may go on to, not what was said of them.
            envelope = envelope with { Body = facts.Seen.Has8Bit ? BodyType.EightBitMime : BodyType.SevenBit };
        }

        if (facts.Seen.TlsNotRequired && !envelope.RequireTls)                              // RFC 8689 §4.1
        {
            envelope = envelope with { TlsNotRequired = true };
        }

        return AsksPolicy(PolicySteps.Content) ? Judge(new JudgedContent(StateData, envelope)) : Commit(envelope);
    }

    private State RefuseContent(in Reply no)
    {
        _at.Metrics.MessagesRefused.Add(1);
        _at.Log.MessageRefused(_talk.Actor, _talk.Id, StateData.Transaction!.Id, no);
        var count = _chunksFollow ? 1 : RepliesToMessage();
        Refused(no);
        DropTransaction();
        return RefuseMessage(no, count);
    }

    private State Commit(Envelope envelope)
    {
        var writer = _writer!;
        (_writer, _envelope) = (null, null);
        if (_seat?.Policy?.FieldsInFront is { } fields)
        {
            envelope = envelope with { Fields = fields };
        }

        _talk.WaitForOthers(_at.Limits.DataTimeout);
        _committedAt = _talk.Instant;
        _talk.Note(ChronicleKind.Committed, number: (int)Math.Min(int.MaxValue, _talk.Octets));
        _at.Metrics.OctetsReceived.Add(_talk.TakeOctetsIn());
        writer.Commit(envelope);                                                            // Stored may come before this returns
        return Enter(S.Storing);
    }

    /// <summary>The store keeps it. Only now the peer is told (durability contract).</summary>
    private State OnStored()
    {
        var transaction = StateData.Transaction!;
        _seat?.Policy?.Reset();
        _junk = _overshoot = 0;
        _talk.TakeTime();
        _talk.Note(ChronicleKind.Accepted, number: transaction.Count);
        _at.Metrics.MessagesAccepted.Add(1);
        _at.Metrics.CommitDuration.Record(_talk.Instant - _committedAt);
        _at.Metrics.MessageDuration.Record(_talk.Instant - _mailAt);
        if (_at.Metrics.Traces.AreWanted)
        {
            var (metrics, stable) = (_at.Metrics, _at.UtcNow);
            metrics.Traces.Accepted(
                transaction.Id, _talk.Id, _at.Listener, transaction.Count, _talk.Octets,
                stable - metrics.Between(_mailAt, _talk.Instant), stable - metrics.Between(_committedAt, _talk.Instant), stable);
        }

        _talk.Messages++;
        if (_at.Announcements.MailAccepted.IsWanted)
        {
            _at.Announcements.MailAccepted.Publish(new SessionMessages.MailAccepted(
                transaction.Id, _talk.Id, _at.Listener, transaction.Mail.From, transaction.Count, _talk.Octets));
        }

        _at.Log.MailAccepted(_talk.Actor, _talk.Id, transaction.Id, transaction.Mail.From, transaction.Count, _talk.Octets);
        SayOutcome(transaction);
        return Ask(S.Ready, StateData with { Transaction = null });
    }

    private State OnStoreFailed(StoreFailure failure)
    {
        var reply = failure == StoreFailure.Full ? Replies.DiskFull : Replies.StorageUnavailable;
        _at.Metrics.MessagesRefused.Add(1);
        _at.Log.StoreFailed(_talk.Actor, _talk.Id, StateData.Transaction!.Id, failure);
        _seat?.Policy?.Reset();
        _talk.TakeTime();
        Refused(reply);
        return RefuseMessage(reply, RepliesToMessage());
    }

    /// <summary>How many replies end the present message: in LMTP one for each recipient (RFC 2033 §4.2), but not to a chunk in its midst.</summary>
    private int RepliesToMessage() => _at.IsLmtp ? StateData.Transaction!.Count : 1;

    private void Refused(in Reply because) => _talk.Note(ChronicleKind.Refused, because.Text, Chronicle.CodesOf(because));

    /// <summary>The message is not taken; the session goes on.</summary>
    private State RefuseMessage(Reply no, int replies)
    {
        for (var i = 1; i < replies; i++)
        {
            Say(no);
        }

        return Refuse(no, S.Ready, StateData with { Transaction = null });
    }

    /// <summary>One reply, or in LMTP one for each RCPT that was accepted, in their order (RFC 2033 §4.2).</summary>
    private void SayOutcome(Transaction transaction)
    {
        if (!_at.IsLmtp)
        {
            Say(Replies.Accepted(transaction.Id));
            return;
        }

        foreach (var recipient in transaction.InOrder())
        {
            Say(Replies.Delivered(recipient.Address.ToString(), transaction.Id.ToString()));
        }
    }

    private Reply? WhyRefused(BodyFacts facts)
    {
        if (facts.Octets > _at.Limits.MessageSize)
        {
            return _at.MessageTooBig;
        }

        if (facts.Seen.ReceivedFields > _at.Limits.Hops)                                                   // RFC 5321 §6.3
        {
            return Replies.TooManyHops;
        }

        if (facts.Seen.WasDeliveredBefore)
        {
            return Replies.ComesBack;
        }

        var rejects = _at.Content.RejectBareNewlines;
        if (rejects && facts.Seen.HasBareNewlines && !facts.Binary)                         // RFC 5321 §2.3.8
        {
            return Replies.BareNewline;
        }

        return rejects && facts.Seen.Nuls > 0 && !facts.Binary ? Replies.NulInMessage : null;
    }

    private void DropTransaction()
    {
        _writer?.Abort();
        (_writer, _envelope) = (null, null);
        _seat?.Policy?.Reset();
        _talk.TakeUtf8(false);
    }
}
