using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp token</c>: tokens by which programs use the API of a running server.</summary>
internal static class TokenCommand
{
    private const string Path = "api/tokens";

    public static Command Create(Terminal terminal) => new("token", """
        Tokens by which programs use the API of the running server (Authorization: Bearer …).
        Example: actorsmtp token create ci --expires 30d
        """)
    {
        CreateOne(terminal),
        List(terminal),
        Revoke(terminal),
    };

    private static Command CreateOne(Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "What you call it; the list shows it." };
        var expires = new Option<string>("--expires") { HelpName = "TIME", Description = "How long it is good, such as 12h or 30d; without end where it is not given." };
        var json = Machine();
        var command = new Command("create", "Makes a token and writes it, this once, to standard output; the server keeps its hash.\nExample: TOKEN=$(actorsmtp token create ci --expires 30d)")
        {
            name, expires, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = admin.Client(parsed, terminal);
            var made = await client.PostAsync<Token>(Path, new { name = parsed.GetValue(name), expires = parsed.GetValue(expires) }, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, made);
            }
            else
            {
                terminal.Out.WriteLine(made.Secret);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var json = Machine();
        var command = new Command("list", "Lists the tokens; what they are made of is not kept.\nExample: actorsmtp token list") { json };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = admin.Client(parsed, terminal);
            var all = await AllAsync(client, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, all);
            }
            else
            {
                Columns.Write(terminal.Out, ["ID", "NAME", "MADE", "EXPIRES", "LAST USED"], all.Select(t => new[] { t.Id, t.Name, Time(t.CreatedAt), Time(t.ExpiresAt), Time(t.LastUsedAt) }));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "Its id, or its name where only one has it." };
        var command = new Command("revoke", "Takes a token away; it is worth nothing from then on.\nExample: actorsmtp token revoke 1f2e3d4c5b6a") { id };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = admin.Client(parsed, terminal);
            var wanted = parsed.GetValue(id)!;
            var all = await AllAsync(client, cancellation).ConfigureAwait(false);
            var meant = all.Where(t => t.Id == wanted).ToList() is { Count: > 0 } byId ? byId : [.. all.Where(t => t.Name == wanted)];
            if (meant.Count != 1 || !await client.DeleteAsync($"{Path}/{meant[0].Id}", cancellation).ConfigureAwait(false))
            {
                throw new CommandFailedException(ExitCodes.BadData, meant.Count > 1
                    ? $"{meant.Count} tokens are called {Printable.Line(wanted)}: give the id ({string.Join(", ", meant.Select(t => t.Id))})"
                    : $"there is no token {Printable.Line(wanted)}; `actorsmtp token list` shows those there are");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Option<bool> Machine() => new("--json") { Description = "One JSON document on standard output." };

    private static async Task<IReadOnlyList<Token>> AllAsync(AdminClient client, CancellationToken cancellation) =>
        (await client.GetAsync<Tokens>(Path, cancellation).ConfigureAwait(false))?.Items
            ?? throw new CommandFailedException(ExitCodes.Unavailable, "the server knows no tokens: it is another version than this program");

    private static string Time(DateTimeOffset? at) => at is { } time ? time.LocalDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "-";

    private sealed record Tokens(IReadOnlyList<Token> Items);

    /// <param name="Secret">Of one just made.</param>
    private sealed record Token(
        string Id,
        string Name,
        DateTimeOffset CreatedAt,
        DateTimeOffset? ExpiresAt,
        DateTimeOffset? LastUsedAt,
        [property: System.Text.Json.Serialization.JsonPropertyName("token")] string? Secret)
    {
        private bool PrintMembers(System.Text.StringBuilder b)
        {
            b.Append("Id = ").Append(Id).Append(", Secret = ***");
            return true;
        }
    }
}
