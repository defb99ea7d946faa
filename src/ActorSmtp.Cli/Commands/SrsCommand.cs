using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;
using ActorSmtp.Server.Addresses;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp srs</c>: the secrets by which senders of forwarded mail are rewritten. Works on their file; a running server takes it in at SIGHUP.</summary>
internal sealed class SrsCommand
{
    private const int SecretOctets = 24;

    private readonly Terminal _terminal;
    private readonly Argument<string> _address = new("ADDRESS") { Description = "A sender, or what one was rewritten to." };
    private readonly Option<string> _wait = new("--wait")
    {
        HelpName = "TIME",
        Description = "How long until the new secret makes addresses; with storage.kind = postgres 1d where it is not given, so that each node can have the file before; else none.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "One JSON document on standard output." };

    private SrsCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var c = new SrsCommand(terminal);
        return new Command("srs", """
            Senders of mail that aliases pass on (SRS): their secrets, and what an address becomes.
            Example: actorsmtp srs rotate --config server.conf
            """)
        {
            c.Sub("rotate", """
                Makes the first secret, or its successor, and takes away those whose addresses are older than srs.max-age. Tell a running server by SIGHUP.
                Example: actorsmtp srs rotate --config server.conf
                Example: actorsmtp srs rotate --wait 1d --config cluster.conf
                """, c.RotateAsync, c._wait),
            c.Sub("list", """
                Lists the secrets: which makes addresses, which waits, which are only known again. It does not show them.
                Example: actorsmtp srs list --config server.conf
                """, c.ListAsync),
            c.Sub("show", $"""
                Tells what a sender becomes, or where a rewritten one leads back to; {ExitCodes.BadData} where it leads nowhere.
                Example: actorsmtp srs show ann@example.org --config server.conf
                Example: actorsmtp srs show SRS0=HHHH=TT=example.org=ann@example.com --config server.conf
                """, c.ShowAsync, c._address),
        };
    }

