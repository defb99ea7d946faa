using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Simulation;

/// <summary>
/// A disk in memory that keeps what the real ones keep, and no more: content after a sync of its file, names after a sync of
/// their directory. A <see cref="PowerCut"/> loses the rest by chance: pages stay old, become new, or tear between sectors;
/// of the names' changes a beginning survives. Calls can be made to fail; a failed sync drops what it should have kept, and
/// the next one succeeds, as on Linux. The same seed gives the same disk.
/// </summary>
internal sealed class SimulatedDisk : IDisk
{
    internal const int PageSize = 4096, SectorSize = 512;

    private readonly Random _random;
    private readonly List<NameChange> _changes = [];
    private readonly List<SimulatedNode> _files = [];
    private readonly Dictionary<string, int> _calls = [];
    private readonly SimulatedNode _root = SimulatedNode.Directory(device: 1);
    private long _devices = 1;

    public SimulatedDisk(int seed) => _random = new Random(seed);

    /// <summary>Raised by each power cut or kill: what was open before is dead.</summary>
    public int Life { get; private set; }

    /// <summary>Octets there is room for.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>So much of a write that finds no space is written all the same, as on file systems that copy on write.</summary>
    public int WrittenWithoutSpace { get; set; }

    /// <summary>Called before every operation with its name, its path and how often it was called; an error makes it fail.</summary>
    public Func<string, string, int, DiskError?>? Fault { get; set; }

    /// <summary>Syncs that do nothing and say they did: what a program is like that forgot them. <c>file</c>, <c>directory</c>, <c>all</c>.</summary>
    public HashSet<string> Forgotten { get; } = [];

    /// <summary>The files whose content was said not to be wanted for a while.</summary>
    public HashSet<string> Cooled { get; } = [];

    public Lock Gate { get; } = new();

    public long Used { get; private set; }

    public IReadOnlyDictionary<string, int> Calls => _calls;

    /// <summary>The machine loses power and comes back.</summary>
    public void PowerCut()
    {
        lock (Gate)
        {
            Life++;
            for (var survive = _random.Next(2) == 0 ? 0 : _random.Next(_changes.Count + 1); survive > 0; survive--)
            {
                _changes[0].Keep();
                _changes.RemoveAt(0);
            }

            _changes.Clear();
            foreach (var file in _files)
            {
                file.LosePower(_random);
            }

            _root.RestoreNames();
            Used = _files.Where(file => file.IsReachable(_root)).Sum(file => (long)file.Length);
            _files.RemoveAll(file => !file.IsReachable(_root));
        }
    }

    /// <summary>The process is killed: nothing written is lost, nothing more is made stable.</summary>
    public void Kill()
    {
        lock (Gate)
        {
            Life++;
        }
    }

    /// <summary>Makes this directory, empty, the root of another file system: synced by itself, and nothing is moved between the two.</summary>
    public void Mount(string path)
    {
        lock (Gate)
        {
            var (parts, node) = (Parts(path), _root);
            for (var i = 0; i < parts.Length; i++)
            {
                if (i == parts.Length - 1 || !node.Entries!.ContainsKey(parts[i]))
                {
                    node.Entries![parts[i]] = node.StableEntries![parts[i]] = SimulatedNode.Directory(i == parts.Length - 1 ? ++_devices : node.Device);
                }

                node = node.Entries[parts[i]];
            }
        }
    }

    public bool CreateDirectory(string path)
    {
        lock (Gate)
        {
            Call("mkdir", path);
            var (parent, name) = Parent(path);
            if (parent.Entries!.TryGetValue(name, out var there))
            {
                return there.Entries is not null ? false : throw new DiskException(DiskError.Exists, "mkdir", path, "exists");
            }

            Change(new NameChange(parent, name, SimulatedNode.Directory(parent.Device)));
            return true;
        }
    }

    public IDiskDirectory OpenDirectory(string path)
    {
        lock (Gate)
        {
            Call("open", path);
            var node = _root;
            foreach (var part in Parts(path))
            {
                node = node.Entries is not null && node.Entries.TryGetValue(part, out var next) ? next
                    : throw new DiskException(DiskError.NotFound, "open", path, "no such directory");
            }

            return node.Entries is not null ? new SimulatedDirectory(this, path, node) : throw new DiskException(DiskError.NotFound, "open", path, "not a directory");
        }
    }

    internal void Call(string operation, string path)
    {
        var count = _calls[operation] = _calls.GetValueOrDefault(operation) + 1;
        if (Fault?.Invoke(operation, path, count) is { } error)
        {
            throw new DiskException(error, operation, path, $"simulated {error}");
        }
    }

    internal SimulatedNode CreateFile(SimulatedNode directory, string name)
    {
        var file = SimulatedNode.File(directory.Device);
        _files.Add(file);
        Change(new NameChange(directory, name, file));
        return file;
    }

    internal void Change(NameChange change)
    {
        change.Apply();
        _changes.Add(change);
    }

    /// <summary>Keeps the changes of a directory, and those earlier ones without which they make no sense.</summary>
    internal void KeepNames(SimulatedNode directory) => KeepNames(change => change.Touches(directory));

    internal void KeepEverything(long device)
    {
        KeepNames(change => change.IsOn(device));
        _files.FindAll(file => file.Device == device).ForEach(file => file.Keep());
    }

