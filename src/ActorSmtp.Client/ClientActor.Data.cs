using System.Buffers;
using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Client.ClientState, ActorSmtp.Client.Dialogue>;
using S = ActorSmtp.Client.ClientState;

namespace ActorSmtp.Client;

/// <summary>
/// Content: read in pieces, and either encoded with its dots stuffed (DATA) or sent as it is in chunks (BDAT). One piece is in memory at a time;
/// the next is read when the kernel has taken this one, or the server has acknowledged its chunk.
/// </summary>
public sealed partial class ClientActor
{
    private const int PieceSize = 256 * 1024;
    private const int ChunksFrom = 32 * 1024;                           // below, DATA in the same flight as RCPT saves more

    private readonly BodyEncoder _encoder = new();
    private byte[]? _piece;
    private bool _reading;
    private bool _chunked;
    private long _sent;
    private ServerReply? _gaveUp;

    private static bool UsesChunks(MailToSend mail, Extensions offered) =>
        offered.Chunking && (mail.Content.Kind.IsBinary || mail.Content.Length >= ChunksFrom);

    private State OnDataReply(ServerReply reply)
    {
        var anyAccepted = StateData.Results.Any(r => r is null);
        if (reply.Code == 421)
        {
            return Break("the server is closing", reply, mayRetry: true);
        }

        if (reply.IsPositive)
        {
            return OutOfStep();                                         // no server says 2xx to DATA: it is another command's
        }

        if (reply.Code != 354)
        {
            var results = Decided(reply, S.AskingForData);
            return _mailRefused is null                                 // with a refused MAIL there is nothing to give up
                ? Reset(StateData with { Results = results, Final = anyAccepted ? reply : null })
                : Done(_mailRefused, results);
        }

        _chunked = false;
        if (!anyAccepted)
        {
            // RFC 2920 §3.1: a server may say 354 though it took nobody. Nothing but the end is sent, and its reply counts for nobody.
            _talk.Connection.Write(".\r\n"u8);
            _talk.Next();
            return GoTo(S.Deciding);
        }

        _encoder.Reset();
        _talk.InBody = true;
        _talk.Next();                                                   // it may give up in the middle
        return BeginBody(StateData);
    }

    private State BeginChunks(Dialogue next)
    {
        _chunked = true;
        return BeginBody(next);
    }

    private State BeginBody(Dialogue next)
    {
        _sent = 0;
        _gaveUp = null;
        ReadPiece(next.Mail!);
        return GoTo(S.Body).Using(next);
    }

    private void ReadPiece(MailToSend mail)
    {
        _piece ??= ArrayPool<byte>.Shared.Rent(PieceSize);
        _reading = true;
        var room = (int)Math.Min(PieceSize, mail.Content.Length - _sent);
        mail.Content.ReadAsync(_sent, _piece.AsMemory(0, room), CancellationToken.None).AsTask()
            .PipeTo(Self, success: n => new PieceRead(n), failure: f => new ReadFailed(f.Message));
    }

    private State OnPieceRead(PieceRead m)
    {
        _reading = false;
        var mail = StateData.Mail!;
        if (_gaveUp is { } reply)
        {
            return EndEarly(reply);
        }

        if (m.Octets == 0 && _sent < mail.Content.Length)
        {
            return Break("the message is shorter than it said", null, mayRetry: false);
        }

        var octets = _piece.AsSpan(0, m.Octets);
        _sent += m.Octets;
        var last = _sent >= mail.Content.Length;
        return _chunked ? SendChunk(octets, last) : SendLines(octets, last);
    }

    /// <summary>RFC 5321 §4.1.1.4 and §4.5.2.</summary>
    private State SendLines(ReadOnlySpan<byte> octets, bool last)
    {
        _encoder.Encode(octets, _talk.Connection.Output);
        if (last)
        {
            _encoder.Finish(_talk.Connection.Output);
            _talk.InBody = false;
            _talk.Note(fromServer: false, $"({_sent} octets, then the final dot)");
            ReturnPiece();
            _talk.Next();
            return GoTo(S.Deciding);
        }

        _talk.Flush();
        return _talk.Connection.OutputPending ? Stay() : OnDrained();
    }

    /// <summary>RFC 3030 §2.</summary>
    private State SendChunk(ReadOnlySpan<byte> octets, bool last)
    {
        if (_talk.HasUnreadInput)                                       // else it would be taken for the verdict
        {
            ReturnPiece();
            return OutOfStep();
        }

        _talk.Say(CommandWriter.Bdat(octets.Length, last));
        _talk.Connection.Write(octets);
        if (last)
        {
            ReturnPiece();
        }

        _talk.Next();
        return last ? GoTo(S.Deciding) : Stay();
    }

    /// <summary>The kernel took all that was written. A chunk waits for its reply besides.</summary>
    private State OnDrained()
    {
        if (!_chunked && !_reading && !_talk.Connection.OutputPending)
        {
            ReadPiece(StateData.Mail!);
        }

        return Stay();
    }

    private State OnReplyAmidBody(ServerReply reply)
    {
        if (_chunked && reply.IsPositive)
        {
            ReadPiece(StateData.Mail!);
            return Stay();
        }

        _gaveUp = reply;
        return _reading ? Stay() : EndEarly(reply);
    }

    /// <summary>The server refused in the middle: its word stands for all who were left.</summary>
    private State EndEarly(ServerReply reply)
    {
        _gaveUp = null;
        ReturnPiece();
        var results = Decided(reply with { Code = reply.IsPositive ? 451 : reply.Code }, S.Body);
        if (_chunked && reply.Code != 421)
        {
            return Reset(StateData with { Results = results });         // RFC 3030 §2: nothing but RSET goes on
        }

        _owner.Tell(new ClientMessages.Sent([.. results.Select(r => r!)], reply) { IsLast = true });
        return Over();                                                  // half a message is in the air: no way back into step
    }

    private State OnVerdict(ServerReply reply)
    {
        if (reply.IsIntermediate)
        {
            return Break($"the server answered the end of the message with {reply.Code}", null, mayRetry: true);
        }

        if (!_target.Lmtp)
        {
            return Done(reply, Decided(reply, S.Deciding));
        }

        // RFC 2033 §4.2: one reply for each recipient that RCPT accepted, in their order.
        var results = StateData.Results;
        var at = results.IndexOf(null);
        if (at >= 0)
        {
            results = results.SetItem(at, new RecipientResult(StateData.Mail!.Recipients[at].Address, reply.IsPositive, reply, S.Deciding));
        }

        if (reply.Code == 421 || results.IndexOf(null) < 0)
        {
            return Done(reply, reply.Code == 421 ? Decided(reply, S.Deciding) : results);
        }

        _talk.Next();
        return Stay().Using(StateData with { Results = results });
    }

    /// <summary>One reply for all who were accepted so far.</summary>
    private ImmutableArray<RecipientResult?> Decided(ServerReply reply, ClientState phase)
    {
        var recipients = StateData.Mail!.Recipients;
        return [.. StateData.Results.Select((r, i) => r ?? new RecipientResult(recipients[i].Address, reply.IsPositive, reply, phase))];
    }

    private void ReturnPiece()
    {
        if (_piece is { } piece && !_reading)
        {
            _piece = null;
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>A piece that was read after the message was given up.</summary>
    private State OnLatePiece()
    {
        _reading = false;
        ReturnPiece();
        return Stay();
    }

    private sealed record PieceRead(int Octets);

    private sealed record ReadFailed(string Why);
}
