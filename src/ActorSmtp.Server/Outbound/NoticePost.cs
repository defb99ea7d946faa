using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>How a notice's way into the journal ended.</summary>
/// <param name="Failure">Why it is not there; null: it is, and stable.</param>
/// <param name="IsStores">The journal takes nothing now, whatever it is; else it is this notice that cannot be made.</param>
internal readonly record struct PostEnd(string? Failure, bool IsStores)
{
    public static PostEnd Stored { get; } = new(null, false);
}

/// <summary>
/// One notice on its way into the journal, composed away from the actor since what goes back is read from the disk, and waiting where the journal cannot take more at
/// once. A message that cannot be read, wholly or from some place on, does not go back; its sender is told all the same. Tells how it ended, once.
/// </summary>
/// <param name="to">Who gets it.</param>
/// <param name="ended">Called once, from any thread.</param>
internal sealed class NoticePost(
    IMailStore journal, IBackground background, Envelope about, IQueuedContent content, long length, DeliveryReport report, ImmutableArray<Recipient> to, Action<PostEnd> ended) : IMailWriterObserver
{
    private const int Piece = 64 * 1024;

    private IMailWriter? _writer;
    private IEnumerator<ReadOnlyMemory<byte>>? _pieces;
    private Envelope? _envelope;
    private int _isWaiting;
    private bool _isCommitted;
    private bool _isWithoutMessage;
    private Signing.MailInSigning? _signing;

    /// <summary>Who signs it; null: nobody.</summary>
    public Signing.MailSigner? Signer { get; init; }

    public void Run() => _ = background.Run(Write);

    public void OnReady(MailId id)
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1)
        {
            Run();
        }
    }

    public void OnStored(MailId id) => ended(PostEnd.Stored);

    public void OnStoreFailed(MailId id, StoreFailure failure) => ended(new PostEnd($"the journal: {failure}", IsStores: true));

    private bool Write()
    {
        try
        {
            return WriteAll();
        }
        catch (IOException) when (!_isWithoutMessage && !_isCommitted)
        {
            Abort();
            _isWithoutMessage = true;
            return Write();
        }
        catch (Exception cannot) when (cannot is not OutOfMemoryException)
        {
            Abort();
            ended(new PostEnd(cannot.Message, IsStores: false));
            return false;
        }
    }

    private bool WriteAll()
    {
        if (_pieces is null)
        {
            Begin();
        }

        while (_pieces!.MoveNext())
        {
            _signing?.Message.Take(_pieces.Current.Span);
            Volatile.Write(ref _isWaiting, 1);      // before the writer can call back
            if (!_writer!.Write(_pieces.Current.Span))
            {
                return false;
            }

            Volatile.Write(ref _isWaiting, 0);
        }

        _pieces.Dispose();
        var envelope = Signed(_envelope!);
        _isCommitted = true;
        _writer!.Commit(envelope);
        return true;
    }

    private void Abort()
    {
        if (!_isCommitted)
        {
            _writer?.Abort();
        }

        _pieces?.Dispose();
        _signing?.Dispose();
        (_writer, _pieces, _signing) = (null, null, null);
        Volatile.Write(ref _isWaiting, 0);
    }

    private void Begin()
    {
        var whole = report with { Returned = _isWithoutMessage ? ReturnedMessage.Nothing : Returned() };
        _envelope = whole.ToEnvelope() with { Recipients = to };
        _pieces = DeliveryReportComposer.Compose(whole).Pieces().GetEnumerator();
        _signing = Signer is { HasKeys: true } ? Signer.Begin(sender: null, isOfUser: false) : null;
        _writer = journal.Begin(report.Id, this);
    }

    /// <summary>For the domain of our name, where that has a key: DMARC asks for it of reports too.</summary>
    private Envelope Signed(Envelope envelope)
    {
        if (_signing is not { } signing)
        {
            return envelope;
        }

        signing.Message.Complete();
        var (fields, _) = Signer!.Sign(signing);
        signing.Dispose();
        _signing = null;
        return fields.Length > 0 ? envelope with { Fields = fields } : envelope;
    }

    private ReturnedMessage Returned()
    {
        var beginning = new byte[(int)Math.Min(length, ReturnedMessage.MostHeader + 4)];
        var read = 0;
        for (int more; read < beginning.Length && (more = content.Read(read, beginning.AsSpan(read))) > 0;)
        {
            read += more;
        }

        return new ReturnedMessage(new PartContent(length, Pieces), ReturnedMessage.HeaderOf(beginning.AsMemory(0, read)), about.Body != Protocol.Smtp.BodyType.SevenBit);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var piece = new byte[(int)Math.Min(length, Piece)];
        for (var offset = 0L; offset < length;)
        {
            var read = content.Read(offset, piece);
            if (read == 0)
            {
                throw new IOException("The message ends before its length.");
            }

            offset += read;
            yield return piece.AsMemory(0, read);
        }
    }
}
