using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Simulation;

/// <summary>An open directory of a <see cref="SimulatedDisk"/>; dead after the life it was opened in.</summary>
internal sealed class SimulatedDirectory(SimulatedDisk disk, string path, SimulatedNode node) : IDiskDirectory
{
    private readonly int _life = disk.Life;

    public string Path => path;

    public long Device => node.Device;

    public IDiskFile Open(string name, DiskAccess access) => Do(access is DiskAccess.CreateNew or DiskAccess.CreateNewUncached ? "create" : "open", name, () =>
    {
        if (access is DiskAccess.CreateNew or DiskAccess.CreateNewUncached)
        {
            return node.Entries!.ContainsKey(name) ? throw new DiskException(DiskError.Exists, "open", Of(name), "exists")
                : new SimulatedFile(disk, Of(name), disk.CreateFile(node, name));
        }

        return node.Entries!.TryGetValue(name, out var file) && file.Entries is null ? new SimulatedFile(disk, Of(name), file)
            : throw new DiskException(DiskError.NotFound, "open", Of(name), "no such file");
    });

    public bool Exists(string name) => Do("access", name, () => node.Entries!.ContainsKey(name));

    public void Rename(string from, string to) => Do("rename", from, () =>
    {
        disk.Change(new NameChange(node, to, Entry(from), node, from));
        return true;
    });

    public bool TryMove(string from, IDiskDirectory target, string to) => Do("rename", from, () =>
    {
        var into = ((SimulatedDirectory)target).Node;
        if (into.Device != node.Device)
        {
            throw new DiskException(DiskError.Io, "rename", Of(from), "on another file system");
        }

        if (into.Entries!.ContainsKey(to))
        {
            return false;
        }

        disk.Change(new NameChange(into, to, Entry(from), node, from));
        return true;
    });

    public bool Delete(string name) => Do("unlink", name, () => Remove(name));

    public bool DeleteDirectory(string name) => Do("rmdir", name, () => Remove(name));

    public DiskStatus? Status(string name) => Do<DiskStatus?>("stat", name, () =>
        node.Entries!.TryGetValue(name, out var entry) ? new DiskStatus(entry.Entries is not null, entry.Length, DateTimeOffset.UnixEpoch, 0) : null);

    /// <summary>Fails where it is gone through, as on real disks.</summary>
    public IEnumerable<string> List()
    {
        foreach (var name in Do("list", "", () => node.Entries!.Keys.ToList()))
        {
            yield return name;
        }
    }

    public void Sync() => Do("fsync", "", () =>
    {
        if (!disk.Forgotten.Contains("directory"))
        {
            disk.KeepNames(node);
        }

        return true;
    });

    public void SyncFileSystem() => Do("syncfs", "", () =>
    {
        if (!disk.Forgotten.Contains("all"))
        {
            disk.KeepEverything(node.Device);
        }

        return true;
    });

    public DiskSpace Space() => Do("statvfs", "", () => new DiskSpace(disk.Capacity == long.MaxValue ? long.MaxValue : disk.Capacity - disk.Used, long.MaxValue));

    public IDisposable? TryLock(string name) => new NoLock();

    public void Dispose()
    {
    }

    private SimulatedNode Node => node;

    private string Of(string name) => $"{path}/{name}";

    private SimulatedNode Entry(string name) =>
        node.Entries!.TryGetValue(name, out var entry) ? entry : throw new DiskException(DiskError.NotFound, "rename", Of(name), "no such file");

    private bool Remove(string name)
    {
        if (!node.Entries!.TryGetValue(name, out var entry))
        {
            return false;
        }

        disk.Change(new NameChange(node, name, null));
        disk.Shrink(entry.Length);
        return true;
    }

    private T Do<T>(string operation, string name, Func<T> work)
    {
        lock (disk.Gate)
        {
            SimulatedFile.Alive(disk, _life, operation, path);
            disk.Call(operation, Of(name));
            return work();
        }
    }

    private sealed class NoLock : IDisposable
    {
        public void Dispose()
        {
        }
    }
}

/// <summary>An open file of a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, string path, SimulatedNode node) : IDiskFile
{
    private readonly int _life = disk.Life;

    public long Length => node.Length;

    public int Read(Span<byte> into, long offset)
    {
        lock (disk.Gate)
        {
            Alive(disk, _life, "read", path);
            disk.Call("read", path);
            var count = (int)Math.Clamp(node.Length - offset, 0, into.Length);
            node.Content.Slice((int)Math.Min(offset, node.Length), count).CopyTo(into);
            return count;
        }
    }

    public void Write(ReadOnlySpan<DiskVector> vectors, long offset)
    {
        lock (disk.Gate)
        {
            Alive(disk, _life, "write", path);
            try
            {
                disk.Call("write", path);
                var total = 0L;
                foreach (var vector in vectors)
                {
                    total += (long)vector.Length;
                }

                disk.Grow(Math.Max(0, offset + total - node.Length));
            }
            catch (DiskException failed) when (failed.Error == DiskError.NoSpace)
            {
                Put(vectors, offset, Math.Min(disk.WrittenWithoutSpace, Math.Max(0, node.Length - offset)));
                throw;
            }

            Put(vectors, offset, long.MaxValue);
        }
    }

    private void Put(ReadOnlySpan<DiskVector> vectors, long offset, long most)
    {
        foreach (var vector in vectors)
        {
            var piece = vector.Span[..(int)Math.Min(vector.Span.Length, most)];
            node.Write(piece, (int)offset);
            (offset, most) = (offset + piece.Length, most - piece.Length);
        }
    }

    /// <summary>What is not synced may be there after a cut, or not, hinted or no.</summary>
    public void BeginSync(long offset, long length)
    {
    }

    public void Cool()
    {
        lock (disk.Gate)
        {
            disk.Cooled.Add(path);
        }
    }

    public void Sync()
    {
        lock (disk.Gate)
        {
            Alive(disk, _life, "fdatasync", path);
            try
            {
                disk.Call("fdatasync", path);
            }
            catch (DiskException)
            {
                node.Forget();
                throw;
            }

            if (!disk.Forgotten.Contains("file"))
            {
                node.Keep();
            }
        }
    }

    public void Dispose()
    {
    }

    internal static void Alive(SimulatedDisk disk, int life, string operation, string path)
    {
        if (disk.Life != life)
        {
            throw new DiskException(DiskError.Io, operation, path, "opened before the crash");
        }
    }
}
