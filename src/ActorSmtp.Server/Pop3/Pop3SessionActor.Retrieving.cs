using Akka.Actor;
using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// RETR (RFC 1939 §5) and TOP (§7): from the disk a piece at a time through the encoder, which doubles dots and mends line ends, into the connection.
/// The next piece is asked for when the peer has taken the last.
/// </summary>
internal sealed partial class Pop3SessionActor
{
    private BodyEncoder? _encoder;
    private MessageReading? _reading;
    private TopLines? _top;
    private Pop3Reply _firstLine;
    private bool _hasBegun;

    private State OnRetr(Pop3Command.Retr c) => With(c.Message, () => BeginRetrieving(c.Message, Pop3Replies.Octets(_maildrop!.OctetsOf(c.Message)), null));

    private State OnTop(Pop3Command.Top c) => With(c.Message, () => BeginRetrieving(c.Message, Pop3Replies.TopFollows, new TopLines(c.Lines)));

    private State BeginRetrieving(int message, in Pop3Reply firstLine, TopLines? top)
    {
        _reading = new MessageReading(_pop.Reader, _maildrop!.Account, _maildrop.NameOf(message));
        _encoder ??= new BodyEncoder();
        _encoder.Reset();
        _top = top;
        _firstLine = firstLine;
        _hasBegun = false;
        _talk.BeginPieces();
        return ReadOn();
    }

    private State ReadOn()
    {
        _talk.AwaitDisk();
        var reading = _reading!;
        reading.ReadAsync().PipeTo(
            Self,
            success: isThere => new PieceRead(reading, isThere),
            failure: fault => new CannotRead(reading, fault.Message));
        return Enter(S.Retrieving);
    }

    private State OnPieceRead(PieceRead m)
    {
        if (m.Of != _reading)
        {
            return Stay();
        }

        _talk.DiskCame();
        if (!m.IsThere)                                                 // only the first time: then nothing was said yet
        {
            EndReading();
            return Refuse(Pop3Replies.IsGone, S.Transaction, StateData);
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            Say(_firstLine);
        }

        var content = _reading.Piece.Span;
        using var piece = new PieceBuffer();
        _encoder!.Encode(_top is null ? content : content[.._top.Take(content)], piece);
        if (!_reading.IsAtEnd && _top is not { IsComplete: true })
        {
            if (_talk.TrySend(piece))
            {
                return ReadOn();
            }

            _talk.AwaitRoom();
            return Stay();
        }

        _encoder.Finish(piece);
        _talk.EndPieces(piece);
        EndReading();
        _talk.Messages += _top is null ? 1 : 0;
        _at.Metrics.MessagesRetrieved.Add(_top is null ? 1 : 0);
        return Ask(S.Transaction, StateData);
    }

    /// <summary>Before the first line it can be said; in the middle of a message only the end of the connection tells that it is not whole.</summary>
    private State OnCannotRead(CannotRead m)
    {
        if (m.Of != _reading)
        {
            return Stay();
        }

        _at.Log.MaildropUnreadable(_talk.Actor, _talk.Id, _maildrop!.Account, m.Reason);
        EndReading();
        return _hasBegun ? HangUp("a message cannot be read") : Refuse(Pop3Replies.Unreadable, S.Transaction, StateData);
    }

    private void EndReading()
    {
        _reading?.End();
        _reading = null;
    }

    private sealed record PieceRead(MessageReading Of, bool IsThere) : INoSerializationVerificationNeeded;

    private sealed record CannotRead(MessageReading Of, string Reason) : INoSerializationVerificationNeeded;
}
