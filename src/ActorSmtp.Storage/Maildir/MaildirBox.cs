using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <summary>One mailbox's directories, open. Belongs to whoever has its lane.</summary>
internal sealed class MaildirBox : IDisposable
{
    private readonly string _path;
    private HashSet<string>? _keys;

    private MaildirBox(string path, IDiskDirectory temporary, IDiskDirectory arrived, IDiskDirectory[] fresh)
    {
        (_path, Temporary, Arrived, Fresh) = (path, temporary, arrived, fresh);
    }

    public IDiskDirectory Temporary { get; }

    /// <summary>The directory <c>new/</c>.</summary>
    public IDiskDirectory Arrived { get; }

    /// <summary>Directories whose entries were made with this mailbox and are not stable yet; emptied by <see cref="Settled"/>.</summary>
    public IDiskDirectory[] Fresh { get; private set; }

    /// <summary>Opens a mailbox, making what is missing.</summary>
    /// <param name="unsettled">What is there may have been made by an attempt that was cut off before it was stable.</param>
    public static MaildirBox Open(IDisk disk, string root, string account, bool unsettled)
    {
        var name = AccountPath.Encode(account);
        var home = $"{root}/{name}";
        var path = $"{home}/Maildir";
        var made = unsettled | disk.CreateDirectory(home);
        made |= disk.CreateDirectory(path);
        foreach (var part in (ReadOnlySpan<string>)["tmp", "new", "cur"])
        {
            made |= disk.CreateDirectory($"{path}/{part}");
        }

        var open = new List<IDiskDirectory>();
        try
        {
            open.Add(disk.OpenDirectory($"{path}/tmp"));
            open.Add(disk.OpenDirectory($"{path}/new"));
            if (made)
            {
                open.Add(disk.OpenDirectory(path));
                open.Add(disk.OpenDirectory(home));
                open.Add(disk.OpenDirectory(root));
                if (AccountPath.IsHashed(name))
                {
                    WholeFile.Replace(open[3], "account", System.Text.Encoding.UTF8.GetBytes(account), sync: true);
                }
            }

            return new MaildirBox(path, open[0], open[1], [.. open.Skip(2)]);
        }
        catch
        {
            open.ForEach(directory => directory.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Whether a file of this key was delivered before. Looks at both directories once: what an earlier run delivered is
    /// there by then, in <c>new/</c> or moved by a reader to <c>cur/</c> (which is listed later, so that it is not missed between).
    /// </summary>
    public bool Has(IDisk disk, string key)
    {
        if (_keys is null)
        {
            var keys = new HashSet<string>(StringComparer.Ordinal);
            keys.UnionWith(Arrived.List().Select(MaildirName.Key));
            using var current = disk.OpenDirectory($"{_path}/cur");
            keys.UnionWith(current.List().Select(MaildirName.Key));
            _keys = keys;
        }

        return _keys.Contains(key);
    }

    /// <summary>Nothing found at start waits for it any more.</summary>
    public void Forget() => _keys = null;

    /// <summary>Its own directories' entries are stable.</summary>
    public void Settled()
    {
        foreach (var directory in Fresh)
        {
            directory.Dispose();
        }

        Fresh = [];
    }

    public void Dispose()
    {
        Settled();
        Temporary.Dispose();
        Arrived.Dispose();
    }
}
