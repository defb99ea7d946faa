using System.Buffers;
using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Policy;
using ActorSmtp.Cli.Sending;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Cli.Commands;

/// <summary>
/// <c>actorsmtp policy test</c>: what would be found out of a message's origin, without any server: SPF, DKIM, DMARC, the client's names, and the field that says so; and what the checks
/// of a listener would do with it, step by step. Ends with 0, or 75 where the DNS failed and it may be told better later.
/// </summary>
internal static class PolicyCommand
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    public static Command Create(Terminal terminal) => new("policy", """
        Tells where a message comes from (SPF, DKIM, DMARC), and what a listener's checks would do with it.
        Example: actorsmtp policy test mail.eml --from ann@example.org --ip 192.0.2.1 --helo mx.example.org
        """)
    {
        Test(terminal),
    };

    private static Command Test(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The message, as it arrived; - for standard input." };
        var from = new Option<string>("--from") { Description = "The sender of MAIL; <> for a bounce.", Required = true };
        var ip = new Option<string>("--ip") { Description = "The address of the client that brought it.", Required = true };
        var helo = new Option<string>("--helo") { Description = "What the client called itself.", Required = true };
        var to = new Option<string[]>("--to") { HelpName = "ADDRESS", Description = "A recipient; may be given several times. Without one nothing is asked that is asked at RCPT." };
        var user = new Option<string>("--user") { HelpName = "NAME", Description = "As if this account had logged in: what is asked of its mail, and whether it is signed." };
        var listener = new Option<string>("--listener") { HelpName = "NAME", Description = "Whose checks are asked; without it the first that asks any: of role mx, or with --user of role submission." };
        var milter = new Option<bool>("--milter") { Description = "Also asks the listener's milters, which see the message as any other." };
        var hook = new Option<bool>("--hook") { Description = "Also asks the listener's HTTP hooks, likewise." };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("test", $"""
            Examines the origin of a message as if it came in now, and asks the checks of a listener about it, all of them: asks the DNS, not a server, sends nothing, and greylisting
            learns nothing of it. Ends with 0, or {ExitCodes.TemporaryFailure} where the DNS failed.
            Example: actorsmtp policy test mail.eml --from ann@example.org --ip 192.0.2.1 --helo mx.example.org
            Example: actorsmtp policy test - --from '<>' --ip 2001:db8::1 --helo mx.example.org --json < mail.eml
            Example: actorsmtp policy test mail.eml --from ann@example.org --ip 192.0.2.1 --helo mx.example.org --to bob@example.com --milter --config server.conf
            Example: actorsmtp policy test mail.eml --from bob@example.com --ip 192.0.2.1 --helo laptop --user bob --config server.conf
            """)
        {
            file, from, ip, helo, to, user, listener, milter, hook, json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var sender = parsed.GetValue(from) is "" or "<>" ? null : Address("--from", parsed.GetValue(from)!);
            if (!IPAddress.TryParse(parsed.GetValue(ip), out var client))
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--ip {Printable.Line(parsed.GetValue(ip)!)}: expected an address, for example 192.0.2.1");
            }

            var settings = configuration.Load(parsed).Server;
            var resolver = Resolvers.Of(settings.Dns);
            var recipients = (parsed.GetValue(to) ?? []).Select(t => Address("--to", t)!).ToImmutableArray();
            var asked = ListenerOf(settings, parsed.GetValue(listener), isUser: parsed.GetValue(user) is not null);
            await using var trials = asked is null ? null : await PolicyTrials.OpenAsync(
                settings,
                new PolicyQuestion(asked, client, parsed.GetValue(helo)!, sender, recipients, parsed.GetValue(user)) { AsksMilters = parsed.GetValue(milter), AsksHooks = parsed.GetValue(hook) },
                resolver, cancellation).ConfigureAwait(false);
            using var message = new SignedMessage(DkimOptions.Usual);
            await ReadAsync(parsed.GetValue(file)!, terminal, message, trials?.Trial, cancellation).ConfigureAwait(false);
            var subject = new OriginSubject(client, parsed.GetValue(helo)!, sender);
            var examiner = new OriginExaminer(resolver, new OriginOptions(settings.Hostname, _deadline, DkimOptions.Usual), TimeProvider.System, Resolvers.Chance);
            var findings = await examiner.ExamineAsync(subject, message, cancellation).ConfigureAwait(false);
            var forged = message.Header.All(AuthenticationResults.FieldName).Count(f => AuthenticationResults.HasToGo(f.Value, settings.Hostname));
            var report = OriginReport.Of(subject, findings, settings.Hostname, forged);
            report = trials is null ? report : report with { Listener = await trials.Trial.EndAsync(cancellation).ConfigureAwait(false) };
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, report);
            }
            else
            {
                report.WriteText(terminal);
            }

            return report.IsUnsure ? ExitCodes.TemporaryFailure : ExitCodes.Ok;
        });
        return command;
    }

    private static Mailbox Address(string option, string text) => Mailbox.TryParse(text)
        ?? throw new CommandFailedException(ExitCodes.Usage, $"{option} {Printable.Line(text)}: expected an address, for example ann@example.com{(option == "--from" ? ", or <>" : "")}");

    /// <summary>Whose checks are asked; null: there is no listener that takes mail.</summary>
    private static string? ListenerOf(ServerSettings settings, string? named, bool isUser)
    {
        var taking = settings.Listeners.Where(l => l.TakesMail).ToList();
        if (named is not null)
        {
            return taking.Any(l => l.Name == named) ? named
                : throw new CommandFailedException(ExitCodes.Usage, $"--listener {Printable.Line(named)}: expected one that takes mail: {string.Join(", ", taking.Select(l => l.Name))}");
        }

        var fit = taking.Where(l => (l.Role == ListenerRole.Submission) == isUser).ToList();
        return (fit.FirstOrDefault(l => !l.Checks.IsEmpty || !l.Milters.IsEmpty) ?? fit.FirstOrDefault() ?? taking.FirstOrDefault())?.Name;
    }

    /// <summary>Shows all who look on the message, with line ends as on the wire; nothing of its body is kept.</summary>
    private static async Task ReadAsync(string path, Terminal terminal, SignedMessage message, PolicyTrial? trial, CancellationToken cancellation)
    {
        using var input = path == "-" ? terminal.InOctets() : Files.OpenRead(path);
        var newlines = new NewlineNormalizer();
        var buffer = new byte[64 * 1024];
        var output = new ArrayBufferWriter<byte>(buffer.Length * 2);
        var isFirst = true;
        for (var read = 1; read > 0;)
        {
            output.ResetWrittenCount();
            read = await input.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                newlines.End(output);
            }
            else
            {
                newlines.Write(buffer.AsSpan(0, read), output);
            }

            if (isFirst)
            {
                isFirst = false;
                Expect(path, output.WrittenSpan);
                await (trial?.BeginAsync(cancellation) ?? Task.CompletedTask).ConfigureAwait(false);
            }

            message.Take(output.WrittenSpan);
            await (trial?.WriteAsync(output.WrittenMemory, cancellation) ?? default).ConfigureAwait(false);
        }

        message.Complete();
        if (message.Header.Count == 0)
        {
            throw NoMessage(path);
        }
    }

    /// <summary>Before anybody is asked about it.</summary>
    private static void Expect(string path, ReadOnlySpan<byte> beginning)
    {
        if (beginning.IsEmpty || beginning[0] is (byte)'\r' or (byte)'\n')
        {
            throw NoMessage(path);
        }
    }

    private static CommandFailedException NoMessage(string path) => new(ExitCodes.BadData, $"{path} is no message: it does not begin with header fields");
}
