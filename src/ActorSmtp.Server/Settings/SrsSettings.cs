using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;
using ActorSmtp.Server.Addresses;

namespace ActorSmtp.Server.Settings;

/// <summary>Senders of mail that aliases pass on, rewritten (SRS). The secrets are read with the settings, so that SIGHUP takes them in.</summary>
/// <param name="IsOn">They are rewritten.</param>
/// <param name="SecretFile">Where the secrets are.</param>
/// <param name="MaxAge">For how long a rewritten sender leads back.</param>
/// <param name="Rewriter">Who does it; null: nobody.</param>
public sealed record SrsSettings(bool IsOn, string SecretFile, TimeSpan MaxAge, SenderRewriter? Rewriter)
{
    private const string File = "secret-file";

    /// <param name="r">Stands at <c>actorsmtp.srs</c>.</param>
    /// <param name="hasRoutes">Mail leaves at all.</param>
    internal static SrsSettings From(SettingsReader r, ImmutableArray<string> domains, string dataDirectory, bool hasRoutes, Func<string, byte[]?> readFile)
    {
        var (isOn, named, file) = (r.Flag("enabled"), r.Text("domain"), r.Text(File));
        var (hashLength, maxAge) = (r.Int("hash-length", SenderRewriter.ShortestHash, 16), r.Duration("max-age", TimeSpan.FromDays(1), TimeSpan.FromDays(365)));
        file = file.Length > 0 ? file : $"{dataDirectory.TrimEnd('/')}/srs-secrets";
        var settings = new SrsSettings(isOn, file, maxAge, null);
        if (!isOn)
        {
            return settings;
        }

        if (!hasRoutes)
        {
            r.Refuse("enabled", "without outbound.routes nothing is passed on");
            return settings;
        }

        var domain = DomainOf(r, named, domains);
        var secrets = SecretsOf(r, file, readFile);
        return domain is null || secrets is null ? settings
            : settings with { Rewriter = new SenderRewriter(domain, secrets.Value, hashLength, (int)Math.Ceiling(maxAge.TotalDays)) };
    }

    /// <summary>It has to be one of ours, or no bounce comes back.</summary>
    private static MailDomain? DomainOf(SettingsReader r, string named, ImmutableArray<string> domains)
    {
        var (all, first) = (domains.Contains("*"), domains.FirstOrDefault(d => d != "*"));
        if (named.Length == 0 && first is null)
        {
            r.Refuse("domain", "expected a domain of ours, to which bounces come back");
            return null;
        }

        if (MailDomain.TryParse(named.Length > 0 ? named : first!) is not Protocol.Smtp.DomainName domain)
        {
            r.Refuse("domain", DomainName.Expected);
            return null;
        }

        if (!all && !domains.Any(d => Protocol.Smtp.DomainName.ToCanonical(d) == domain.Canonical))
        {
            r.Refuse("domain", $"{domain} is no domain of ours, so that no bounce would come back: add it to domains, or name one of those");
            return null;
        }

        return domain;
    }

    private static ImmutableArray<SrsSecret>? SecretsOf(SettingsReader r, string file, Func<string, byte[]?> readFile)
    {
        try
        {
            if (readFile(file) is not { } octets)
            {
                r.Refuse(File, $"there is no file {file}; `actorsmtp srs rotate` makes it");
                return null;
            }

            var secrets = SrsSecretFile.TryRead(octets, out var problem);
            if (secrets is null)
            {
                r.Refuse(File, $"{file}: {problem}");
            }

            return secrets;
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            r.Refuse(File, $"{file} cannot be read: {cannot.Message.TrimEnd('.')}");
            return null;
        }
    }
}
