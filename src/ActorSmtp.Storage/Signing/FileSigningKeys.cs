using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Signing;

/// <summary>Keys as files of <c>data-dir/dkim</c>, named <c>SELECTOR._domainkey.DOMAIN.pem</c>, mode 0600.</summary>
internal sealed class FileSigningKeys(IDisk disk, IWorkThreads threads, string dataDirectory, TimeProvider time) : ISigningKeyStore
{
    /// <summary>No private key is larger; a log put there by mistake may be.</summary>
    private const int MostOctets = 64 * 1024;

    private const int MostFiles = 10_000;
    private const string Middle = "._domainkey.";
    private const string End = ".pem";

    private readonly Lock _gate = new();
    private Dictionary<string, (byte[] Sum, KeptSigningKey Key)> _seen = new(StringComparer.Ordinal);

    private string Folder => $"{dataDirectory}/dkim";

    public Task<SigningKeys> LoadAsync(ImmutableArray<SigningKeyFile> elsewhere, CancellationToken cancellation) => threads.Call(() => Load(elsewhere), cancellation);

    public Task<KeptSigningKey> MakeAsync(
        string domain, string selector, DkimAlgorithm algorithm, int bits, DateTimeOffset activeFrom, CancellationToken cancellation) => threads.Call(
        () =>
        {
            var now = time.GetUtcNow();
            var name = $"{selector}{Middle}{domain}{End}";
            var text = KeyFile.Write(KeyFile.Make(algorithm, bits), now, activeFrom);
            var read = KeyFile.TryRead(Encoding.ASCII.GetBytes(text), out var problem) ?? throw new StoreException($"The key that was made cannot be used: {problem}.");
            return Changing(name, directory =>
            {
                if (directory.Exists(name))
                {
                    throw new StoreException($"There is a key {selector} of {domain} already: choose another selector.");
                }

                WholeFile.Replace(directory, name, Encoding.ASCII.GetBytes(text), sync: true);
                return new KeptSigningKey(domain, selector, read.Key, read.Made, read.ActiveFrom ?? activeFrom, $"{Folder}/{name}");
            });
        },
        cancellation);

    public Task ActivateAsync(KeptSigningKey key, DateTimeOffset from, CancellationToken cancellation) => threads.Call(
        () => Changing(NameOf(key), directory =>
        {
            using (var file = directory.Open(NameOf(key), DiskAccess.Read))
            {
                var octets = Octets(file, NameOf(key));
                WholeFile.Replace(directory, NameOf(key), Encoding.ASCII.GetBytes(KeyFile.Write(Encoding.ASCII.GetString(octets), key.MadeAt, from)), sync: true);
            }

            return true;
        }),
        cancellation);

    public Task<bool> RemoveAsync(KeptSigningKey key, CancellationToken cancellation) => threads.Call(
        () => Changing(NameOf(key), directory =>
        {
            var was = directory.Delete(NameOf(key));
            directory.Sync();
            return was;
        }),
        cancellation);

    /// <summary>A key that is kept elsewhere is nobody's to change but its administrator's.</summary>
    private string NameOf(KeptSigningKey key)
    {
        var name = $"{key.Selector}{Middle}{key.Domain}{End}";
        return key.Place == $"{Folder}/{name}" ? name : throw new StoreException($"{key.Place} is not in {Folder}: change it, and dkim.keys, by hand.");
    }

