using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Client;

/// <summary>Finds out what content needs of a server.</summary>
public static class ContentKinds
{
    /// <summary>Looks at all octets once.</summary>
    public static ContentKind Of(ReadOnlySpan<byte> octets)
    {
        var scan = new ContentScan();
        scan.Take(octets);
        return scan.Finish();
    }
}

/// <summary>Looks at content piece by piece, for what is too big to lie in memory.</summary>
/// <remarks>
/// DEVIATES: RFC 5322 §2.1.1 forbids lines over 998 octets. They do not make content binary here: every server takes them, and mail that
/// has them could go nowhere otherwise.
/// </remarks>
public sealed class ContentScan
{
    private readonly ChunkDecoder _decoder = new();
    private int _lineEnds = 1;                                              // the empty line may be the first
    private bool _inHeader = true;
    private bool _hasUtf8Headers;

    /// <summary>Octets seen so far.</summary>
    public long Octets { get; private set; }

    /// <summary>Takes the next piece.</summary>
    public void Take(ReadOnlySpan<byte> piece)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        Octets += piece.Length;
        for (var at = 0; _inHeader && at < piece.Length; at++)
        {
            _hasUtf8Headers |= piece[at] > 127;
            _lineEnds = piece[at] switch
            {
                (byte)'\n' => _lineEnds + 1,
                (byte)'\r' => _lineEnds,
                _ => 0,
            };
            _inHeader = _lineEnds < 2;
        }

        _decoder.Begin(piece.Length);
        while (!piece.IsEmpty)
        {
            _ = _decoder.Decode(piece, out var consumed, out _);
            piece = piece[consumed..];
        }
    }

    /// <summary>What it needs.</summary>
    public ContentKind Finish()
    {
        _decoder.Complete();
        var seen = _decoder.Report;
        return new ContentKind(seen.Has8Bit, seen.HasBareNewlines || seen.Nuls > 0, _hasUtf8Headers);
    }
}
