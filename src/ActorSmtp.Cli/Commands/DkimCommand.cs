using System.Collections.Immutable;
using System.CommandLine;
using ActorSmtp.Cli.Signing;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp dkim</c>: the keys that sign mail. Works on their files; a running server takes a change in within seconds.</summary>
internal sealed partial class DkimCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _domain = new("DOMAIN") { Description = "Whose mail it signs: the domain in From." };
    private readonly Argument<string[]> _domains = new("DOMAIN") { Description = "Domains; none: all that have keys.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Argument<string> _which = new("SELECTOR") { Description = "Which of the domain's keys." };
    private readonly Option<string> _selector = new("--selector") { HelpName = "NAME", Description = "What the key is called; made of the date where it is not given." };
    private readonly Option<string> _algorithm = new("--algorithm") { HelpName = "rsa|ed25519", Description = "What it signs by. Not all verify ed25519: have one of rsa beside it." };
    private readonly Option<int?> _bits = new("--bits") { HelpName = "N", Description = "Of an RSA key, 2048 to 4096; dkim.key-bits where it is not given." };
    private readonly Option<string> _wait = new("--wait") { HelpName = "TIME", Description = "How long until it signs; for rotate dkim.rotate-wait where it is not given." };
    private readonly Option<bool> _check = new("--check") { Description = "Looks each record up in the DNS." };
    private readonly Option<bool> _unchecked = new("--unchecked") { Description = "Does not ask the DNS whether its record is there." };
    private readonly Option<bool> _yes = new("--yes") { Description = "Also the key that signs now." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON document on standard output." };

    private DkimCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var c = new DkimCommand(terminal);
        return new Command("dkim", """
            The keys that sign mail (DKIM): made, shown, changed for new ones.
            Example: actorsmtp dkim create example.com --config server.conf
            """)
        {
            c.Sub("create", $"""
                Makes a domain's first key and prints the record for the DNS. It signs at once, or after --wait.
                Example: actorsmtp dkim create example.com --config server.conf
                Example: actorsmtp dkim create example.com --algorithm ed25519 --wait 1d --json
                """, c.CreateAsync, c._domain, c._selector, c._algorithm, c._bits, c._wait),
            c.Sub("list", $"""
                Lists the keys: which sign, wait, or were taken over from. With --check it ends with {ExitCodes.BadData} where a record is missing or wrong, {ExitCodes.TemporaryFailure} where the DNS fails.
                Example: actorsmtp dkim list --check --config server.conf
                """, c.ListAsync, c._domains, c._check),
            c.Sub("show", """
                Prints a domain's records as they belong into the DNS.
                Example: actorsmtp dkim show example.com --config server.conf
                """, c.ShowAsync, c._domain),
            c.Sub("rotate", """
                Makes each key's successor, which takes over after dkim.rotate-wait (or --wait) and once its record was seen in the DNS; removes keys that nobody needs any more. Does nothing
                where a successor waits already, so that it can be run by cron.
                Example: actorsmtp dkim rotate --config server.conf
                Example: actorsmtp dkim rotate example.com --wait 6h --config server.conf
                """, c.RotateAsync, c._domains, c._bits, c._wait),
            c.Sub("activate", $"""
                Has a key sign from now on, if its record is in the DNS; {ExitCodes.BadData} where it is not.
                Example: actorsmtp dkim activate example.com s20260131 --config server.conf
                """, c.ActivateAsync, c._domain, c._which, c._unchecked),
            c.Sub("remove", """
                Removes a key. Its record should stay in the DNS for a week, since mail that it signed may still be on its way.
                Example: actorsmtp dkim remove example.com s20250131 --config server.conf
                """, c.RemoveAsync, c._domain, c._which, c._yes),
        };
    }

    private Command Sub(string name, string description, Func<Work, CancellationToken, Task<Outcome>> run, params Symbol[] symbols)
    {
        var command = Subcommand.Of(name, description, [.. symbols, _json]);
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = configuration.Load(parsed).Server;
            var outcome = await run(new Work(parsed, settings, Stores.SigningKeys(settings.Storage.Files, TimeProvider.System)), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(_json))
            {
                Json.Write(_terminal.Out, outcome.Document);
            }
            else
            {
                outcome.Write(_terminal.Out);
            }

            return outcome.ExitCode;
        });
        return command;
    }

    private async Task<Outcome> CreateAsync(Work work, CancellationToken cancellation)
    {
        var domain = DomainOf(work.Parsed.GetValue(_domain)!);
        var algorithm = KeyDocument.AlgorithmOf(work.Parsed.GetValue(_algorithm) ?? "rsa")
            ?? throw new CommandFailedException(ExitCodes.Usage, $"--algorithm {Printable.Line(work.Parsed.GetValue(_algorithm)!)}: expected rsa or ed25519");
        var all = await work.LoadAsync(cancellation).ConfigureAwait(false);
        if (work.Parsed.GetValue(_selector) is null && all.FirstOrDefault(k => k.Domain == domain && k.Key.Algorithm == algorithm) is { } there)
        {
            throw new CommandFailedException(
                ExitCodes.BadData, $"{domain} has the key {there.Selector} already; `actorsmtp dkim rotate {domain}` makes its successor, `dkim show {domain}` prints the record; --selector makes another all the same");
        }

        var selector = work.Parsed.GetValue(_selector) is { } given ? SelectorOf(given) : FreeSelector(all, domain, algorithm, work.Now);
        var wait = WaitOf(work.Parsed, TimeSpan.Zero);
        var made = await work.Keys.MakeAsync(domain, selector, algorithm, BitsOf(work), work.Now + wait, cancellation).ConfigureAwait(false);
        var document = KeyDocument.Of(made, all.Add(made), work.Settings.Dkim.KeepFor, work.Now);
        return new Outcome(document, to =>
        {
            to.WriteLine($"made {made.Selector} of {made.Domain} ({KindOf(document)}): {document.File}");
            to.WriteLine(wait == TimeSpan.Zero ? "It signs from now on; its record belongs into the DNS at once:" : $"It signs from {Time(made.ActiveFrom)} on; its record belongs into the DNS before:");
            WriteRecord(to, document);
            WriteHint(to, work.Settings);
        });
    }

    private async Task<Outcome> ShowAsync(Work work, CancellationToken cancellation)
    {
        var documents = Documents(work, await work.LoadAsync(cancellation).ConfigureAwait(false), [DomainOf(work.Parsed.GetValue(_domain)!)]);
        return new Outcome(documents, to =>
        {
            foreach (var document in documents)
            {
                to.WriteLine($"{document.Selector} of {document.Domain} ({KindOf(document)}): {StateOf(document)}");
                WriteRecord(to, document);
            }
        });
    }

    private async Task<Outcome> ListAsync(Work work, CancellationToken cancellation)
    {
        var all = await work.LoadAsync(cancellation).ConfigureAwait(false);
        var documents = Documents(work, all, [.. (work.Parsed.GetValue(_domains) ?? []).Select(DomainOf)]);
        var checks = work.Parsed.GetValue(_check);
        if (checks)
        {
            documents = await LookUpAsync(work, all, documents, cancellation).ConfigureAwait(false);
        }

        var needed = documents.Where(d => d.State != "retired" || d.RecordUntil > work.Now).ToArray();
        var code = Array.Exists(needed, d => d.Dns is { } found && found != "published" && d.DnsFailed == false) ? ExitCodes.BadData
            : Array.Exists(needed, d => d.DnsFailed == true) ? ExitCodes.TemporaryFailure : ExitCodes.Ok;
        return new Outcome(documents, to =>
        {
            if (documents.IsEmpty)
            {
                to.WriteLine("no keys; make one with: actorsmtp dkim create DOMAIN");
                return;
            }

            string[] heads = ["DOMAIN", "SELECTOR", "KIND", "STATE"];
            Columns.Write(to, checks ? [.. heads, "DNS"] : heads, documents.Select(d =>
            {
                string[] row = [d.Domain, d.Selector, KindOf(d), StateOf(d)];
                return checks ? [.. row, d.Dns!] : row;
            }));
            WriteHint(to, work.Settings);
        })
        { ExitCode = code };
    }

    private async Task<Outcome> RotateAsync(Work work, CancellationToken cancellation)
    {
        var all = await work.LoadAsync(cancellation).ConfigureAwait(false);
        var domains = (work.Parsed.GetValue(_domains) ?? []).Select(DomainOf).ToImmutableArray();
        Documents(work, all, domains);                                      // says which has none
        var wait = WaitOf(work.Parsed, work.Settings.Dkim.RotateWait);
        var made = ImmutableArray.CreateBuilder<KeyDocument>();
        var (waiting, removed) = (ImmutableArray.CreateBuilder<KeyDocument>(), ImmutableArray.CreateBuilder<KeyDocument>());
        foreach (var kind in all.Where(k => domains.IsEmpty || domains.Contains(k.Domain)).GroupBy(k => (k.Domain, k.Key.Algorithm)))
        {
            foreach (var old in kind.Where(k => KeyDocument.Of(k, all, work.Settings.Dkim.KeepFor, work.Now).RecordUntil <= work.Now && work.IsOwn(k)))
            {
                removed.Add(KeyDocument.Of(old, all, work.Settings.Dkim.KeepFor, work.Now));
                await work.Keys.RemoveAsync(old, cancellation).ConfigureAwait(false);
            }

            if (kind.FirstOrDefault(k => k.ActiveFrom > work.Now) is { } there)
            {
                waiting.Add(KeyDocument.Of(there, all, work.Settings.Dkim.KeepFor, work.Now));
                continue;
            }

            var selector = FreeSelector(all, kind.Key.Domain, kind.Key.Algorithm, work.Now);
            var next = await work.Keys.MakeAsync(kind.Key.Domain, selector, kind.Key.Algorithm, BitsOf(work), work.Now + wait, cancellation).ConfigureAwait(false);
            all = all.Add(next);
            made.Add(KeyDocument.Of(next, all, work.Settings.Dkim.KeepFor, work.Now));
        }

        return new Outcome(new { made, waiting, removed }, to =>
        {
            foreach (var document in made)
            {
                to.WriteLine($"made {document.Selector} of {document.Domain} ({KindOf(document)}): {document.File}");
                to.WriteLine($"It takes over at {Time(document.ActiveFrom)}; its record belongs into the DNS before, and that of its predecessor stays there for {Words(work.Settings.Dkim.KeepFor)} after:");
                WriteRecord(to, document);
            }

            foreach (var document in waiting)
            {
                to.WriteLine($"{document.Selector} of {document.Domain} takes over at {Time(document.ActiveFrom)} already");
            }

            foreach (var document in removed)
            {
                to.WriteLine($"removed {document.Selector} of {document.Domain}; its record {document.Name} may go from the DNS");
            }

            if (made.Count + waiting.Count + removed.Count == 0)
            {
                to.WriteLine("no keys; make one with: actorsmtp dkim create DOMAIN");
            }
        });
    }

    private async Task<Outcome> ActivateAsync(Work work, CancellationToken cancellation)
    {
        var all = await work.LoadAsync(cancellation).ConfigureAwait(false);
        var key = KeyOf(work.Parsed, all);
        if (!work.Parsed.GetValue(_unchecked))
        {
            var found = (await LookUpAsync(work, all, [KeyDocument.Of(key, all, work.Settings.Dkim.KeepFor, work.Now)], cancellation).ConfigureAwait(false))[0];
            if (found.Dns != "published")
            {
                throw new CommandFailedException(
                    found.DnsFailed == true ? ExitCodes.TemporaryFailure : ExitCodes.BadData, $"{found.Name}: {found.Dns}; nothing was changed (--unchecked does not ask)");
            }
        }

        if (key.ActiveFrom <= work.Now && KeyDocument.SuccessorOf(key, all, work.Now) is null)
        {
            return Outcome.Said($"{key.Selector} of {key.Domain} signs already");
        }

        await work.Keys.ActivateAsync(key, work.Now, cancellation).ConfigureAwait(false);
        return Outcome.Said($"{key.Selector} of {key.Domain} signs from now on");
    }

    private async Task<Outcome> RemoveAsync(Work work, CancellationToken cancellation)
    {
        var all = await work.LoadAsync(cancellation).ConfigureAwait(false);
        var key = KeyOf(work.Parsed, all);
        if (!work.Parsed.GetValue(_yes) && KeyDocument.Of(key, all, work.Settings.Dkim.KeepFor, work.Now).State == "signs")
        {
            throw new CommandFailedException(ExitCodes.BadData, $"{key.Selector} of {key.Domain} signs now; `actorsmtp dkim rotate {key.Domain}` makes a successor first, --yes removes it all the same");
        }

        await work.Keys.RemoveAsync(key, cancellation).ConfigureAwait(false);
        return Outcome.Said($"removed {key.Selector} of {key.Domain}; leave {key.DnsName} in the DNS for {Words(work.Settings.Dkim.KeepFor)}");
    }
}
