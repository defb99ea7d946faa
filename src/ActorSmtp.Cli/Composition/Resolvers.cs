using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Composition;

/// <summary>Puts the resolver together: sockets, this machine's files on names, the system's chance.</summary>
internal static class Resolvers
{
    /// <summary>Makes one; it opens nothing before the first question.</summary>
    public static Resolver Of(ResolverOptions options) => new(options, new ResolverPorts(new NameServerSockets(), new NameFiles(), TimeProvider.System, Chance));

    /// <summary>64 bits that nobody can foretell.</summary>
    public static ulong Chance()
    {
        Span<byte> octets = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(octets);
        return BitConverter.ToUInt64(octets);
    }
}

/// <summary>/etc/resolv.conf and /etc/hosts; where there is no such file, what the system says in its place.</summary>
internal sealed class NameFiles : INameFiles
{
    private const int MostOctets = 1 << 20;

    private static readonly string _hostsPath = OperatingSystem.IsWindows()
        ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "hosts")
        : "/etc/hosts";

    private readonly SmallFile _resolvConf = new("/etc/resolv.conf", MostOctets);
    private readonly SmallFile _hosts = new(_hostsPath, MostOctets);

    public async Task<NameFileTexts> ReadAsync(CancellationToken cancellation) => new(
        await TextAsync(_resolvConf, cancellation).ConfigureAwait(false) ?? string.Join('\n', LocalAddresses.NameServers().Select(a => $"nameserver {a}")),
        await TextAsync(_hosts, cancellation).ConfigureAwait(false) ?? "");

    private static async Task<string?> TextAsync(SmallFile file, CancellationToken cancellation)
    {
        try
        {
            return Encoding.UTF8.GetString((await file.ReadAsync(cancellation).ConfigureAwait(false)).Span);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
