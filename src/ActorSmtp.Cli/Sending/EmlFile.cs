using System.Buffers;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Cli.Sending;

/// <summary>
/// A message that is there already (<c>--eml</c>): line ends become CRLF, a leading mbox line, Bcc and Return-Path are left out, the rest
/// goes as it is. The file is read twice, in pieces: once to know its size and what it needs, once to send it.
/// </summary>
internal sealed class EmlFile
{
    private const int MaxHeader = 1 << 20;
    private const int PieceSize = 64 * 1024;

    private readonly string _path;

    private EmlFile(string path, HeaderList header)
    {
        _path = path;
        Header = header;
    }

    /// <summary>Its header, Bcc included.</summary>
    public HeaderList Header { get; }

    /// <summary>The content to send.</summary>
    public IMailContent Content { get; private set; } = null!;

    /// <summary>Looks at a file.</summary>
    /// <exception cref="CommandFailedException">It cannot be read, or is no message.</exception>
    public static EmlFile Open(string path)
    {
        using var file = Files.OpenRead(path);
        var start = ReadHeader(file, path, out var headerEnd, out _);
        var header = HeaderList.Read(start.AsMemory(0, headerEnd), MimeLimits.Ample);
        if (header.Count == 0)
        {
            throw new CommandFailedException(ExitCodes.BadData, $"{path} is no message: it does not begin with header fields");
        }

        var eml = new EmlFile(path, header);
        var scan = new ContentScan();
        foreach (var piece in eml.Pieces())
        {
            scan.Take(piece.Span);
        }

        eml.Content = new StreamedContent(scan.Octets, scan.Finish(), eml.Pieces);
        return eml;
    }

    private IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        using var file = Files.OpenRead(_path);
        var start = ReadHeader(file, _path, out var headerEnd, out var newlines);
        yield return WithoutPrivateFields(start.AsSpan(0, headerEnd));
        var endsLine = start.Length > 0 && start[^1] == '\n';
        if (headerEnd < start.Length)
        {
            yield return start.AsMemory(headerEnd);
        }

        var buffer = new byte[PieceSize];
        var output = new ArrayBufferWriter<byte>(PieceSize * 2);
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            newlines.Write(buffer.AsSpan(0, read), output);
            if (output.WrittenCount > 0)
            {
                endsLine = output.WrittenSpan[^1] == '\n';
                yield return output.WrittenMemory;
                output.ResetWrittenCount();
            }
        }

        newlines.End(output);
        if (output.WrittenCount > 0)
        {
            endsLine = true;
            yield return output.WrittenMemory;
        }

        if (!endsLine)
        {
            yield return "\r\n"u8.ToArray();
        }
    }

    /// <summary>Reads to the end of the header or a little beyond, line ends made right; answers it with the place where it ends.</summary>
    private static byte[] ReadHeader(Stream file, string path, out int headerEnd, out NewlineNormalizer newlines)
    {
        newlines = default;
        var output = new ArrayBufferWriter<byte>();
        var buffer = new byte[PieceSize];
        while (true)
        {
            var read = file.Read(buffer);
            if (read == 0)
            {
                newlines.End(output);
                headerEnd = HeaderScanner.FindBody(output.WrittenSpan);
                return output.WrittenSpan.ToArray();
            }

            newlines.Write(buffer.AsSpan(0, read), output);
            if (output.WrittenSpan.IndexOf("\r\n\r\n"u8) >= 0)
            {
                headerEnd = HeaderScanner.FindBody(output.WrittenSpan);
                return output.WrittenSpan.ToArray();
            }

            if (output.WrittenCount > MaxHeader)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{path} is no message: its header does not end within 1 MiB");
            }
        }
    }

    /// <summary>The header as it goes out; an empty line ends it, whether there was one or not.</summary>
    private static byte[] WithoutPrivateFields(ReadOnlySpan<byte> header)
    {
        var kept = new ArrayBufferWriter<byte>(header.Length + 2);
        foreach (var field in new HeaderScanner(header))
        {
            if (!field.NameIs("Bcc"u8) && !field.NameIs("Return-Path"u8))       // RFC 5322 §3.6.3, RFC 5321 §4.4
            {
                kept.Write(field.Field);
            }
        }

        kept.Write("\r\n"u8);
        return kept.WrittenSpan.ToArray();
    }
}
