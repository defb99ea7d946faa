using System.Buffers;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Greylist;

/// <summary>
/// The greylist in memory and in files. A decision waits for no disk: what changed is written a little later (<see cref="GreylistKeeper.WriteAfter"/>) and synced later still
/// (<see cref="GreylistKeeper.SyncAfter"/>), so a process that is killed may forget the one time, a power cut the other. While the disk fails everything goes on in
/// memory; once it is well again, all of it is written anew.
/// </summary>
internal sealed class GreylistStore : IGreylistStore
{
    /// <summary>Octets of changes that wait to be written; with more, all is written anew instead.</summary>
    private const int MostUnwritten = 4 << 20;

    /// <summary>Entries that are looked at while others wait for the lock.</summary>
    private const int Few = 256;

    private readonly Lock _lock = new();
    private readonly GreylistFiles? _files;
    private readonly IWorkThreads? _threads;
    private readonly TimeProvider _time;
    private ArrayBufferWriter<byte> _changes = new();
    private ArrayBufferWriter<byte> _spare = new();
    private GreylistTable? _table;
    private GreylistKeeper? _keeper;
    private IWorkThread? _thread;
    private string? _trouble;
    private bool _isOverfull;

    /// <summary>One that is kept.</summary>
    /// <param name="disk">Where.</param>
    /// <param name="threads">Who writes.</param>
    public GreylistStore(StorageSettings settings, IDisk disk, IWorkThreads threads, TimeProvider time)
        : this(time) =>
        (_files, _threads) = (new GreylistFiles(disk, $"{settings.DataDirectory.TrimEnd('/')}/greylist", settings.Sync == SyncPolicy.Always), threads);

    /// <summary>One that begins with what another keeps there, and keeps nothing itself.</summary>
    public GreylistStore(StorageSettings settings, IDisk disk, TimeProvider time)
        : this(time) =>
        _files = new GreylistFiles(disk, $"{settings.DataDirectory.TrimEnd('/')}/greylist", sync: false);

    /// <summary>One that forgets.</summary>
    public GreylistStore(TimeProvider time) => _time = time;

    public GreylistFigures Figures
    {
        get
        {
            lock (_lock)
            {
                return _table?.Figures(_trouble) ?? default;
            }
        }
    }

    private GreylistTable Table => _table ?? throw new InvalidOperationException("The greylist is not open.");

    public Task<GreylistReport> OpenAsync(GreylistRules rules, IGreylistObserver observer, CancellationToken cancellation)
    {
        if (_threads is { } threads)
        {
            return threads.Call(() => Open(rules, observer, _files!, threads), cancellation);
        }

        _table = new GreylistTable(rules);
        var damage = _files?.Look(_table, _time.GetUtcNow());
        return Task.FromResult(new GreylistReport(_table.Rows, damage));
    }

    public ValueTask<GreylistAnswer> AskAsync(GreylistTriplet triplet, CancellationToken cancellation)
    {
        var (key, now) = (triplet.Key, _time.GetUtcNow());
        lock (_lock)
        {
            var answer = Table.Ask(triplet, key, now, out var row, out var network);
            if (row is not null && Changes() is { } changes)
            {
                GreylistRecord.Write(changes, row);
            }

            if (network?.Standing is { } standing && Changes() is { } more)
            {
                GreylistRecord.Write(more, network.Address, standing);
            }

            return new ValueTask<GreylistAnswer>(answer);
        }
    }

    public ValueTask<GreylistPage> ListAsync(GreylistFilter filter, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var (rows, networks) = Copy();
        var entries = new List<GreylistEntry>();
        InTurn(rows, row => Keep(Table.EntryOf(row)));
        InTurn(networks, network => Keep(Table.EntryOf(network)));
        return new ValueTask<GreylistPage>(GreylistPages.Of(entries, cursor, limit));

        void Keep(GreylistEntry? entry)
        {
            if (entry is not null && filter.Matches(entry))
            {
                entries.Add(entry);
            }
        }
    }

