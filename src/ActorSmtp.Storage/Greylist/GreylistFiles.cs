using System.Buffers.Binary;
using System.Globalization;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Greylist;

/// <summary>
/// The greylist's files, in <c>greylist/</c> of the data directory: <c>table</c> is everything as it stood once, <c>log-N</c> what has changed since; the table's head
/// says from which log on. A table takes the place of an older one as a whole and synced, and only then the older logs go; so whatever cuts in between, all that
/// was synced is found again. Both begin with twelve octets: <c>ASG1</c> and the number.
/// </summary>
internal sealed class GreylistFiles(IDisk disk, string path, bool sync) : IDisposable
{
    public const int Head = 12;

    private const string Table = "table";
    private const string Aside = "table.new";
    private const string Log = "log-";
    private const int Block = 64 * 1024;
    private const uint Magic = 0x31475341;              // "ASG1"

    private IDiskDirectory? _directory;
    private IDiskFile? _log;
    private long _logLength;
    private long _number;

    /// <summary>Octets of the log that is being written.</summary>
    public long LogLength => _logLength;

    /// <summary>Octets of the table that is there.</summary>
    public long TableLength { get; private set; }

    /// <summary>Whether there is a log to write to.</summary>
    public bool IsOpen => _log is not null;

    /// <summary>Gives what is kept there to the table while another may be writing it, and makes nothing.</summary>
    /// <returns>What could not be read; null: nothing.</returns>
    public string? Look(GreylistTable table, DateTimeOffset now)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _directory = disk.OpenDirectory(path);
                return Load(_directory, table, now);
            }
            catch (DiskException none) when (none.Error == DiskError.NotFound)
            {
                if (_directory is null || attempt == 3)
                {
                    return null;                                    // nothing was ever kept there
                }

                Dispose();                                          // the other has just written all of it anew: once more
            }
            catch (DiskException failed)
            {
                return failed.Message;
            }
        }
    }

    /// <summary>Makes the directory, and gives what is kept there to the table.</summary>
    /// <returns>What could not be read; null: nothing.</returns>
    public string? Load(GreylistTable table, DateTimeOffset now) => Load(_directory = Make(), table, now);

    private string? Load(IDiskDirectory directory, GreylistTable table, DateTimeOffset now)
    {
        string? damage = null;
        if (directory.Exists(Table))
        {
            damage = Read(Table, table, now, out _number);
            TableLength = directory.Status(Table)?.Length ?? 0;
        }

        foreach (var number in Logs().Where(n => n >= _number).Order().ToList())
        {
            _ = Read($"{Log}{number:D8}", table, now, out _);       // the end of a log is where a crash cut it
            _number = number;
        }

        return damage;
    }

    /// <summary>Begins another log; what is appended from now on is in none of the older ones.</summary>
    public void BeginLog()
    {
        Close();
        _directory ??= Make();
        _number = Math.Max(_number, Logs().DefaultIfEmpty().Max()) + 1;
        var name = $"{Log}{_number:D8}";
        _directory.Delete(name);
        var log = _directory.Open(name, DiskAccess.CreateNew);
        try
        {
            log.Write(HeadOf(_number), 0);
            if (sync)
            {
                _directory.Sync();
            }
        }
        catch
        {
            log.Dispose();
            throw;
        }

        (_log, _logLength) = (log, Head);
    }

    public void Append(ReadOnlySpan<byte> records)
    {
        _log!.Write(records, _logLength);
        _logLength += records.Length;
    }

    /// <summary>What was appended is there after a power cut too.</summary>
    public void Sync()
    {
        if (sync)
        {
            _log!.Sync();
        }
    }

    /// <summary>Replaces the table by all that is given, and removes logs that are in it: all but the one begun last.</summary>
    public void Replace(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        var directory = _directory!;
        directory.Delete(Aside);
        using (var file = directory.Open(Aside, DiskAccess.CreateNew))
        {
            file.Write(HeadOf(_number), 0);
            var length = (long)Head;
            foreach (var piece in records)
            {
                file.Write(piece.Span, length);
                length += piece.Length;
            }

            if (sync)
            {
                file.Sync();
            }

            TableLength = length;
        }

        directory.Rename(Aside, Table);
        if (sync)
        {
            directory.Sync();
        }

        foreach (var old in Logs().Where(n => n < _number).ToList())
        {
            directory.Delete($"{Log}{old:D8}");
        }
    }

    /// <summary>The log is closed as it is.</summary>
    public void Close()
    {
        _log?.Dispose();
        _log = null;
    }

    public void Dispose()
    {
        Close();
        _directory?.Dispose();
        _directory = null;
    }

    private IDiskDirectory Make()
    {
        DataDirectory.Make(disk, path);
        return disk.OpenDirectory(path);
    }

    private IEnumerable<long> Logs()
    {
        foreach (var name in _directory!.List())
        {
            if (name.StartsWith(Log, StringComparison.Ordinal) && long.TryParse(name.AsSpan(Log.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return number;
            }
        }
    }

    private string? Read(string name, GreylistTable table, DateTimeOffset now, out long number)
    {
        using var file = _directory!.Open(name, DiskAccess.Read);
        var (block, held, offset) = (new byte[Block], 0, (long)Head);
        number = 0;
        if (file.Read(block.AsSpan(0, Head), 0) < Head || BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic)
        {
            return $"{path}/{name} is no file of ours, or of a later version";
        }

        number = BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(4));
        while (true)
        {
            var read = file.Read(block.AsSpan(held), offset + held);
            var there = held + read;
            var at = 0;
            for (int length; (length = GreylistRecord.Take(block.AsSpan(at, there - at), table, now)) > 0;)
            {
                at += length;
            }

            offset += at;
            held = there - at;
            if (held >= GreylistRecord.Longest || (read == 0 && held > 0))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{path}/{name} cannot be read from octet {offset} on");
            }

            if (read == 0)
            {
                return null;
            }

            block.AsSpan(at, held).CopyTo(block);
        }
    }

    private static byte[] HeadOf(long number)
    {
        var head = new byte[Head];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(4), number);
        return head;
    }
}
