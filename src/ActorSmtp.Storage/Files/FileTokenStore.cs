using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Files;

/// <summary>
/// Tokens in the file <c>tokens</c> of the data directory: a line each, <c>ID TAB SHA-256 TAB CREATED TAB EXPIRES TAB NAME</c>, times as seconds
/// of Unix, 0 for never. Only its owner can read it, and there is nothing in it by which anybody is let in.
/// </summary>
internal sealed class FileTokenStore(IDisk disk, IWorkThreads threads, string dataDirectory, TimeProvider time) : ITokenStore
{
    private const string Name = "tokens";
    private const int MostOctets = 1 << 20;

    private readonly Lock _gate = new();
    private ImmutableArray<KeptToken> _current;
    private DiskStatus? _seen;
    private long _lookedAt;

    public ImmutableArray<KeptToken> Current
    {
        get
        {
            lock (_gate)
            {
                if (_current.IsDefault || time.GetElapsedTime(_lookedAt) > TimeSpan.FromSeconds(1))
                {
                    LookAgain();
                }

                return _current;
            }
        }
    }

    public Task<ImmutableArray<KeptToken>> UpdateAsync(Func<ImmutableArray<KeptToken>, ImmutableArray<KeptToken>> change, CancellationToken cancellation) => threads.Call(
        () =>
        {
            try
            {
                using var directory = disk.OpenDirectory(dataDirectory);
                using var held = directory.TryLock($"{Name}.lock")
                    ?? throw new StoreException($"{dataDirectory}/{Name} is being changed by another program: try again.");
                var changed = change(Read(directory));
                var text = string.Concat(changed.Select(Line));
                WholeFile.Replace(directory, Name, Encoding.UTF8.GetBytes(text), sync: true);
                lock (_gate)
                {
                    (_current, _seen, _lookedAt) = (changed, directory.Status(Name), time.GetTimestamp());
                }

                return changed;
            }
            catch (DiskException failed)
            {
                throw new StoreException($"The tokens cannot be saved: {failed.Message}.", failed);
            }
        },
        cancellation);

    private static string Line(KeptToken token) => string.Create(
        CultureInfo.InvariantCulture,
        $"{token.Id}\t{token.Hash}\t{token.CreatedAt.ToUnixTimeSeconds()}\t{token.ExpiresAt?.ToUnixTimeSeconds() ?? 0}\t{Plain(token.Name)}\n");

    private static string Plain(string name) => new([.. name.Where(c => !char.IsControl(c))]);

    /// <summary>What cannot be read lets nobody in, and what was good before stays good.</summary>
    private void LookAgain()
    {
        _lookedAt = time.GetTimestamp();
        try
        {
            using var directory = disk.OpenDirectory(dataDirectory);
            var status = directory.Status(Name);
            if (_current.IsDefault || status != _seen)
            {
                _current = Read(directory);
                _seen = status;
            }
        }
        catch (Exception failed) when (failed is DiskException or StoreException)
        {
            _current = _current.IsDefault ? [] : _current;
        }
    }

    private ImmutableArray<KeptToken> Read(IDiskDirectory directory)
    {
        byte[] content;
        try
        {
            using var file = directory.Open(Name, DiskAccess.Read);
            content = file.Length <= MostOctets ? file.ReadAll() : throw new StoreException($"{dataDirectory}/{Name} has {file.Length} octets: those are no tokens.");
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            return [];
        }

        return [.. Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((line, i) => Parse(line, i + 1))];
    }

    private KeptToken Parse(string line, int number) =>
        line.Split('\t') is [{ Length: > 0 } id, { Length: 64 } hash, var created, var expires, var name]
        && long.TryParse(created, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
        && long.TryParse(expires, NumberStyles.None, CultureInfo.InvariantCulture, out var until)
        && from < 1L << 36 && until < 1L << 36
            ? new KeptToken(id, name, hash, DateTimeOffset.FromUnixTimeSeconds(from), until == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(until))
            : throw new StoreException($"{dataDirectory}/{Name}, line {number}, is none: take it out, or remove the file and make new tokens.");
}
