using System.Collections.Immutable;
using System.CommandLine;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Sending;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp user</c>: the accounts. A running server takes a change in within seconds.</summary>
internal sealed class UserCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _name = new("NAME") { Description = "NAME (owns NAME@ every local domain) or NAME@DOMAIN." };
    private readonly Option<string[]> _address = new("--address") { HelpName = "ADDRESS", Description = "A further address that reaches it; may be given several times." };
    private readonly Option<string[]> _sendsAs = new("--sends-as") { HelpName = "ADDRESS", Description = "What it may send as besides its own: an address, @DOMAIN for all of a domain, * for all; may be given several times." };
    private readonly Option<string[]> _certificate = new("--certificate") { HelpName = "SHA256", Description = "The fingerprint of a client certificate that logs in as it; may be given several times." };
    private readonly Option<bool> _admin = new("--admin") { Description = "May use the administration of a running server." };
    private readonly Option<bool> _passwordStdin = new("--password-stdin") { Description = "The password is the first line of standard input." };
    private readonly Option<bool> _noPassword = new("--no-password") { Description = "The account receives mail and nobody can log in as it." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON document on standard output." };

    private UserCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var c = new UserCommand(terminal);
        return new Command("user", """
            The accounts: who may log in, and whose mail is whose.
            Example: actorsmtp user add barbie --address b@example.com
            """)
        {
            c.Sub("add", "Makes an account; asks twice for its password on a terminal.\nExample: echo helloken | actorsmtp user add barbie --password-stdin",
                c.AddAsync, c._name, c._address, c._sendsAs, c._certificate, c._admin, c._passwordStdin, c._noPassword),
            c.Sub("list", "Lists the accounts.\nExample: actorsmtp user list --json", c.ListAsync),
            c.Sub("remove", "Removes an account; its mailbox stays.\nExample: actorsmtp user remove barbie", c.RemoveAsync, c._name),
            c.Sub("password", "Sets an account's password.\nExample: actorsmtp user password barbie", c.PasswordAsync, c._name, c._passwordStdin),
            c.Sub("disable", "Lets an account log in no more; it still receives.\nExample: actorsmtp user disable barbie", (s, p, x) => c.SetDisabledAsync(s, p, true, x), c._name),
            c.Sub("enable", "Lets an account log in again.\nExample: actorsmtp user enable barbie", (s, p, x) => c.SetDisabledAsync(s, p, false, x), c._name),
        };
    }

    private Command Sub(string name, string description, Func<IUserStore, ParseResult, CancellationToken, Task<object>> run, params Symbol[] symbols)
    {
        var command = Subcommand.Of(name, description, [.. symbols, _json]);
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = configuration.Load(parsed).Server;
            await using var parts = StoreParts.Of(settings);
            await using var users = parts.Users();
            var result = await run(users, parsed, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(_json))
            {
                Json.Write(_terminal.Out, result is string said ? new { done = said } : result);
            }
            else
            {
                WriteText(result);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private void WriteText(object result)
    {
        switch (result)
        {
            case string said:
                _terminal.Out.WriteLine(Printable.Line(said));
                break;

            case ImmutableArray<Shown> { IsEmpty: true }:
                _terminal.Out.WriteLine("no accounts; make one with: actorsmtp user add NAME");
                break;

            case ImmutableArray<Shown> all:
                Columns.Write(_terminal.Out, ["NAME", "STATE", "ADDRESSES"], all.Select(u => new[]
                {
                    u.Name, (u.Disabled ? "disabled" : u.CanLogIn ? "active" : "no password") + (u.Admin ? ", admin" : ""), string.Join(", ", u.Addresses),
                }));
                break;
        }
    }

    private async Task<object> AddAsync(IUserStore users, ParseResult parsed, CancellationToken cancellation)
    {
        var name = NameOf(parsed);
        var addresses = (parsed.GetValue(_address) ?? []).Select(AddressOf).Distinct().ToImmutableArray();
        var senders = (parsed.GetValue(_sendsAs) ?? []).Select(SenderOf).Distinct().ToImmutableArray();
        var certificates = (parsed.GetValue(_certificate) ?? []).Select(FingerprintOf).Distinct().ToImmutableArray();
        var known = await users.LoadAsync(cancellation).ConfigureAwait(false);
        CheckFree(known, name, addresses);                                   // before anybody types a password
        var password = parsed.GetValue(_noPassword) ? "" : PasswordPolicy.Store(NewPassword(parsed, name));
        await users.UpdateAsync(
            table =>
            {
                CheckFree(table, name, addresses);
                return table.With(new UserAccount(name, password, addresses, Disabled: false, parsed.GetValue(_admin)) { SendsAs = senders, Certificates = certificates });
            },
            cancellation).ConfigureAwait(false);
        return $"added {name}";
    }

    private async Task<object> ListAsync(IUserStore users, ParseResult parsed, CancellationToken cancellation) =>
        (await users.LoadAsync(cancellation).ConfigureAwait(false)).Accounts.Values
            .Select(a => new Shown(a.Name, a.Addresses, a.SendsAs, a.Certificates, a.Disabled, a.Admin, a.Password.Length > 0)).ToImmutableArray();

    private async Task<object> RemoveAsync(IUserStore users, ParseResult parsed, CancellationToken cancellation)
    {
        var name = NameOf(parsed);
        await users.UpdateAsync(table => table.Without(Existing(table, name).Name), cancellation).ConfigureAwait(false);
        return $"removed {name}; its mailbox is still there (actorsmtp mailbox delete {name})";
    }

    private async Task<object> PasswordAsync(IUserStore users, ParseResult parsed, CancellationToken cancellation)
    {
        var name = NameOf(parsed);
        Existing(await users.LoadAsync(cancellation).ConfigureAwait(false), name);
        var password = PasswordPolicy.Store(NewPassword(parsed, name));
        await users.UpdateAsync(table => table.With(Existing(table, name) with { Password = password }), cancellation).ConfigureAwait(false);
        return $"changed the password of {name}";
    }

    private async Task<object> SetDisabledAsync(IUserStore users, ParseResult parsed, bool disabled, CancellationToken cancellation)
    {
        var name = NameOf(parsed);
        await users.UpdateAsync(table => table.With(Existing(table, name) with { Disabled = disabled }), cancellation).ConfigureAwait(false);
        return $"{(disabled ? "disabled" : "enabled")} {name}";
    }

    private string NewPassword(ParseResult parsed, string name)
    {
        var password = parsed.GetValue(_passwordStdin) ? Secret.FirstLine("-", _terminal)
            : _terminal.IsInteractive ? AskTwice(name)
            : throw new CommandFailedException(ExitCodes.Usage, "no password; give it on standard input with --password-stdin");
        return SaslPrep.TryPrepare(password, out _)
            ? password
            : throw new CommandFailedException(ExitCodes.BadData, "the password is empty or holds characters that are not allowed in passwords (RFC 4013)");
    }

    private string AskTwice(string name)
    {
        var first = Secret.Ask($"New password of {name}", _terminal);
        return first == Secret.Ask("Once more", _terminal)
            ? first
            : throw new CommandFailedException(ExitCodes.BadData, "the two passwords differ; nothing was changed");
    }

    /// <summary>An account's name: a local part without +, or a whole address.</summary>
    private string NameOf(ParseResult parsed)
    {
        var name = parsed.GetValue(_name)!.ToLowerInvariant();
        var whole = name.Contains('@', StringComparison.Ordinal) ? name : $"{name}@localhost";
        return Mailbox.TryParse(whole) is { } mailbox && mailbox.LocalPart.AsSpan().IndexOfAny("+:;,/ \"\\") < 0
            ? name
            : throw new CommandFailedException(ExitCodes.BadData, $"{name} cannot be an account: expected NAME or NAME@DOMAIN, without blanks and + : ; , / \" \\");
    }

    private static string AddressOf(string text) => Mailbox.TryParse(text)?.Canonical
        ?? throw new CommandFailedException(ExitCodes.BadData, $"--address {text}: expected NAME@DOMAIN");

    private static string SenderOf(string text) =>
        text == "*" ? text
        : text.StartsWith('@') && Mailbox.TryParse("x" + text) is { } any ? "@" + any.Domain.Canonical
        : Mailbox.TryParse(text)?.Canonical
            ?? throw new CommandFailedException(ExitCodes.BadData, $"--sends-as {text}: expected NAME@DOMAIN, @DOMAIN or *");

    private static string FingerprintOf(string text) => UserAccount.FingerprintOf(text)
        ?? throw new CommandFailedException(ExitCodes.BadData, $"--certificate {text}: expected a SHA-256 fingerprint (openssl x509 -in FILE -noout -fingerprint -sha256)");

    private static void CheckFree(UserTable table, string name, ImmutableArray<string> addresses)
    {
        if (table.Accounts.ContainsKey(name))
        {
            throw new CommandFailedException(ExitCodes.BadData, $"there is an account {name} already");
        }

        foreach (var account in table.Accounts.Values)
        {
            if (addresses.Append(name).FirstOrDefault(a => account.Name == a || account.Addresses.Contains(a)) is { } taken)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{taken} belongs to {account.Name} already");
            }
        }
    }

    private static UserAccount Existing(UserTable table, string name) => table.Accounts.GetValueOrDefault(name)
        ?? throw new CommandFailedException(ExitCodes.BadData, $"there is no account {name}; actorsmtp user list shows all");

    private sealed record Shown(
        string Name, ImmutableArray<string> Addresses, ImmutableArray<string> SendsAs, ImmutableArray<string> Certificates, bool Disabled, bool Admin, bool CanLogIn);
}
