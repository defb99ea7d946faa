using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Client.Resolving;

/// <summary>This machine's files on names.</summary>
public interface INameFiles
{
    /// <summary>Their texts as they are now; empty for one that is not there.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    Task<NameFileTexts> ReadAsync(CancellationToken cancellation);
}

/// <param name="ResolvConf">/etc/resolv.conf.</param>
/// <param name="Hosts">/etc/hosts.</param>
public sealed record NameFileTexts(string ResolvConf, string Hosts)
{
    /// <summary>Neither is there.</summary>
    public static NameFileTexts None { get; } = new("", "");
}

/// <summary>Whom to ask and how, as settings and files say now.</summary>
internal sealed record NameSource(
    ImmutableArray<IPEndPoint> Servers, TimeSpan Timeout, int Attempts, bool Rotate, bool UsesTcp, bool TrustsAllAd, HostsFile Hosts)
{
    /// <summary>Whether this server's AD is believed.</summary>
    public bool Trusts(IPEndPoint server, AdTrust trust) =>
        trust == AdTrust.On || (trust == AdTrust.Auto && (TrustsAllAd || IPAddress.IsLoopback(server.Address)));
}

/// <summary>
/// Keeps what the files say, and looks at them again now and then while questions come: a machine that moves to another network gets other servers.
/// The first question waits for the first look; no other waits.
/// </summary>
internal sealed class NameSources(ResolverOptions options, INameFiles files, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly bool _needsFiles = options.UsesHosts || options.Servers.IsEmpty;
    private NameFileTexts? _texts;
    private NameSource? _current;
    private Task? _looking;
    private long _lookedAt;

    /// <summary>What counts now.</summary>
    public ValueTask<NameSource> GetAsync()
    {
        Task looking;
        lock (_lock)
        {
            if (!_needsFiles)
            {
                return new(_current ??= Of(NameFileTexts.None));
            }

            if (_current is { } current && (_looking is not null || time.GetElapsedTime(_lookedAt) < LookAgain))
            {
                return new(current);
            }

            _lookedAt = time.GetTimestamp();
            looking = _looking ??= LookAsync();
            if (looking.IsCompleted)
            {
                _looking = null;
            }

            if (_current is { } before)
            {
                return new(before);
            }
        }

        return FirstAsync(looking);
    }

    private async ValueTask<NameSource> FirstAsync(Task looking)
    {
        await looking;
        lock (_lock)
        {
            return _current ??= Of(NameFileTexts.None);
        }
    }

    private async Task LookAsync()
    {
        NameFileTexts? texts = null;
        try
        {
            texts = await files.ReadAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            // What counted before goes on to count; without a file there is 127.0.0.1 to ask, and its silence is told.
        }

        lock (_lock)
        {
            _looking = null;
            if (texts is not null && texts != _texts)
            {
                _texts = texts;
                _current = Of(texts);
            }
        }
    }

    private NameSource Of(NameFileTexts texts)
    {
        var hosts = options.UsesHosts ? HostsFile.Parse(texts.Hosts) : HostsFile.Empty;
        if (!options.Servers.IsEmpty)
        {
            return new NameSource(options.Servers, options.Timeout, options.Attempts, options.Rotate, UsesTcp: false, TrustsAllAd: false, hosts);
        }

        var conf = ResolvConf.Parse(texts.ResolvConf);
        return new NameSource(
            conf.Servers, conf.Timeout ?? options.Timeout, conf.Attempts ?? options.Attempts, conf.Rotate || options.Rotate, conf.UsesTcp, conf.TrustsAd, hosts);
    }
}
