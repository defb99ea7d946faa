using System.Buffers;
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

namespace ActorSmtp.Cli.Commands;

/// <summary>
/// <c>actorsmtp policy test</c>: what would be found out of a message's origin, without any server: SPF, DKIM, DMARC, the client's names, and the field that says so. Ends
/// with 0, or 75 where the DNS failed and it may be told better later.
/// </summary>
internal static class PolicyCommand
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    public static Command Create(Terminal terminal) => new("policy", """
        Tells where a message comes from: SPF, DKIM, DMARC.
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
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("test", $"""
            Examines the origin of a message as if it came in now: asks the DNS, not a server, and sends nothing.
            Ends with 0, or {ExitCodes.TemporaryFailure} where the DNS failed.
            Example: actorsmtp policy test mail.eml --from ann@example.org --ip 192.0.2.1 --helo mx.example.org
            Example: actorsmtp policy test - --from '<>' --ip 2001:db8::1 --helo mx.example.org --json < mail.eml
            """)
        {
            file, from, ip, helo, json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var sender = parsed.GetValue(from) is "" or "<>" ? null : Sender(parsed.GetValue(from)!);
            if (!IPAddress.TryParse(parsed.GetValue(ip), out var client))
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--ip {Printable.Line(parsed.GetValue(ip)!)}: expected an address, for example 192.0.2.1");
            }

            var settings = configuration.Load(parsed).Server;
            using var message = Read(parsed.GetValue(file)!, terminal);
            if (message.Header.Count == 0)
            {
                throw new CommandFailedException(ExitCodes.BadData, $"{parsed.GetValue(file)} is no message: it does not begin with header fields");
            }

            var subject = new OriginSubject(client, parsed.GetValue(helo)!, sender);
            var examiner = new OriginExaminer(Resolvers.Of(settings.Dns), new OriginOptions(settings.Hostname, _deadline, DkimOptions.Usual), TimeProvider.System, Resolvers.Chance);
            var findings = await examiner.ExamineAsync(subject, message, cancellation).ConfigureAwait(false);
            var forged = message.Header.All(AuthenticationResults.FieldName).Count(f => AuthenticationResults.ClaimsToBeOf(f.Value, settings.Hostname));
            var report = OriginReport.Of(subject, findings, settings.Hostname, forged);
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

    private static Mailbox Sender(string text) => Mailbox.TryParse(text)
        ?? throw new CommandFailedException(ExitCodes.Usage, $"--from {Printable.Line(text)}: expected an address, for example ann@example.com, or <>");

    /// <summary>The message with line ends as on the wire; nothing of its body is kept.</summary>
    private static SignedMessage Read(string path, Terminal terminal)
    {
        using var input = path == "-" ? terminal.InOctets() : Files.OpenRead(path);
        var message = new SignedMessage(DkimOptions.Usual);
        var newlines = new NewlineNormalizer();
        var buffer = new byte[64 * 1024];
        var output = new ArrayBufferWriter<byte>(buffer.Length * 2);
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            newlines.Write(buffer.AsSpan(0, read), output);
            message.Take(output.WrittenSpan);
            output.ResetWrittenCount();
        }

        newlines.End(output);
        message.Take(output.WrittenSpan);
        return message.Complete();
    }
}