    private Command Sub(string name, string description, Func<ParseResult, SettingsSources, CancellationToken, Task<int>> run, params Symbol[] symbols)
    {
        var command = Subcommand.Of(name, description, [.. symbols, _json]);
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => run(parsed, configuration.Sources(parsed), cancellation));
        return command;
    }

    private async Task<int> RotateAsync(ParseResult parsed, SettingsSources sources, CancellationToken cancellation)
    {
        var settings = Unread(sources);
        var wait = WaitOf(parsed.GetValue(_wait), settings);
        var now = DateTimeOffset.UtcNow;
        var before = await ReadAsync(settings, cancellation).ConfigureAwait(false) ?? [];
        var after = SrsSecretFile.Rotate(
            before, Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretOctets)), DateTimeOffset.FromUnixTimeSeconds((now + wait).ToUnixTimeSeconds()), now, settings.Srs.MaxAge);
        DataDirectory.Prepare(FolderOf(settings));
        await FilesOf(settings).SaveAsync(Path.GetFileName(settings.Srs.SecretFile), SrsSecretFile.Write(after), cancellation).ConfigureAwait(false);
        return Tell(parsed, settings, after, now, to => to.WriteLine(
            $"{(before.IsEmpty ? "made" : "rotated")} {settings.Srs.SecretFile}: {after.Length} secrets, {before.Length + 1 - after.Length} taken away; SIGHUP has a running server take it in"));
    }

    private async Task<int> ListAsync(ParseResult parsed, SettingsSources sources, CancellationToken cancellation)
    {
        var settings = Unread(sources);
        var secrets = await ReadAsync(settings, cancellation).ConfigureAwait(false)
            ?? throw new CommandFailedException(ExitCodes.BadData, $"there is no file {settings.Srs.SecretFile}; `actorsmtp srs rotate` makes it");
        return Tell(parsed, settings, secrets, DateTimeOffset.UtcNow, static _ => { });
    }

    private Task<int> ShowAsync(ParseResult parsed, SettingsSources sources, CancellationToken cancellation)
    {
        var text = parsed.GetValue(_address)!;
        var address = Mailbox.TryParse(text) ?? throw new CommandFailedException(ExitCodes.Usage, $"ADDRESS {Printable.Line(text)}: expected an address, for example ann@example.org");
        var settings = SettingsLoader.Load(sources).Server;
        var rewriter = settings.Srs.Rewriter ?? throw new CommandFailedException(ExitCodes.Configuration, "actorsmtp.srs.enabled = off: senders are not rewritten");
        var isBack = SenderRewriter.IsMade(address.LocalPart) && settings.IsLocal(address.Domain);
        var back = isBack ? rewriter.Reverse(address.LocalPart, DateTimeOffset.UtcNow) : default;
        var (other, why) = isBack ? (back.Sender, Words(back.Fault))
            : settings.IsLocal(address.Domain) ? (null, "it is of a domain of ours, and stays as it is")
            : (rewriter.Forward(address, DateTimeOffset.UtcNow), "it stays as it is: rewritten it would have more than 64 octets before the @");
        if (parsed.GetValue(_json))
        {
            Json.Write(_terminal.Out, new ShownAddress(text, isBack, other?.ToString(), other is null ? why : null));
        }
        else
        {
            _terminal.Out.WriteLine(other is null ? $"{text}: {why}" : $"{text} {(isBack ? "leads back to" : "becomes")} {other}");
        }

        return Task.FromResult(isBack && other is null ? ExitCodes.BadData : ExitCodes.Ok);
    }

    private int Tell(ParseResult parsed, ServerSettings settings, ImmutableArray<SrsSecret> secrets, DateTimeOffset now, Action<TextWriter> first)
    {
        var active = secrets.FirstOrDefault(s => s.ActiveFrom <= now) ?? secrets[^1];
        var shown = secrets.Select(s => new ShownSecret(
            Convert.ToHexStringLower(SHA256.HashData(s.Key.Span))[..8], s == active ? "makes" : s.ActiveFrom > now ? "waits" : "known", s.ActiveFrom == DateTimeOffset.MinValue ? null : s.ActiveFrom)).ToArray();
        if (parsed.GetValue(_json))
        {
            Json.Write(_terminal.Out, new ShownSecrets(settings.Srs.SecretFile, shown));
            return ExitCodes.Ok;
        }

        first(_terminal.Out);
        foreach (var secret in shown)
        {
            _terminal.Out.WriteLine($"{secret.Fingerprint}  {secret.State}{(secret.ActiveFrom is { } from ? $"  from {from:u}" : "")}");
        }

        return ExitCodes.Ok;
    }

    /// <summary>The settings without the secrets, which may not be there yet.</summary>
    private static ServerSettings Unread(SettingsSources sources) => SettingsLoader.Load(sources with { Sets = [.. sources.Sets, "srs.enabled=off"] }).Server;

    private static async Task<ImmutableArray<SrsSecret>?> ReadAsync(ServerSettings settings, CancellationToken cancellation)
    {
        if (!Directory.Exists(FolderOf(settings)) || await FilesOf(settings).ReadAsync(Path.GetFileName(settings.Srs.SecretFile), cancellation).ConfigureAwait(false) is not { } octets)
        {
            return null;
        }

        return SrsSecretFile.TryRead(octets, out var problem) ?? throw new CommandFailedException(ExitCodes.BadData, $"{settings.Srs.SecretFile}: {problem}");
    }

    private static string FolderOf(ServerSettings settings) => Path.GetDirectoryName(Path.GetFullPath(settings.Srs.SecretFile)) ?? "/";

    private static IKeptDocuments FilesOf(ServerSettings settings) => Stores.Documents(settings.Storage.Files with { DataDirectory = FolderOf(settings) });

    private static TimeSpan WaitOf(string? text, ServerSettings settings) =>
        text is null ? settings.Storage.Kind == StoreKind.Postgres ? TimeSpan.FromDays(1) : TimeSpan.Zero
        : HoconUnits.TryDuration(text, out var wait, needsUnit: true) && wait >= TimeSpan.Zero && wait <= TimeSpan.FromDays(365) ? wait
        : throw new CommandFailedException(ExitCodes.Usage, $"--wait {Printable.Line(text)}: expected a time with its unit, such as 6h or 2d, up to 365d");

    private static string Words(SrsFault fault) => fault switch
    {
        SrsFault.Expired => "it leads nowhere: it is older than srs.max-age",
        SrsFault.Forged => "it leads nowhere: none of our secrets made it",
        _ => "it leads nowhere: it has not the form of a rewritten sender",
    };

    private sealed record ShownAddress(string Address, bool LeadsBack, string? Other, string? Why);

    private sealed record ShownSecrets(string File, IReadOnlyList<ShownSecret> Secrets);

    private sealed record ShownSecret(string Fingerprint, string State, DateTimeOffset? ActiveFrom);
}
