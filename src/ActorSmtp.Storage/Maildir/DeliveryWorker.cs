using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// A thread that writes into mailboxes: write all of a batch to <c>tmp/</c> → sync → move to <c>new/</c> → sync the
/// directories → tell. A small batch syncs file by file. A crowd syncs the whole file system, once for the files of this batch
/// and the names of the one before: so under load one sync serves hundreds, and each delivery is still told only when it is
/// stable.
/// </summary>
internal sealed class DeliveryWorker(IDisk disk, string root, Lanes lanes, bool sync) : IWork
{
    /// <summary>Deliveries under one sync.</summary>
    private const int Most = 512;

    /// <summary>From so many on, one sync of the file system is cheaper than one for each file.</summary>
    private const int Crowd = 8;

    /// <summary>Mailboxes whose directories stay open.</summary>
    private const int MostOpen = 256;

    private readonly List<Delivery> _batch = [];
    private readonly List<(Delivery Delivery, IDiskFile? File)> _written = [];
    private readonly List<Delivery> _moved = [];            // under their names, which are not stable yet
    private readonly List<Delivery> _before = [];           // the same, of the batch before
    private readonly Dictionary<Lane, string> _lanes = [];  // those of this batch, with their trouble or ""
    private readonly HashSet<(Lane Lane, string Name)> _names = [];
    private readonly FileCopy _copy = new();
    private IDiskDirectory? _rootDirectory;
    private bool _canSyncAll = true;

    public int Step()
    {
        _batch.Clear();
        var wait = lanes.Take(_batch, Most);
        if (_batch.Count == 0 && _before.Count == 0)
        {
            return wait;
        }

        Deliver();
        return 0;
    }

    private void Deliver()
    {
        if (_before.Count > 0 && _batch.Count > 0 && _batch[0].Lane.Foreign)
        {
            _lanes.Clear();
            SyncAll();                                      // the other file system may hang: nobody is to wait for it
        }

        WriteFiles();
        var crowd = sync && _canSyncAll && _written.Count >= Crowd && !_batch[0].Lane.Foreign;
        if (crowd || _before.Count > 0)
        {
            crowd = SyncAll() && crowd;
        }

        if (!crowd)
        {
            SyncFiles();
        }

        Move();
        if (!crowd)
        {
            SyncNames();
        }

        LeaveLanes();
        if (crowd)
        {
            _before.AddRange(_moved);
        }
        else
        {
            Tell(_moved);
        }

        _moved.Clear();
    }

    private void WriteFiles()
    {
        _lanes.Clear();
        _names.Clear();
        foreach (var delivery in _batch)
        {
            var lane = delivery.Lane;
            if (_lanes.TryAdd(lane, ""))
            {
                Guard(lane, () => Open(lane));
            }

            if (_lanes[lane].Length == 0)
            {
                Guard(lane, () => Write(delivery));
            }
        }
    }

    private void Open(Lane lane)
    {
        _rootDirectory ??= OpenRoot();
        if (lane.Box is not null)
        {
            return;
        }

        var box = MaildirBox.Open(disk, root, lane.Account, lanes.Opens(lane.Account));
        if (!lane.Foreign && box.Arrived.Device != _rootDirectory.Device)
        {
            // Alone from now on, and opened again as one that is not stable yet: nothing there was synced at the start.
            box.Dispose();
            throw new DiskException(DiskError.Unsupported, "open", lane.Account, ElsewhereMark);
        }

        lane.Box = box;
        if (box.Fresh.Length == 0)
        {
            lanes.Settled(lane.Account);
        }

        lanes.Opened(lane, MostOpen)?.Dispose();
    }

    /// <summary>
    /// A killed process may have left mailboxes that are there and not stable: who made them last time is not known. One sync of all, once.
    /// </summary>
    private IDiskDirectory OpenRoot()
    {
        var directory = disk.OpenDirectory(root);
        try
        {
            if (sync)
            {
                directory.SyncFileSystem();
            }
        }
        catch (DiskException failed) when (failed.Error == DiskError.Unsupported)
        {
            // Where a directory cannot be synced, this is one more that is not.
        }
        catch
        {
            directory.Dispose();
            throw;
        }

        return directory;
    }

    /// <summary>Not a trouble: the lane comes back alone, at once.</summary>
    private const string ElsewhereMark = "on another file system";

