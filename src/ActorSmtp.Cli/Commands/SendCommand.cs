using System.CommandLine;
using System.Net;
using ActorSmtp.Cli.Sending;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp send</c>: a message through any SMTP server, by the same client actor that relays use.</summary>
internal static class SendCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("send", """
            Sends a message through any SMTP server. On a terminal without arguments it asks for what it needs.
            Examples:
              actorsmtp send --to ann@example.com --subject Hello --body "How are you?"
              actorsmtp send --server mail.example.com:587 --user bob --to ann@example.com --attach report.pdf
              actorsmtp send --eml message.eml --transcript
            """);
        var options = new SendOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var isBare = parsed.CommandResult.Tokens.Count == 0 && parsed.Tokens.Count == 1;
            var order = isBare && terminal.IsInteractive ? SendQuestions.Ask(terminal) : options.Read(parsed);
            return order is null ? ExitCodes.Ok : await SendAsync(order, terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Sends what was ordered; answers the exit code.</summary>
    public static async Task<int> SendAsync(SendOrder order, Terminal terminal, CancellationToken cancellation)
    {
        var transcript = order.Transcript ? new List<TranscriptLine>() : null;
        try
        {
            var localName = order.HelloName ?? LocalName();
            using var draft = new Draft(order, localName.StartsWith('[') ? "localhost" : localName, terminal, TimeProvider.System);
            var login = order is { User: { } user, UsesToken: false } && order.Mechanism != External.Name
                ? new Credentials(user, order.Password ?? Secret.For(user, order.PasswordFile, terminal))
                : null;
            var token = order.UsesToken ? new BearerToken(Secret.Token(order.TokenFile, terminal), order.User) : null;
            using var certificate = ClientCertificate.Read(order, terminal);
            var addresses = await order.Server.ResolveAsync(order.DefaultPort, cancellation).ConfigureAwait(false);
            await using var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
            await using var sender = new MailSender(transport, TimeProvider.System);
            using var progress = new Progress(terminal, order);
            var outcome = await sender.SendAsync(
                new SendRequest
                {
                    Addresses = addresses,
                    ServerName = order.Server.IsUnix ? "localhost" : order.Server.Host,
                    HelloName = localName,
                    Tls = order.Tls,
                    Insecure = order.Insecure,
                    Lmtp = order.Lmtp,
                    Login = login,
                    Token = token,
                    Certificate = certificate,
                    ActAs = order.Mechanism == External.Name ? order.User : null,
                    Mechanism = order.Mechanism,
                    AllowPlaintextLogin = order is { Insecure: true, Tls: ClientTls.Off },
                    Timeouts = order.Timeout is { } longest ? Bounded(longest) : ClientTimeouts.Rfc5321,
                    Watch = transcript is null ? null : line => Show(line, transcript, order, terminal),
                    Compose = offered => progress.Watching(draft.For(offered)),
                },
                cancellation).ConfigureAwait(false);
            progress.Dispose();
            if (order.Json)
            {
                SendReport.WriteJson(terminal, outcome, order, draft, transcript);
            }
            else
            {
                SendReport.WriteText(terminal, outcome, order);
            }

            return SendReport.ExitCode(outcome);
        }
        catch (ComposeException wrong)
        {
            throw new CommandFailedException(ExitCodes.BadData, wrong.Message);
        }
    }

    private static void Show(TranscriptLine line, List<TranscriptLine> transcript, SendOrder order, Terminal terminal)
    {
        if (order.Json)
        {
            transcript.Add(line);
        }
        else
        {
            terminal.Out.WriteLine(SendReport.Words(line));
        }
    }

    /// <summary>The machine's name where it is one that EHLO can carry, else an address literal (RFC 5321 §4.1.4).</summary>
    private static string LocalName()
    {
        var name = Environment.MachineName.ToLowerInvariant();
        return Mailbox.TryParse($"x@{name}") is not null ? name : $"[{IPAddress.Loopback}]";
    }

    private static ClientTimeouts Bounded(TimeSpan longest)
    {
        var all = ClientTimeouts.Rfc5321;
        return new ClientTimeouts(
            Least(all.Connect), Least(all.Greeting), Least(all.Command), Least(all.DataStart), Least(all.DataBlock), Least(all.DataEnd), Least(all.Quit));

        TimeSpan Least(TimeSpan usual) => usual < longest ? usual : longest;
    }

    /// <summary>Shows how much of a big message has gone.</summary>
    private sealed class Progress(Terminal terminal, SendOrder order) : IDisposable
    {
        private ProgressLine? _line;

        public MailToSend Watching(MailToSend mail)
        {
            _line = new ProgressLine(terminal, "sending", mail.Content.Length, !order.Quiet && !order.Json && !order.Transcript, TimeProvider.System);
            return mail with { Content = new Watched(mail.Content, _line) };
        }

        public void Dispose() => _line?.Dispose();

        private sealed class Watched(IMailContent content, ProgressLine line) : IMailContent
        {
            public long Length => content.Length;

            public ContentKind Kind => content.Kind;

            public async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation)
            {
                line.Report(offset);
                return await content.ReadAsync(offset, into, cancellation).ConfigureAwait(false);
            }
        }
    }
}