    private void KeepNames(Predicate<NameChange> wanted)
    {
        var kept = new List<NameChange>();
        for (var i = _changes.Count - 1; i >= 0; i--)
        {
            if (wanted(_changes[i]) || kept.Exists(_changes[i].IsNeededBy))
            {
                kept.Insert(0, _changes[i]);
                _changes.RemoveAt(i);
            }
        }

        kept.ForEach(change => change.Keep());
    }

    internal void Grow(long octets)
    {
        if (Used + octets > Capacity)
        {
            throw new DiskException(DiskError.NoSpace, "write", "", "simulated full disk");
        }

        Used += octets;
    }

    internal void Shrink(long octets) => Used -= octets;

    private (SimulatedNode Parent, string Name) Parent(string path)
    {
        var parts = Parts(path);
        var node = _root;
        foreach (var part in parts[..^1])
        {
            node = node.Entries is not null && node.Entries.TryGetValue(part, out var next) ? next
                : throw new DiskException(DiskError.NotFound, "mkdir", path, "no parent");
        }

        return (node, parts[^1]);
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A change of one name, or of two by a move: it is kept as a whole or lost as a whole.</summary>
internal sealed class NameChange(SimulatedNode directory, string name, SimulatedNode? node, SimulatedNode? from = null, string? fromName = null)
{
    public void Apply()
    {
        Set(directory.Entries!, name, node);
        if (from is not null)
        {
            from.Entries!.Remove(fromName!);
        }
    }

    public void Keep()
    {
        Set(directory.StableEntries!, name, node);
        if (from is not null)
        {
            from.StableEntries!.Remove(fromName!);
        }
    }

    public bool Touches(SimulatedNode other) => directory == other || from == other;

    public bool IsOn(long device) => directory.Device == device;

    /// <summary>Whether a later change to the same names builds on this one.</summary>
    public bool IsNeededBy(NameChange later) => later.Names(directory, name) || (from is not null && later.Names(from, fromName!));

    private bool Names(SimulatedNode other, string its) => (directory == other && name == its) || (from == other && fromName == its);

    private static void Set(Dictionary<string, SimulatedNode> entries, string name, SimulatedNode? node)
    {
        if (node is null)
        {
            entries.Remove(name);
        }
        else
        {
            entries[name] = node;
        }
    }
}

/// <summary>A file or a directory: as the program sees it, and as it would be after a power cut.</summary>
internal sealed class SimulatedNode
{
    private byte[] _content = [];
    private byte[] _stable = [];
    private int _stableLength;
    private readonly HashSet<int> _dirty = [];

    public Dictionary<string, SimulatedNode>? Entries { get; private set; }

    public Dictionary<string, SimulatedNode>? StableEntries { get; private set; }

    /// <summary>Whose file system it is on.</summary>
    public long Device { get; private init; }

    public int Length { get; private set; }

    public Span<byte> Content => _content.AsSpan(0, Length);

    public static SimulatedNode File(long device) => new() { Device = device };

    public static SimulatedNode Directory(long device) => new() { Entries = [], StableEntries = [], Device = device };

    public void Write(ReadOnlySpan<byte> bytes, int offset)
    {
        Room(ref _content, offset + bytes.Length);
        bytes.CopyTo(_content.AsSpan(offset));
        Length = Math.Max(Length, offset + bytes.Length);
        for (var page = offset / SimulatedDisk.PageSize; page * SimulatedDisk.PageSize < offset + bytes.Length; page++)
        {
            _dirty.Add(page);
        }
    }

    public void Keep()
    {
        Room(ref _stable, Length);
        foreach (var page in _dirty)
        {
            Copy(page * SimulatedDisk.PageSize, SimulatedDisk.PageSize);
        }

        _dirty.Clear();
        _stableLength = Length;
    }

    /// <summary>A sync failed: the pages count as clean, and are not on disk.</summary>
    public void Forget() => _dirty.Clear();

    public void LosePower(Random random)
    {
        Room(ref _stable, Length);
        foreach (var page in _dirty.Order())
        {
            var sectors = random.Next(4) switch
            {
                0 => random.Next(SimulatedDisk.PageSize / SimulatedDisk.SectorSize),
                1 => SimulatedDisk.PageSize / SimulatedDisk.SectorSize,
                _ => 0,
            };
            Copy(page * SimulatedDisk.PageSize, sectors * SimulatedDisk.SectorSize);
        }

        _dirty.Clear();
        _stableLength = Length != _stableLength && random.Next(2) == 0 ? Length : _stableLength;
        Length = _stableLength;
        _content = _stable[..Math.Min(_stable.Length, Length)];
    }

    public void RestoreNames()
    {
        if (StableEntries is null)
        {
            return;
        }

        Entries = new Dictionary<string, SimulatedNode>(StableEntries);
        foreach (var node in Entries.Values)
        {
            node.RestoreNames();
        }
    }

    public bool IsReachable(SimulatedNode from) => from == this || (from.Entries?.Values.Any(IsReachable) ?? false);

    private void Copy(int offset, int length)
    {
        var end = Math.Min(offset + length, Length);
        if (end > offset)
        {
            _content.AsSpan(offset, end - offset).CopyTo(_stable.AsSpan(offset));
        }
    }

    private static void Room(ref byte[] bytes, int length)
    {
        if (bytes.Length < length)
        {
            Array.Resize(ref bytes, Math.Max(length, bytes.Length * 2));
        }
    }
}
