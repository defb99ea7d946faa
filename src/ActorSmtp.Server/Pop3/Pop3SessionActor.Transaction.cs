using System.Buffers;
using ActorSmtp.Protocol.Pop3;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// The TRANSACTION state (RFC 1939 §5) but for mail itself. A listing is written a piece at a time, so that a million lines never wait in memory.
/// </summary>
internal sealed partial class Pop3SessionActor
{
    /// <summary>Lines of a listing in one piece, some 10 to 30 KiB.</summary>
    private const int LinesInPiece = 500;

    private int _nextListed;
    private bool _listsIds;

    private State OnStat() => Answer(Pop3Replies.Stat(_maildrop!.Count, _maildrop.Octets));

    private State OnList(Pop3Command.List c) => c.Message is { } message
        ? With(message, () => Answer(Pop3Replies.Scan(message, _maildrop!.OctetsOf(message))))
        : BeginListing(Pop3Replies.Welcome(_maildrop!.Count, _maildrop.Octets), ids: false);

    private State OnUidl(Pop3Command.Uidl c) => c.Message is { } message
        ? With(message, () => Answer(Pop3Replies.Unique(message, UniqueId.Of(_maildrop!.NameOf(message).Key))))
        : BeginListing(Pop3Replies.UniqueIdsFollow, ids: true);

    private State OnDele(Pop3Command.Dele c) => With(c.Message, () =>
    {
        _maildrop!.Delete(c.Message);
        return Answer(Pop3Replies.MarkedDeleted);
    });

    private State OnRset()
    {
        _maildrop!.Reset();
        return Answer(Pop3Replies.Welcome(_maildrop.Count, _maildrop.Octets));
    }

    /// <summary>Does something with a message that is there and not marked.</summary>
    private State With(int message, Func<State> work) =>
        !_maildrop!.Has(message) ? Refuse(Pop3Replies.NoSuchMessage)
        : _maildrop.IsDeleted(message) ? Refuse(Pop3Replies.IsDeleted)
        : work();

    private State BeginListing(in Pop3Reply first, bool ids)
    {
        Say(first);
        _nextListed = 1;
        _listsIds = ids;
        _talk.BeginPieces();
        return ListOn();
    }

    /// <summary>The next piece of a listing; after the last one the next command.</summary>
    private State ListOn()
    {
        using var piece = new PieceBuffer();
        for (var lines = 0; lines < LinesInPiece; lines++)
        {
            var message = _maildrop!.NextListed(_nextListed);
            if (message == 0)
            {
                piece.Write(Pop3Writer.End);
                _talk.EndPieces(piece);
                return Ask(S.Transaction, StateData);
            }

            if (_listsIds)
            {
                Pop3Writer.WriteUnique(piece, message, UniqueId.Of(_maildrop.NameOf(message).Key));
            }
            else
            {
                Pop3Writer.WriteScan(piece, message, _maildrop.OctetsOf(message));
            }

            _nextListed = message + 1;
        }

        _ = _talk.TrySend(piece);
        _talk.AwaitRoom();
        return Enter(S.Listing);
    }
}
