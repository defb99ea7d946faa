using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <summary>A mailbox as its readers see it: names and files at this moment; others change them meanwhile.</summary>
internal sealed class MaildirReader : IDisposable
{
    private readonly IDiskDirectory _arrived;
    private readonly IDiskDirectory _current;

    private MaildirReader(IDiskDirectory arrived, IDiskDirectory current) => (_arrived, _current) = (arrived, current);

    public static MaildirReader? Open(IDisk disk, string root, string account)
    {
        var path = $"{root}/{AccountPath.Encode(account)}/Maildir";
        try
        {
            var arrived = disk.OpenDirectory($"{path}/new");
            try
            {
                return new MaildirReader(arrived, disk.OpenDirectory($"{path}/cur"));
            }
            catch
            {
                arrived.Dispose();
                throw;
            }
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            return null;
        }
    }

    public static string[] Accounts(IDisk disk, string root)
    {
        using var directory = disk.OpenDirectory(root);
        return [.. directory.List().Where(name => !name.StartsWith('.')).Select(name => AccountPath.IsHashed(name) ? TrueName(disk, root, name) : AccountPath.Decode(name))
            .OfType<string>().Order(StringComparer.Ordinal)];
    }

    /// <summary>Removes a mailbox: first its name, so that a new one can be made at once, then what was in it.</summary>
    public static bool Remove(IDisk disk, string root, string account)
    {
        using var directory = disk.OpenDirectory(root);
        var name = AccountPath.Encode(account);
        if (!directory.Exists(name))
        {
            return false;
        }

        var aside = $".removed-{name}";
        RemoveTree(disk, directory, aside);                 // one that was cut off
        directory.Rename(name, aside);
        directory.Sync();
        RemoveTree(disk, directory, aside);
        return true;
    }

    public string[] Names()
    {
        string[] names = [.. _arrived.List().Select(name => $"n{name}"), .. _current.List().Select(name => $"c{name}")];
        Array.Sort(names, static (left, right) => string.CompareOrdinal(left, 1, right, 1, int.MaxValue));
        return names;
    }

    public MailboxSummary Summary(string account, CancellationToken cancellation)
    {
        var (messages, unseen, octets, newest) = (0L, 0L, 0L, (DateTimeOffset?)null);
        foreach (var name in Names())
        {
            cancellation.ThrowIfCancellationRequested();
            if (Message(name) is { } message)
            {
                messages++;
                unseen += message.Unseen ? 1 : 0;
                octets += message.Octets;
                newest = newest is null || message.DeliveredAt > newest ? message.DeliveredAt : newest;
            }
        }

        return new MailboxSummary(account, messages, unseen, octets, newest);
    }