    private T Changing<T>(string name, Func<IDiskDirectory, T> change)
    {
        try
        {
            DataDirectory.Make(disk, Folder);
            using var directory = disk.OpenDirectory(Folder);
            using var held = directory.TryLock(".lock") ?? throw new StoreException($"{Folder} is being changed by another program: try again.");
            return change(directory);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"{Folder}/{name} cannot be changed: {failed.Message}.", failed);
        }
    }

    private SigningKeys Load(ImmutableArray<SigningKeyFile> elsewhere)
    {
        lock (_gate)
        {
            var now = new Dictionary<string, (byte[] Sum, KeptSigningKey Key)>(StringComparer.Ordinal);
            var keys = new List<KeptSigningKey>();
            var problems = ImmutableArray.CreateBuilder<string>();
            LoadOwn(now, keys, problems);
            foreach (var file in elsewhere)
            {
                var slash = file.Path.LastIndexOf('/');
                Take(slash < 0 ? "." : slash == 0 ? "/" : file.Path[..slash], file.Path[(slash + 1)..], file.Path,
                    (key, _, _) => new KeptSigningKey(file.Domain, file.Selector, key, null, file.ActiveFrom, file.Path), now, keys, problems);
            }

            _seen = now;
            return new SigningKeys([.. keys.OrderBy(k => k.Domain, StringComparer.Ordinal).ThenBy(k => k.ActiveFrom).ThenBy(k => k.Selector, StringComparer.Ordinal)], problems.ToImmutable());
        }
    }

    private void LoadOwn(Dictionary<string, (byte[] Sum, KeptSigningKey Key)> now, List<KeptSigningKey> keys, ImmutableArray<string>.Builder problems)
    {
        try
        {
            using var directory = disk.OpenDirectory(Folder);
            foreach (var name in directory.List().Where(n => n.EndsWith(End, StringComparison.Ordinal)).Take(MostFiles).Order(StringComparer.Ordinal))
            {
                var middle = name.IndexOf(Middle, StringComparison.Ordinal);
                var (selector, domain) = middle <= 0 ? ("", "")
                    : (DomainName.ToCanonical(name[..middle]), DomainName.ToCanonical(name[(middle + Middle.Length)..^End.Length]));
                if (domain.Length == 0)
                {
                    problems.Add($"{Folder}/{name} is not named SELECTOR{Middle}DOMAIN{End}: rename it or take it away");
                    continue;
                }

                Take(Folder, name, $"{Folder}/{name}", (key, made, active) => new KeptSigningKey(domain, selector, key, made, active ?? DateTimeOffset.UnixEpoch, $"{Folder}/{name}"), now, keys, problems);
            }
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
        }
        catch (DiskException failed)
        {
            problems.Add($"{Folder} cannot be read: {failed.Reason}");
        }
    }

    private void Take(
        string folder, string name, string path, Func<DkimPrivateKey, DateTimeOffset?, DateTimeOffset?, KeptSigningKey> make,
        Dictionary<string, (byte[] Sum, KeptSigningKey Key)> now, List<KeptSigningKey> keys, ImmutableArray<string>.Builder problems)
    {
        var problem = "";
        try
        {
            using var directory = disk.OpenDirectory(folder);
            using var file = directory.Open(name, DiskAccess.Read);
            var octets = Octets(file, name);
            var sum = SHA256.HashData(octets);
            var key = _seen.TryGetValue(path, out var before) && before.Sum.AsSpan().SequenceEqual(sum) && make(before.Key.Key, before.Key.MadeAt, before.Key.ActiveFrom) == before.Key
                ? before.Key
                : Read(octets, make, out problem);
            if (key is not null)
            {
                now[path] = (sum, key);
                keys.Add(key);
                problem = IsReadByOthers(path) ? "others than its owner can read it: chmod 600 it" : problem;
            }
        }
        catch (DiskException failed)
        {
            problem = failed.Reason;
        }
        catch (StoreException cannot)
        {
            problem = cannot.Message;
        }

        if (problem.Length > 0)
        {
            problems.Add($"{path}: {problem}");
        }
    }

    private static KeptSigningKey? Read(byte[] octets, Func<DkimPrivateKey, DateTimeOffset?, DateTimeOffset?, KeptSigningKey> make, out string problem)
    {
        if (KeyFile.TryRead(octets, out problem) is not { } read)
        {
            return null;
        }

        var key = make(read.Key, read.Made, read.ActiveFrom);
        return DkimSigner.TryMake(key.Domain, key.Selector, key.Key, out problem) is null ? null : key;
    }

    /// <summary>Who can read it can sign as us; what a simulated disk has is nobody's.</summary>
    private static bool IsReadByOthers(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) != 0;

    private static byte[] Octets(IDiskFile file, string name) =>
        file.Length <= MostOctets ? file.ReadAll() : throw new StoreException($"{file.Length} octets are no key");
}
