using System.Globalization;
using System.Text;
using Serilog.Events;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// The files <c>log/actorsmtp-000001.jsonl</c> …: one JSON object a line, the next number when one is full, the oldest removed. Not opened
/// before <see cref="Open"/>: two servers that are started on one data directory do not write into each other's files.
/// </summary>
internal sealed class LogFolder : IDisposable
{
    private readonly string _folder;
    private readonly long _size;
    private readonly int _count;
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _scratch = new();
    private readonly ManualResetEventSlim _mayWrite = new();
    private byte[] _octets = new byte[64 * 1024];
    private FileStream? _file;
    private volatile bool _never;

    public LogFolder(string dataDirectory, long size, int count)
    {
        _folder = FolderOf(dataDirectory);
        _size = size;
        _count = count;
    }

    public static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "log");

    /// <summary>The files there are, oldest first.</summary>
    /// <exception cref="UnauthorizedAccessException">The folder, or one above it, cannot be entered or listed by this user: that is not the same as no log.</exception>
    public static IReadOnlyList<string> Files(string dataDirectory)
    {
        var folder = FolderOf(dataDirectory);
        return !IsThere(folder) ? [] : [.. Directory.EnumerateFiles(folder, "actorsmtp-*.jsonl").Where(f => NumberOf(f) > 0).OrderBy(NumberOf)];
    }

    /// <summary>The data directory is ours: from now on lines are written, those that waited first.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public void Open()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _mayWrite.Set();
    }

    /// <summary>Writes a batch; on one thread. Waits until the folder is open.</summary>
    public void Write(IReadOnlyList<LogEvent> lines)
    {
        _mayWrite.Wait();
        if (_never)
        {
            return;
        }

        foreach (var line in lines)
        {
            JsonLines.Write(line, _text, _scratch);
            if (_text.Length > 256 * 1024)
            {
                WriteOut();
            }
        }

        WriteOut();
    }

    /// <summary>Lets a writer go that still waits for <see cref="Open"/>.</summary>
    public void GiveUp()
    {
        if (!_mayWrite.IsSet)
        {
            _never = true;
            _mayWrite.Set();
        }
    }

    public void Dispose() => _file?.Dispose();

    private void WriteOut()
    {
        var file = CurrentFile();
        foreach (var chunk in _text.GetChunks())
        {
            var most = Encoding.UTF8.GetMaxByteCount(chunk.Length);
            if (_octets.Length < most)
            {
                _octets = new byte[most];
            }

            file.Write(_octets, 0, Encoding.UTF8.GetBytes(chunk.Span, _octets));
        }

        _text.Clear();
    }

    private FileStream CurrentFile()
    {
        if (_file is { } open && open.Position < _size)
        {
            return open;
        }

        var files = Files(Path.GetDirectoryName(_folder)!);
        var number = files.Count > 0 ? NumberOf(files[^1]) : 0;
        var goOn = _file is null && files.Count > 0 && new FileInfo(files[^1]).Length < _size;
        _file?.Dispose();
        _file = null;
        var path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"actorsmtp-{(goOn ? number : number + 1):000000}.jsonl"));
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        foreach (var old in Files(Path.GetDirectoryName(_folder)!).SkipLast(_count))
        {
            File.Delete(old);
        }

        return _file;
    }

    /// <summary>Unlike <see cref="Directory.Exists"/> it tells what is not there from what must not be seen.</summary>
    private static bool IsThere(string folder)
    {
        try
        {
            return File.GetAttributes(folder).HasFlag(FileAttributes.Directory);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>The number in a file's name; 0 where there is none.</summary>
    public static int NumberOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return int.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
