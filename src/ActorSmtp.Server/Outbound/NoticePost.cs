using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// One notice on its way into the journal, composed away from the actor since what goes back is read from the disk, and waiting where the journal cannot take more at
/// once. Tells how it ended, once.
/// </summary>
internal sealed class NoticePost(
    OutboundContext at, Envelope about, IQueuedContent content, long length, DeliveryReport report, ImmutableArray<Recipient> to, int slot, MailId id, IActorRef owner) : IMailWriterObserver
{
    private const int Piece = 64 * 1024;

    private IMailWriter? _writer;
    private IEnumerator<ReadOnlyMemory<byte>>? _pieces;
    private Envelope? _envelope;
    private int _isWaiting;
    private bool _isCommitted;

    public void Run() => _ = at.Background.Run(Write);

    public void OnReady(MailId id)
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1)
        {
            Run();
        }
    }

    public void OnStored(MailId id) => Tell(null);

    public void OnStoreFailed(MailId id, StoreFailure failure) => Tell($"the journal: {failure}");

    private bool Write()
    {
        try
        {
            if (_pieces is null)
            {
                Begin();
            }

            while (_pieces!.MoveNext())
            {
                Volatile.Write(ref _isWaiting, 1);  // before the writer can call back
                if (!_writer!.Write(_pieces.Current.Span))
                {
                    return false;
                }

                Volatile.Write(ref _isWaiting, 0);
            }

            _pieces.Dispose();
            _isCommitted = true;
            _writer!.Commit(_envelope!);
            return true;
        }
        catch (Exception cannot) when (cannot is not OutOfMemoryException)
        {
            if (!_isCommitted)
            {
                _writer?.Abort();
            }

            Tell(cannot.Message);
            return false;
        }
    }

    private void Begin()
    {
        var beginning = new byte[(int)Math.Min(length, ReturnedMessage.MostHeader + 4)];
        var read = 0;
        for (int more; read < beginning.Length && (more = content.Read(read, beginning.AsSpan(read))) > 0;)
        {
            read += more;
        }

        var whole = report with
        {
            Returned = new ReturnedMessage(new PartContent(length, Pieces), ReturnedMessage.HeaderOf(beginning.AsMemory(0, read)), about.Body != Protocol.Smtp.BodyType.SevenBit),
        };
        _envelope = whole.ToEnvelope() with { Recipients = to };
        _pieces = DeliveryReportComposer.Compose(whole).Pieces().GetEnumerator();
        _writer = at.Journal.Begin(id, this);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var piece = new byte[(int)Math.Min(length, Piece)];
        for (var offset = 0L; offset < length;)
        {
            var read = content.Read(offset, piece);
            if (read == 0)
            {
                yield break;                        // the composer notices
            }

            offset += read;
            yield return piece.AsMemory(0, read);
        }
    }

    private void Tell(string? failure) => owner.Tell(new NoticePosted(slot, id, failure), ActorRefs.NoSender);
}