    private void Write(Delivery delivery)
    {
        var box = delivery.Lane.Box!;
        if (!_names.Add((delivery.Lane, delivery.Name)))
        {
            delivery.Doubtful = true;                       // two recipients of one message, one mailbox: one copy
            _written.Add((delivery, null));
            return;
        }

        if (delivery.Distrusted)
        {
            box.Arrived.Delete(delivery.Name);
        }
        else if (delivery.Doubtful && box.Has(disk, delivery.Name))
        {
            // There already, but maybe only in memory: it is synced like a new one (one in cur/ a reader has moved: its file is found no more by name).
            _written.Add((delivery, box.Arrived.Exists(delivery.Name) ? box.Arrived.Open(delivery.Name, DiskAccess.Write) : null));
            return;
        }

        IDiskFile file;
        try
        {
            file = box.Temporary.Open(delivery.Name, FileCopy.Access(delivery.Request.Mail));
        }
        catch (DiskException failed) when (failed.Error == DiskError.Exists)
        {
            box.Temporary.Delete(delivery.Name);            // an attempt that was cut off
            file = box.Temporary.Open(delivery.Name, FileCopy.Access(delivery.Request.Mail));
        }

        try
        {
            _copy.Write(delivery.Request, file);
        }
        catch
        {
            file.Dispose();
            box.Temporary.Delete(delivery.Name);
            throw;
        }

        delivery.Doubtful = false;
        _written.Add((delivery, file));
    }

    /// <summary>Makes all stable that was written or moved so far on the mailboxes' own file system; false: the system does not have it, or it failed.</summary>
    private bool SyncAll()
    {
        try
        {
            _rootDirectory!.SyncFileSystem();
        }
        catch (DiskException failed)
        {
            // Told once, for whichever file it was: nothing it covered is believed, and from now on each is synced by itself.
            _canSyncAll = false;
            _before.ForEach(delivery => delivery.Distrusted = true);
            lanes.GiveBack(_before);
            _before.Clear();
            if (failed.Error != DiskError.Unsupported)
            {
                foreach (var lane in _lanes.Keys.ToList())
                {
                    _lanes[lane] = failed.Message;
                }
            }

            return false;
        }

        foreach (var lane in _lanes.Keys)
        {
            if (lane is { Foreign: false, Box: { } box })
            {
                box.Settled();
                lanes.Settled(lane.Account);
            }
        }

        Tell(_before);
        _before.Clear();
        return true;
    }

    private void SyncFiles()
    {
        foreach (var (delivery, file) in _written)
        {
            if (sync && file is not null && _lanes[delivery.Lane].Length == 0 && !Guard(delivery.Lane, file.Sync))
            {
                delivery.Distrusted = true;
            }
        }
    }

    private void Move()
    {
        foreach (var (delivery, file) in _written)
        {
            file?.Dispose();
            var box = delivery.Lane.Box;
            if (_lanes[delivery.Lane].Length > 0 || (!delivery.Doubtful && !Guard(delivery.Lane, () => Move(delivery, box!))))
            {
                delivery.Doubtful = true;
            }
            else
            {
                _moved.Add(delivery);
            }
        }

        _written.Clear();
    }

    private static void Move(Delivery delivery, MaildirBox box)
    {
        if (!box.Temporary.TryMove(delivery.Name, box.Arrived, delivery.Name))
        {
            box.Temporary.Delete(delivery.Name);            // the same message, delivered before
        }
    }

    private void SyncNames()
    {
        foreach (var lane in _moved.Select(delivery => delivery.Lane).Distinct().ToList())
        {
            if (sync && !Guard(lane, () => SyncNames(lane)))
            {
                foreach (var delivery in _moved.Where(delivery => delivery.Lane == lane))
                {
                    delivery.Distrusted = true;
                }

                _moved.RemoveAll(delivery => delivery.Lane == lane);
            }
        }
    }

    private void SyncNames(Lane lane)
    {
        var box = lane.Box!;
        box.Arrived.Sync();
        foreach (var directory in box.Fresh)
        {
            directory.Sync();
        }

        box.Settled();
        lanes.Settled(lane.Account);
    }

    /// <summary>Gives the lanes back; what is not under its name yet comes again.</summary>
    private void LeaveLanes()
    {
        var moved = _moved.ToHashSet();
        foreach (var own in _batch.GroupBy(delivery => delivery.Lane))
        {
            var (lane, trouble) = (own.Key, _lanes[own.Key]);
            var back = own.Where(delivery => !moved.Contains(delivery)).ToList();
            var elsewhere = trouble.EndsWith(ElsewhereMark, StringComparison.Ordinal);
            if (trouble.Length > 0 && !elsewhere)
            {
                lanes.Close(lane);
            }
            else if (!own.Any(delivery => delivery.Request.Mail.MayBeDelivered))
            {
                lane.Box?.Forget();
            }

            var delay = lanes.Leave(lane, back, trouble.Length > 0 && !elsewhere ? trouble : null, elsewhere || lane.Foreign);
            if (delay > TimeSpan.Zero && back.Count > 0)
            {
                back[0].Observer.OnDelayed(lane.Account, trouble, delay);
            }
        }
    }

    private void Tell(List<Delivery> settled)
    {
        lanes.Settled(settled);
        foreach (var group in settled.GroupBy(delivery => delivery.Observer))
        {
            group.Key.OnSettled(group.Select(delivery => new DeliveryResult(delivery.Request, null) { Key = delivery.Name }).ToArray());
        }
    }

    /// <summary>Whatever one mailbox's disk says is that mailbox's trouble.</summary>
    private bool Guard(Lane lane, Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or StoreException)
        {
            _lanes[lane] = failed.Message;
            return false;
        }
    }
}