    public ValueTask<long> ClearAsync(GreylistFilter filter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var (rows, networks) = Copy();
        var cleared = 0L;
        InTurn(rows, row =>
        {
            if (filter.Matches(Table.EntryOf(row)) && Table.Forget(row.Key))
            {
                cleared++;
                if (Changes() is { } changes)
                {
                    GreylistRecord.WriteForgotten(changes, row.Key);
                }
            }
        });
        InTurn(networks, network =>
        {
            if (Table.EntryOf(network) is { } entry && filter.Matches(entry) && Table.Forget(network.Address))
            {
                cleared++;
                if (Changes() is { } changes)
                {
                    GreylistRecord.WriteForgotten(changes, network.Address);
                }
            }
        });
        return new ValueTask<long>(cleared);
    }

    public async ValueTask DisposeAsync()
    {
        if (_thread is { } thread)
        {
            _thread = null;
            _keeper!.Finish();
            thread.Wake();
            await thread.Until(() => _keeper.HasFinished).ConfigureAwait(false);
            thread.Dispose();
        }

        _files?.Dispose();
    }

    /// <summary>Takes the changes that wait; those that come from now on go elsewhere. Null: there were too many to be written one by one.</summary>
    internal ArrayBufferWriter<byte>? TakeChanges()
    {
        lock (_lock)
        {
            if (_isOverfull)
            {
                return null;
            }

            (_changes, _spare) = (_spare, _changes);
            _changes.ResetWrittenCount();
            return _spare;
        }
    }

    /// <summary>Everything there is now, piece by piece; what changes meanwhile and from now on is in the changes too.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Whole()
    {
        GreylistTable.Row[] rows;
        GreylistTable.Net[] networks;
        lock (_lock)
        {
            _changes.ResetWrittenCount();
            _isOverfull = false;
            (rows, networks) = Table.Copy();
        }

        return Pieces(rows, networks);
    }

    /// <summary>Forgets what is over, a little at a time.</summary>
    internal void Expire()
    {
        var now = _time.GetUtcNow();
        for (var done = false; !done;)
        {
            lock (_lock)
            {
                done = Table.Expire(now, Few);
            }
        }
    }

    internal void SetTrouble(string? trouble)
    {
        lock (_lock)
        {
            _trouble = trouble;
        }
    }

    private GreylistReport Open(GreylistRules rules, IGreylistObserver observer, GreylistFiles files, IWorkThreads threads)
    {
        var table = new GreylistTable(rules);
        string? damage;
        try
        {
            damage = files.Load(table, _time.GetUtcNow());
        }
        catch (DiskException failed)
        {
            damage = failed.Message;
        }

        (_table, _keeper) = (table, new GreylistKeeper(this, files, observer, _time));
        _thread = threads.Start("greylist", _keeper, TimeSpan.Zero);
        return new GreylistReport(table.Rows, damage);
    }

    private (GreylistTable.Row[] Rows, GreylistTable.Net[] Networks) Copy()
    {
        lock (_lock)
        {
            return Table.Copy();
        }
    }

    /// <summary>Does something with each under the lock, and lets others have it now and then.</summary>
    private void InTurn<T>(T[] all, Action<T> what)
    {
        foreach (var few in all.Chunk(Few))
        {
            lock (_lock)
            {
                Array.ForEach(few, what);
            }
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Pieces(GreylistTable.Row[] rows, GreylistTable.Net[] networks)
    {
        var piece = new ArrayBufferWriter<byte>(Few * 256);
        foreach (var few in rows.Chunk(Few))
        {
            piece.ResetWrittenCount();
            InTurn(few, row => GreylistRecord.Write(piece, row));
            yield return piece.WrittenMemory;
        }

        foreach (var few in networks.Chunk(Few))
        {
            piece.ResetWrittenCount();
            InTurn(few, network =>
            {
                if (network.Standing is { } standing)
                {
                    GreylistRecord.Write(piece, network.Address, standing);
                }
            });
            yield return piece.WrittenMemory;
        }
    }

    /// <summary>Where a change is written down; the first one wakes who takes it to the disk. Null: nothing is kept.</summary>
    private ArrayBufferWriter<byte>? Changes()
    {
        if (_keeper is null)
        {
            return null;
        }

        if (_changes.WrittenCount > MostUnwritten)
        {
            _isOverfull = true;
            _changes.ResetWrittenCount();
        }
        else if (_changes.WrittenCount == 0)
        {
            _keeper.HasChanges();
            _thread?.Wake();
        }

        return _changes;
    }
}
