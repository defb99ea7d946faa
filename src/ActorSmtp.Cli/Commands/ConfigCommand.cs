using System.CommandLine;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp config</c>: the effective configuration, where each value came from, and every mistake in it.</summary>
internal static class ConfigCommand
{
    private const int MostWarnings = 50;

    public static Command Create(Terminal terminal) => new("config", """
        The configuration as it is in force: files, variables and arguments together.
        Example: actorsmtp config show --config server.conf
        """)
    {
        Show(terminal),
        Check(terminal),
    };

    private static Command Show(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var filter = new Argument<string>("PREFIX") { Description = "Only keys that begin so: limits.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("show", """
            Every effective value, and where it came from; passwords are masked.
            Example: actorsmtp config show limits --config server.conf
            """)
        {
            filter, json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            var prefix = parsed.GetValue(filter) ?? "";
            var values = EffectiveSetting.List(SettingsLoader.LoadTree(configuration.Sources(parsed)))
                .Where(v => v.Path.StartsWith(prefix, StringComparison.Ordinal) || v.Path.StartsWith($"actorsmtp.{prefix}", StringComparison.Ordinal))
                .ToList();
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, values.Select(v => new { path = v.Path, value = v.Value, from = v.Origin.ToString() }));
                return;
            }

            foreach (var value in values)
            {
                terminal.Out.WriteLine(Printable.Line($"{value.Path} = {value.Value}    # {value.Origin}"));
            }
        });
        return command;
    }

    private static Command Check(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("check", """
            Says whether a server would start with this configuration; every mistake with its key, value and place. Ends with 78 if there is one.
            Example: actorsmtp config check --config server.conf
            """)
        {
            json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var (mistakes, settings) = await Judge(configuration, parsed).ConfigureAwait(false);
            var warnings = settings is null || mistakes.Count > 0 ? [] : await LostAliases(settings).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, new
                {
                    ok = mistakes.Count == 0,
                    mistakes = mistakes.Select(m => new { path = m.Path, value = m.Value, at = m.Origin.ToString(), expected = m.Expected }),
                    warnings,
                });
            }
            else
            {
                foreach (var mistake in mistakes)
                {
                    terminal.Complain(mistake.ToString());
                }

                foreach (var warning in warnings)
                {
                    terminal.Complain($"warning: {warning}");
                }

                if (settings is not null && mistakes.Count == 0)
                {
                    terminal.Out.WriteLine(Printable.Line(
                        $"good: {string.Join(", ", settings.Listeners.Select(l => $"{l.Name} on {l.Bind}"))}; data in {Path.GetFullPath(settings.DataDirectory)}"));
                }
            }

            return mistakes.Count == 0 ? ExitCodes.Ok : ExitCodes.Configuration;
        });
        return command;
    }

    private static async Task<(IReadOnlyList<SettingsMistake> Mistakes, ServerSettings? Settings)> Judge(ConfigurationOptions configuration, ParseResult parsed)
    {
        try
        {
            var settings = configuration.Load(parsed).Server;
            return (await CertificateMistakes(settings).ConfigureAwait(false), settings);
        }
        catch (SettingsException wrong)
        {
            return (wrong.Mistakes, null);
        }
    }

    /// <summary>Aliases that lead to nobody by the accounts of now. No mistake: an account may be made later.</summary>
    private static async Task<IReadOnlyList<string>> LostAliases(ServerSettings settings)
    {
        if (settings.Addresses.Aliases.IsEmpty)
        {
            return [];
        }

        try
        {
            if (settings.Storage.Kind == StoreKind.Postgres)
            {
                return [];                          // a look at the configuration does not make tables
            }

            var accounts = Directory.Exists(settings.DataDirectory) ? await LoadAccounts(settings).ConfigureAwait(false) : UserTable.Empty;
            var directory = new AccountDirectory(settings.Domains, settings.UnknownRecipients == UnknownRecipients.Accept, accounts, rules: settings.Addresses);
            return [.. directory.LostAliases(MostWarnings).Select(l => $"alias {l.Alias.Key} leads to nobody, or to a disabled account: {string.Join(", ", l.Lost)}")];
        }
        catch (StoreException cannot)
        {
            return [$"whether all aliases lead to somebody is not known: {cannot.Message}"];
        }
    }

    private static async Task<UserTable> LoadAccounts(ServerSettings settings)
    {
        var users = Stores.Users(settings.Storage.Files, TimeProvider.System);
        await using (users.ConfigureAwait(false))
        {
            return await users.LoadAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The files that TLS needs; the server's own certificate is made when it starts, and not here.</summary>
    private static async Task<IReadOnlyList<SettingsMistake>> CertificateMistakes(ServerSettings settings)
    {
        var store = Stores.Certificates(settings.DataDirectory, settings.Hostname, TimeProvider.System);
        var mistakes = new List<SettingsMistake>();
        foreach (var source in settings.CertificateSources.Where(s => s is not CertificatePair { IsSelfSigned: true }))
        {
            try
            {
                (await store.LoadAsync(source, CancellationToken.None).ConfigureAwait(false)).Certificate?.Dispose();
            }
            catch (StoreException cannot)
            {
                mistakes.Add(new SettingsMistake("actorsmtp.tls", null, default, cannot.Message));
            }
        }

        return mistakes;
    }
}
