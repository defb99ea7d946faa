using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// The body of the composed message: mixed( alternative( text, related( html, inline… )), attachment… ), each level only
/// where it is needed.
/// </summary>
public sealed partial class MessageComposer
{
    /// <summary>
    /// Composes. Attachments are read when the result is written, but for attached messages, which are also read once
    /// here: they may not be encoded (RFC 2046 §5.2.1), so it must be known what is in them.
    /// </summary>
    /// <exception cref="ComposeException">No author, or something that cannot be said within the abilities.</exception>
    public ComposedMessage Compose(WireAbilities abilities)
    {
        if (_from.Count == 0)
        {
            throw new ComposeException("a message needs an author (From)");
        }
        var header = WriteHeader(abilities);
        var root = Root(abilities);
        var boundaries = new BoundaryMaker(_boundarySeed, root);
        var segments = new SegmentList();
        root.Write(header, segments, boundaries);
        return new ComposedMessage(segments.Finish(), root.IsEightBit, header.WroteUtf8);
    }

    private BodyNode Root(WireAbilities abilities)
    {
        var body = ReadableBody(abilities);
        if (_attachments.Count == 0 && (_html is not null || _inline.Count == 0))
        {
            return body ?? new TextNode(TextBody.Make("plain", "", abilities.EightBit));
        }
        var parts = new List<BodyNode>();
        if (body is not null)
        {
            parts.Add(body);
        }
        if (_html is null)
        {
            parts.AddRange(_inline.Select(f => FileNode.For(f, inline: true, abilities)));
        }
        parts.AddRange(_attachments.Select(f => FileNode.For(f, inline: false, abilities)));
        return new MultipartNode("mixed", parts);
    }

    private BodyNode? ReadableBody(WireAbilities abilities)
    {
        var text = _text is null ? null : new TextNode(TextBody.Make("plain", _text, abilities.EightBit));
        BodyNode? html = _html is null ? null : new TextNode(TextBody.Make("html", _html, abilities.EightBit));
        if (html is not null && _inline.Count > 0)
        {
            html = new MultipartNode("related", [html, .. _inline.Select(f => FileNode.For(f, inline: true, abilities))]);
        }
        return text is not null && html is not null ? new MultipartNode("alternative", [text, html]) : text ?? html;
    }

    private abstract record BodyNode
    {
        public abstract bool IsEightBit { get; }

        /// <summary>Writes the part's fields after those already in the header, then the body.</summary>
        public abstract void Write(HeaderWriter header, SegmentList segments, BoundaryMaker boundaries);

        /// <summary>Content that a boundary could stand in: encoded content cannot hold "=_".</summary>
        public abstract IEnumerable<IEnumerable<ReadOnlyMemory<byte>>> Unencoded();

        /// <summary>True when the body ends with a line end that the next boundary may take for its own.</summary>
        public virtual bool LendsLineEnd => false;
    }

    private sealed record TextNode(TextBody Body) : BodyNode
    {
        public override bool IsEightBit => Body.Encoding == TransferEncoding.EightBit;

        public override bool LendsLineEnd => Body.Encoding == TransferEncoding.Base64;

        public override void Write(HeaderWriter header, SegmentList segments, BoundaryMaker boundaries)
        {
            header.WithParameters("Content-Type", $"text/{Body.Subtype}", ("charset", "utf-8"));
            header.Tokens("Content-Transfer-Encoding", WireName(Body.Encoding));
            segments.Add(header);
            segments.Add(Body.Bytes);
        }

        public override IEnumerable<IEnumerable<ReadOnlyMemory<byte>>> Unencoded() =>
            Body.Encoding is TransferEncoding.SevenBit or TransferEncoding.EightBit ? [[Body.Bytes]] : [];
    }

    private sealed record FileNode(AttachedFile File, string MediaType, TransferEncoding Encoding, bool Inline) : BodyNode
    {
        public override bool IsEightBit => Encoding == TransferEncoding.EightBit;

        public override bool LendsLineEnd => Encoding == TransferEncoding.Base64 && File.Content.Length > 0;

