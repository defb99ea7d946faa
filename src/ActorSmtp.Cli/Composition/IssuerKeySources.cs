using ActorSmtp.Protocol.Tokens;
using ActorSmtp.Server.Auth.Tokens;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Composition;

/// <summary>Where the token issuer's keys come from, by the settings.</summary>
internal static class IssuerKeySources
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    /// <summary>Null where there are no logins by token.</summary>
    public static IIssuerKeySource? Of(OAuthSettings settings) => !settings.IsOn ? null
        : settings.KeysUrl is { } url ? new FromUrl(url)
        : new FromFile(settings.Keys);

    private sealed class FromUrl(Uri url) : IIssuerKeySource
    {
        private readonly HttpDocument _document = new(url, IssuerKeys.MaxOctets, Longest);

        public Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) => _document.ReadAsync(cancellation);
    }

    private sealed class FromFile(string path) : IIssuerKeySource
    {
        private readonly SmallFile _file = new(path, IssuerKeys.MaxOctets);

        public Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) => _file.ReadAsync(cancellation);
    }
}
