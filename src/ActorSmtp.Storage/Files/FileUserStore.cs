using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Files;

/// <summary>
/// Accounts in the file <c>users</c> of the data directory (form: <see cref="UserLine"/>). Saved aside, synced and renamed; changes by
/// several programs come one after the other by a lock file; a change by anybody is noticed within two seconds by its
/// time, length and inode's replacement, which works on every file system. Beside it lies <c>users.secret</c>.
/// </summary>
internal sealed class FileUserStore : IUserStore
{
    private const string Name = "users";
    private const string SecretName = "users.secret";
    private const int MostOctets = 64 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IDisk _disk;
    private readonly IWorkThreads _threads;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private DiskStatus? _seen;

    public FileUserStore(IDisk disk, IWorkThreads threads, string dataDirectory, TimeProvider time)
    {
        (_disk, _threads, _path, _time) = (disk, threads, dataDirectory, time);
        DataDirectory.Make(disk, dataDirectory);
        _seen = Status();
        _timer = time.CreateTimer(_ => Look(), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
    }

    public event Action? Changed;

    public Task<UserTable> LoadAsync(CancellationToken cancellation) => _threads.Call(Load, cancellation);

    public async Task<UserTable> UpdateAsync(Func<UserTable, UserTable> change, CancellationToken cancellation)
    {
        using var directory = _disk.OpenDirectory(_path);
        using var held = await Lock(directory, cancellation).ConfigureAwait(false);
        var table = await _threads.Call(
            () =>
            {
                var changed = change(Load());
                Save(directory, changed);
                return changed;
            },
            cancellation).ConfigureAwait(false);
        Look();
        return table;
    }

    public async Task<ReadOnlyMemory<byte>> LoadSecretAsync(CancellationToken cancellation)
    {
        using var directory = _disk.OpenDirectory(_path);
        using var held = await Lock(directory, cancellation).ConfigureAwait(false);     // of two servers that start at once, one makes it
        return await _threads.Call(() => LoadOrMakeSecret(directory), cancellation).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private ReadOnlyMemory<byte> LoadOrMakeSecret(IDiskDirectory directory)
    {
        try
        {
            if (directory.Exists(SecretName))
            {
                using var file = directory.Open(SecretName, DiskAccess.Read);
                return file.Length == IUserStore.SecretLength
                    ? file.ReadAll()
                    : throw new StoreException($"{_path}/{SecretName} has {file.Length} octets in place of {IUserStore.SecretLength}: remove it, a new one is made.");
            }

            var made = RandomNumberGenerator.GetBytes(IUserStore.SecretLength);
            WholeFile.Replace(directory, SecretName, made, sync: true);
            return made;
        }
        catch (DiskException failed)
        {
            throw new StoreException($"{_path}/{SecretName} cannot be read or made: {failed.Message}.", failed);
        }
    }

    private async Task<IDisposable> Lock(IDiskDirectory directory, CancellationToken cancellation)
    {
        var until = _time.GetTimestamp() + (10 * _time.TimestampFrequency);
        for (; ; )
        {
            if (directory.TryLock($"{Name}.lock") is { } held)
            {
                return held;
            }

            if (_time.GetTimestamp() > until)
            {
                throw new StoreException($"{_path}/{Name} is being changed by another program for ten seconds now: try again later.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellation).ConfigureAwait(false);
        }
    }

    private UserTable Load()
    {
        byte[] content;
        try
        {
            using var directory = _disk.OpenDirectory(_path);
            using var file = directory.Open(Name, DiskAccess.Read);
            if (file.Length > MostOctets)
            {
                throw new StoreException($"{_path}/{Name} has {file.Length} octets: that is no table of accounts.");
            }

            content = file.ReadAll();
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            return UserTable.Empty;
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The accounts cannot be read: {failed.Message}.", failed);
        }

        return Parse(content);
    }

    private UserTable Parse(byte[] content)
    {
        var accounts = UserTable.Empty.Accounts.ToBuilder();
        var number = 0;
        foreach (var range in content.AsSpan().Split((byte)'\n'))
        {
            number++;
            try
            {
                var line = Strict.GetString(content.AsSpan(range)).TrimEnd('\r');
                if (line.Length == 0 || line[0] == '#')
                {
                    continue;
                }

                var account = UserLine.Parse(line);
                if (!accounts.TryAdd(account.Name, account))
                {
                    throw new FormatException($"the account '{account.Name}' is there twice");
                }
            }
            catch (Exception failed) when (failed is FormatException or DecoderFallbackException)
            {
                var what = failed is FormatException ? failed.Message : "not UTF-8";
                throw new StoreException($"{_path}/{Name}, line {number}: {what}.");
            }
        }

        return new UserTable(accounts.ToImmutable());
    }

    private static void Save(IDiskDirectory directory, UserTable table)
    {
        var text = new StringBuilder();
        try
        {
            foreach (var account in table.Accounts.Values)
            {
                text.Append(UserLine.Write(account)).Append('\n');
            }

            WholeFile.Replace(directory, Name, Strict.GetBytes(text.ToString()), sync: true);
        }
        catch (FormatException failed)
        {
            throw new StoreException($"The accounts are not changed: {failed.Message}.", failed);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The accounts cannot be saved: {failed.Message}.", failed);
        }
    }

    private DiskStatus? Status()
    {
        try
        {
            using var directory = _disk.OpenDirectory(_path);
            return directory.Status(Name);
        }
        catch (DiskException)
        {
            return null;
        }
    }

    private void Look()
    {
        var status = Status();
        if (status != _seen)
        {
            _seen = status;
            Changed?.Invoke();
        }
    }
}
