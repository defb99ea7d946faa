using System.Text;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Cli.Sending;

/// <summary>Files that a user names: opened, read and refused in one line of their own.</summary>
internal static class Files
{
    private const int MaxText = 32 << 20;
    private const int PieceSize = 64 * 1024;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="CommandFailedException">It cannot be: exit 65 where there is none, 77 where it is not ours.</exception>
    public static FileStream OpenRead(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{path} is a folder, not a file");
            }

            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailedException(ExitCodes.BadData, $"there is no file {path}");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCodes.Permission, $"{path} may not be read; check its permissions");
        }
    }

    /// <summary>A text file, or standard input for <c>-</c>: UTF-8, else Latin-1.</summary>
    /// <exception cref="CommandFailedException">It cannot be read, or is over 32 MiB.</exception>
    public static string ReadText(string path, Terminal terminal)
    {
        using var input = path == "-" ? terminal.InOctets() : OpenRead(path);
        using var octets = new MemoryStream();
        var buffer = new byte[PieceSize];
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            octets.Write(buffer, 0, read);
            if (octets.Length > MaxText)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{Named(path)} is over 32 MiB, too much for a text; attach it instead");
            }
        }

        var text = octets.GetBuffer().AsSpan(0, (int)octets.Length);
        text = text.StartsWith("\xEF\xBB\xBF"u8) ? text[3..] : text;
        return (System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8 : Encoding.Latin1).GetString(text);
    }

    /// <summary>A file to attach; it is read when the message is sent.</summary>
    public static AttachedFile Attachment(string path)
    {
        using var file = OpenRead(path);
        return new AttachedFile(Path.GetFileName(path), new PartContent(file.Length, () => Pieces(path)));
    }

    /// <summary>Standard input in a file that goes away by itself: what is read twice cannot come from a pipe.</summary>
    public static string Spool(Terminal terminal, ICollection<string> temporary)
    {
        var path = Path.GetTempFileName();                              // made by mkstemp: ours alone
        temporary.Add(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        using var input = terminal.InOctets();
        input.CopyTo(file);
        return path;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(string path)
    {
        using var file = OpenRead(path);
        var buffer = new byte[PieceSize];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            yield return buffer.AsMemory(0, read);
        }
    }

    private static string Named(string path) => path == "-" ? "standard input" : path;
}