    public List<MailboxMessage> Messages(ReadOnlySpan<string> names)
    {
        var messages = new List<MailboxMessage>(names.Length);
        foreach (var name in names)
        {
            if (Message(name) is { } message)
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    /// <summary>Calls <paramref name="visit"/> with every name, those just arrived first: what a reader moves meanwhile comes twice, never not at all.</summary>
    public void Visit(MailboxVisitor visit, CancellationToken cancellation)
    {
        foreach (var name in _arrived.List())
        {
            cancellation.ThrowIfCancellationRequested();
            visit(name, "", isNew: true);
        }

        foreach (var name in _current.List())
        {
            cancellation.ThrowIfCancellationRequested();
            visit(MaildirName.KeySpan(name), MaildirName.Flags(name), isNew: false);
        }
    }

    /// <summary>The same, with the size of each; what went in between, and what is no file, is left out.</summary>
    public void Measure(MailboxMeasurer visit, CancellationToken cancellation)
    {
        foreach (var name in _arrived.List())
        {
            cancellation.ThrowIfCancellationRequested();
            if (_arrived.Status(name) is { IsDirectory: false } status)
            {
                visit(name, "", isNew: true, status.Length);
            }
        }

        foreach (var name in _current.List())
        {
            cancellation.ThrowIfCancellationRequested();
            if (_current.Status(name) is { IsDirectory: false } status)
            {
                visit(MaildirName.KeySpan(name), MaildirName.Flags(name), isNew: false, status.Length);
            }
        }
    }

    public MailboxMessage? Look(MailboxName wanted) =>
        Find(wanted.Key, wanted.Flags) is var (directory, name) ? Message((directory == _arrived ? "n" : "c") + name) : null;

    /// <summary>Flags are in the name, so the file gets another one, in <c>cur/</c>.</summary>
    public MailboxName? Flag(MailboxName wanted, string set, string clear)
    {
        for (var attempt = 0; attempt < 3; attempt++)           // another reader may rename it at the same time
        {
            if (Find(wanted.Key, wanted.Flags) is not var (directory, name))
            {
                return null;
            }

            var before = directory == _arrived ? "" : MaildirName.Flags(name);
            var flags = string.Concat(before.Where(letter => !clear.Contains(letter, StringComparison.Ordinal)).Concat(set).Distinct().Order());
            var target = $"{wanted.Key}:2,{flags}";
            if (directory == _current && name == target)
            {
                return new MailboxName(wanted.Key, flags, IsNew: false);
            }

            try
            {
                if (directory == _current)
                {
                    _current.Rename(name, target);
                    return new MailboxName(wanted.Key, flags, IsNew: false);
                }

                if (_arrived.TryMove(name, _current, target))
                {
                    return new MailboxName(wanted.Key, flags, IsNew: false);
                }
            }
            catch (DiskException failed) when (failed.Error == DiskError.NotFound)
            {
                // Moved just now: look again.
            }
        }

        return null;
    }

    public DiskStream? Open(string key, string flags = "")
    {
        if (Find(key, flags) is not var (directory, name))
        {
            return null;
        }

        try
        {
            return new DiskStream(directory.Open(name, DiskAccess.Read));
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            return null;
        }
    }

    public bool Delete(string key, string flags = "") => Find(key, flags) is var (directory, name) && directory.Delete(name);

    /// <summary>Removes these, and answers the keys of those that were there. However many have other flags than was said, or are gone, the names are listed once.</summary>
    public List<string> Delete(IReadOnlyList<MailboxName> wanted)
    {
        var deleted = new List<string>(wanted.Count);
        HashSet<string>? elsewhere = null;
        foreach (var name in wanted)
        {
            if (FindAtOnce(name.Key, name.Flags) is var (directory, file) && directory.Delete(file))
            {
                deleted.Add(name.Key);
            }
            else
            {
                (elsewhere ??= new HashSet<string>(StringComparer.Ordinal)).Add(name.Key);
            }
        }

        if (elsewhere is null)
        {
            return deleted;
        }

        foreach (var file in _current.List().Where(file => elsewhere.Contains(MaildirName.Key(file))).ToList())
        {
            if (_current.Delete(file))
            {
                deleted.Add(MaildirName.Key(file));
            }
        }

        return deleted;
    }

    public void Dispose()
    {
        _arrived.Dispose();
        _current.Dispose();
    }

    private static string? TrueName(IDisk disk, string root, string name)
    {
        try
        {
            using var directory = disk.OpenDirectory($"{root}/{name}");
            using var file = directory.Open("account", DiskAccess.Read);
            return System.Text.Encoding.UTF8.GetString(file.ReadAll());
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            return null;
        }
    }

    private static void RemoveTree(IDisk disk, IDiskDirectory parent, string name)
    {
        if (parent.Status(name) is not { } status)
        {
            return;
        }

        if (!status.IsDirectory)
        {
            parent.Delete(name);
            return;
        }

        using (var directory = disk.OpenDirectory($"{parent.Path}/{name}"))
        {
            foreach (var inner in directory.List().ToList())
            {
                RemoveTree(disk, directory, inner);
            }
        }

        parent.DeleteDirectory(name);
    }

    private (IDiskDirectory Directory, string Name)? Find(string key, string flags) =>
        FindAtOnce(key, flags) is { } found ? found
        : IsName(key) && _current.List().FirstOrDefault(name => MaildirName.Key(name) == key) is { } elsewhere ? (_current, elsewhere)
        : null;

    /// <summary>A key is a name in this directory, whoever sent it.</summary>
    private static bool IsName(string key) =>
        key.Length > 0 && !key.Contains('/', StringComparison.Ordinal) && key is not ("." or "..") && !key.Contains('\0', StringComparison.Ordinal);

    /// <summary>Where it is likely to be, without a look at all names.</summary>
    private (IDiskDirectory Directory, string Name)? FindAtOnce(string key, string flags)
    {
        if (!IsName(key))
        {
            return null;
        }

        if (_arrived.Exists(key))
        {
            return (_arrived, key);
        }

        foreach (var likely in (ReadOnlySpan<string>)[$"{key}:2,{flags}", key])
        {
            if (_current.Exists(likely))
            {
                return (_current, likely);                  // no need to list them all
            }
        }

        return null;
    }

    private MailboxMessage? Message(string marked)
    {
        var name = marked[1..];
        var arrived = marked[0] == 'n';
        if ((arrived ? _arrived : _current).Status(name) is not { IsDirectory: false } status)
        {
            return null;
        }

        var key = MaildirName.Key(name);
        var flags = MaildirName.Flags(name);
        return new MailboxMessage(key, MaildirName.Id(key), status.Length, MaildirName.Time(key) ?? status.Changed,
            Unseen: arrived || !flags.Contains('S', StringComparison.Ordinal), flags);
    }
}
