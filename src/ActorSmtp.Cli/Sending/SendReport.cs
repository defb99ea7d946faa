using System.Globalization;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client;

namespace ActorSmtp.Cli.Sending;

/// <summary>What became of a message: a line for each recipient, or one JSON document; and the exit code.</summary>
internal static class SendReport
{
    /// <summary>0: everybody was accepted. 75: a later attempt may do better. 69: nobody is there. 77: the login. 65: the message itself.</summary>
    public static int ExitCode(SendOutcome outcome)
    {
        if (outcome.AllAccepted)
        {
            return ExitCodes.Ok;
        }

        if (outcome.Results.Any(r => r.MayRetry))
        {
            return ExitCodes.TemporaryFailure;
        }

        if (outcome.Results.Any(r => r is { Accepted: false, Reply: null, Why: not null, Broken: false }))
        {
            return ExitCodes.BadData;
        }

        return outcome.Failure switch
        {
            null => ExitCodes.Unavailable,
            { Phase: ClientState.Connecting or ClientState.Securing } => ExitCodes.Unavailable,
            { Phase: ClientState.Authenticating, MayRetry: false } => ExitCodes.Permission,
            { Phase: ClientState.Introducing or ClientState.AskingForTls, Reply: null, MayRetry: false } => ExitCodes.Permission,
            { MayRetry: true } => ExitCodes.TemporaryFailure,
            _ => ExitCodes.Unavailable,
        };
    }

    /// <summary>What is wrong and what to do, on one line; null where the recipients' lines say it all.</summary>
    public static string? Problem(SendOutcome outcome, SendOrder order)
    {
        if (outcome.Failure is not { } failure)
        {
            return null;
        }

        var said = failure.Reply is { } reply ? $": {reply}" : "";
        var hint = failure switch
        {
            { Phase: ClientState.Connecting } => "; is a server running there? (actorsmtp serve starts one)",
            { Phase: ClientState.Securing } when !order.Insecure => "; --insecure goes on whatever the certificate is worth, --tls off without TLS",
            { Phase: ClientState.Authenticating, Reply: not null } => "; check --user and the password",
            { MayBeSent: true } => "; the server may have taken the message all the same",
            { MayRetry: true } => "; try again later",
            _ => "",
        };
        return $"{order.Server}: {failure.Why}{said}{hint}";
    }

    /// <summary>Lines on standard output for those accepted, on standard error for the others.</summary>
    public static void WriteText(Terminal terminal, SendOutcome outcome, SendOrder order)
    {
        foreach (var result in outcome.Results)
        {
            var line = $"{result.Recipient}: {Words(result)}";
            if (!result.Accepted)
            {
                terminal.Complain(line);
            }
            else if (!order.Quiet)
            {
                terminal.Out.WriteLine(Printable.Line(line));
            }
        }

        if (Problem(outcome, order) is { } problem)
        {
            terminal.Complain(problem);
        }
    }

    public static void WriteJson(Terminal terminal, SendOutcome outcome, SendOrder order, Draft draft, IReadOnlyList<TranscriptLine>? transcript) => Json.Write(terminal.Out, new
    {
        accepted = outcome.AllAccepted,
        exitCode = ExitCode(outcome),
        server = order.Server.ToString(),
        address = outcome.Server.ToString(),
        tls = outcome.Tls is { } tls ? new { version = tls.Version, cipher = tls.CipherSuite.ToString(), certificateProblem = tls.CertificateProblem } : null,
        messageId = draft.MessageId,
        recipients = outcome.Results.Select(r => new
        {
            address = r.Recipient.ToString(),
            accepted = r.Accepted,
            mayRetry = r.Accepted ? (bool?)null : r.MayRetry,
            phase = r.Phase,
            code = r.Reply?.Code,
            enhanced = r.Reply?.Enhanced?.ToString(),
            text = r.Reply?.Text,
            reason = r.Why,
        }),
        failure = outcome.Failure is { } failure
            ? new { phase = failure.Phase, reason = failure.Why, reply = failure.Reply?.ToString(), mayRetry = failure.MayRetry, mayBeSent = failure.MayBeSent, problem = Problem(outcome, order) }
            : null,
        transcript = transcript?.Select(Words),
    });

    /// <summary>One line of a transcript.</summary>
    public static string Words(TranscriptLine line) =>
        string.Create(CultureInfo.InvariantCulture, $"{line.At.TotalSeconds,8:0.000} {(line.FromServer ? 'S' : 'C')}: {Printable.Line(line.Text)}");

    private static string Words(RecipientResult result) => result switch
    {
        { Accepted: true } => $"accepted, {result.Reply}",
        { Broken: true } => "not known to be accepted",
        { Reply: { } reply, MayRetry: true } => $"put off, {reply}; try again later",
        { Reply: { } reply } => $"refused, {reply}",
        _ => $"not sent, {result.Why}",
    };
}
