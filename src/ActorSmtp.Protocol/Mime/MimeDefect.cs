using System.Collections;

namespace ActorSmtp.Protocol.Mime;

/// <summary>What was wrong with a message that was read all the same.</summary>
public enum MimeDefectKind
{
    LinesBeforeHeader,
    NoEmptyLine,
    BadHeaderField,
    HeaderLimit,
    RepeatedField,
    BadContentType,
    BadContentDisposition,
    MissingBoundary,
    BoundaryNotFound,
    MissingCloseBoundary,
    DuplicateBoundary,
    DepthLimit,
    PartLimit,
    UnknownTransferEncoding,
    TransferEncodingOnComposite,
}

/// <summary>One thing that was wrong, in words for a person.</summary>
public sealed record MimeDefect(MimeDefectKind Kind, string Detail);

/// <summary>The defects of one entity; each kind is recorded once, so a hostile mail cannot make the list grow.</summary>
public sealed class MimeDefects : IReadOnlyList<MimeDefect>
{
    private readonly List<MimeDefect> _defects = [];

    public int Count => _defects.Count;

    public MimeDefect this[int index] => _defects[index];

    public bool Has(MimeDefectKind kind) => _defects.Exists(d => d.Kind == kind);

    public IEnumerator<MimeDefect> GetEnumerator() => _defects.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(MimeDefectKind kind, string detail)
    {
        if (!Has(kind))
        {
            _defects.Add(new MimeDefect(kind, detail));
        }
    }
}