        public static FileNode For(AttachedFile file, bool inline, WireAbilities abilities)
        {
            var type = (file.MediaType ?? MediaTypes.ForFile(file.FileName)).ToLowerInvariant();
            if (type is not ("message/rfc822" or "message/global") && type.StartsWith("message/", StringComparison.Ordinal))
            {
                type = MediaTypes.Unknown; // the other message types may not be base64 either, and nobody attaches them
            }
            if (type is not ("message/rfc822" or "message/global"))
            {
                return new FileNode(file, type, TransferEncoding.Base64, inline);
            }
            return AttachedMessageCheck.EncodingFor(file.Content, abilities) is { } encoding
                ? new FileNode(file, type, encoding, inline)
                : new FileNode(file, MediaTypes.Unknown, TransferEncoding.Base64, inline);
        }

        public override void Write(HeaderWriter header, SegmentList segments, BoundaryMaker boundaries)
        {
            // Readers that do not know RFC 2231 look for the name here.
            (string, string)[] fallback = ParameterWriter.IsPlain(File.FileName) ? [] : [("name", ParameterWriter.Fallback(File.FileName))];
            header.WithParameters("Content-Type", MediaType, fallback);
            header.Tokens("Content-Transfer-Encoding", WireName(Encoding));
            header.WithParameters("Content-Disposition", Inline ? "inline" : "attachment", ("filename", File.FileName));
            if (File.ContentId is { } id)
            {
                header.Tokens("Content-ID", $"<{id}>");
            }
            segments.Add(header);
            segments.Add(File.Content, Encoding == TransferEncoding.Base64);
        }

        public override IEnumerable<IEnumerable<ReadOnlyMemory<byte>>> Unencoded() =>
            Encoding == TransferEncoding.Base64 ? [] : [File.Content.Pieces()];
    }

    private sealed record MultipartNode(string Subtype, IReadOnlyList<BodyNode> Parts) : BodyNode
    {
        public override bool IsEightBit => Parts.Any(p => p.IsEightBit);

        public override void Write(HeaderWriter header, SegmentList segments, BoundaryMaker boundaries)
        {
            var boundary = boundaries.Next();
            header.WithParameters("Content-Type", $"multipart/{Subtype}", Parameters(boundary));
            if (IsEightBit)
            {
                header.Tokens("Content-Transfer-Encoding", "8bit"); // RFC 2045 §6.4
            }
            segments.Add(header);
            foreach (var part in Parts)
            {
                segments.Add(Encoding.ASCII.GetBytes($"--{boundary}\r\n"));
                part.Write(new HeaderWriter(false), segments, boundaries);
                segments.Add(part.LendsLineEnd ? [] : "\r\n"u8.ToArray());
            }
            segments.Add(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        }

        public override bool LendsLineEnd => true;

        public override IEnumerable<IEnumerable<ReadOnlyMemory<byte>>> Unencoded() => Parts.SelectMany(p => p.Unencoded());

        private (string, string)[] Parameters(string boundary) => Subtype == "related" && Parts[0] is TextNode root
            ? [("boundary", boundary), ("type", $"text/{root.Body.Subtype}")] // RFC 2387 §3.1
            : [("boundary", boundary)];
    }

    private static string WireName(TransferEncoding encoding) => encoding switch
    {
        TransferEncoding.SevenBit => "7bit",
        TransferEncoding.EightBit => "8bit",
        TransferEncoding.QuotedPrintable => "quoted-printable",
        _ => "base64",
    };

    /// <summary>
    /// Boundaries from the seed. "=_" keeps them out of encoded content; content that goes as it is, is searched, and the
    /// seed changed until it holds none.
    /// </summary>
    private sealed class BoundaryMaker
    {
        private readonly string _stem;
        private int _count;

        public BoundaryMaker(string seed, BodyNode root)
        {
            for (var attempt = 0; ; attempt++)
            {
                var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\0{attempt}"));
                _stem = "=_" + Convert.ToHexStringLower(hash.AsSpan(0, 12));
                if (!root.Unencoded().Any(content => AttachedMessageCheck.Contains(content, _stem)))
                {
                    return;
                }
            }
        }

        public string Next() => $"{_stem}_{++_count}";
    }
}
