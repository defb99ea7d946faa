using System.CommandLine;
using System.CommandLine.Parsing;
using ActorSmtp.Cli.Checking;
using ActorSmtp.Cli.Sending;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client;
using ActorSmtp.Client.Checks;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Commands;

/// <summary>
/// <c>actorsmtp check</c>: tries a server against the RFCs, a verdict for each clause. Ends with 0 where no MUST is broken, 76 (EX_PROTOCOL)
/// where one is, 69 where nobody answers. Leaves no message to anybody but <c>--to</c>.
/// </summary>
internal static class CheckCommand
{
    private const int UsualPort = 25;

    public static Command Create(Terminal terminal)
    {
        var server = new Argument<string?>("HOST:PORT") { Description = "The server; also [IPv6]:PORT and unix:PATH.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string>("--to", "-t") { HelpName = "ADDRESS", Description = "A recipient that the server takes; gets some dozens of small messages. Without it nothing is stored." };
        var from = new Option<string>("--from", "-f") { HelpName = "ADDRESS", Description = "The sender; the recipient where it is not given, nobody (<>) without one." };
        var tls = new Option<string>("--tls")
        {
            Description = "auto: clear text, and STARTTLS for what is about it or needs it; starttls: always; implicit: TLS from the first octet; off.",
            DefaultValueFactory = _ => "auto",
        };
        tls.AcceptOnlyFromAmong("auto", "starttls", "implicit", "off");
        var user = new Option<string>("--user", "-u") { HelpName = "NAME", Description = $"Logs in; the password comes from --password-file, {Secret.Variable} or a question." };
        var passwordFile = new Option<string>("--password-file") { HelpName = "FILE", Description = "The password is the first line of FILE; - for standard input." };
        var only = new Option<string[]>("--only") { HelpName = "GROUP|CLAUSE", Description = "This group of clauses, or this clause, alone; may be given several times. --list names them." };
        var foreign = new Option<string>("--foreign-domain") { HelpName = "DOMAIN", Description = "A domain that is not the server's, for the clauses on relaying.", DefaultValueFactory = _ => "example.com" };
        var sink = new Option<bool>("--sink") { Description = "The server takes mail for every domain, maybe from any login, and lets none leave: the clauses on relaying are skipped." };
        var helo = new Option<string>("--helo") { HelpName = "NAME", Description = "What to say in EHLO.", DefaultValueFactory = _ => "check.example.com" };
        var timeout = new Option<TimeSpan>("--timeout") { HelpName = "SECONDS", Description = "The longest wait for one answer; 15 unless told.", CustomParser = Seconds, DefaultValueFactory = _ => TimeSpan.FromSeconds(15) };
        var list = new Option<bool>("--list") { Description = "Lists the clauses and checks nothing." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Shows the dialogue of each clause that did not pass." };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("check", $"""
            Tries a server against the RFCs: a verdict for each clause. Ends with 0 if no MUST is broken, {ExitCodes.Protocol} if one is, {ExitCodes.Unavailable} if nobody answers.
            Example: actorsmtp check mail.example.com:25
            Example: actorsmtp check 127.0.0.1:2525 --to me@example.org --sink --verbose
            Example: actorsmtp check mail.example.com:587 --tls starttls --user me@example.com --to me@example.com --json
            """)
        {
            server, to, from, tls, user, passwordFile, only, foreign, sink, helo, timeout, list, verbose, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list))
            {
                CheckOutput.WriteList(terminal, parsed.GetValue(json));
                return ExitCodes.Ok;
            }

            var unknown = (parsed.GetValue(only) ?? []).FirstOrDefault(o => !Clauses.All.Any(c => c.Group == o || c.Id == o));
            if (unknown is not null)
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--only {Printable.Line(unknown)}: no such group or clause; actorsmtp check --list names them");
            }

            var named = ServerOf(parsed.GetValue(server));
            var name = parsed.GetValue(user);
            var plan = new CheckPlan
            {
                Server = (await named.ResolveAsync(UsualPort, cancellation).ConfigureAwait(false))[0],
                ServerName = named.IsUnix ? "localhost" : named.Host,
                HelloName = Checked(helo, parsed)!,
                Tls = parsed.GetValue(tls) == "starttls" ? ClientTls.StartTls : Enum.Parse<ClientTls>(parsed.GetValue(tls)!, ignoreCase: true),
                To = AddressOf(to, parsed),
                From = AddressOf(from, parsed),
                ForeignDomain = Checked(foreign, parsed)!,
                Sink = parsed.GetValue(sink),
                Login = name is null ? null : new Credentials(name, Secret.For(name, parsed.GetValue(passwordFile), terminal)),
                Timeout = parsed.GetValue(timeout),
                Only = [.. parsed.GetValue(only) ?? []],
            };
            return await RunAsync(plan, named.ToString(), parsed.GetValue(json), parsed.GetValue(verbose), terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(CheckPlan plan, string address, bool json, bool verbose, Terminal terminal, CancellationToken cancellation)
    {
        await using var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        using var progress = new ProgressLine(terminal, "clauses tried:", 0, wanted: true, TimeProvider.System);
        var tried = 0;
        CheckReport report;
        try
        {
            report = await new ConformanceCheck(plan, transport).RunAsync(_ => progress.Report(++tried), cancellation).ConfigureAwait(false);
        }
        catch (ServerUnreachableException nobody)
        {
            throw new CommandFailedException(ExitCodes.Unavailable, $"{address}: {nobody.Message}; is a server running there?");
        }

        progress.Dispose();
        if (json)
        {
            CheckOutput.WriteJson(terminal, address, report);
        }
        else
        {
            CheckOutput.WriteText(terminal, report, verbose);
        }

        return CheckOutput.ExitCode(report);
    }

    private static HostPort ServerOf(string? text) =>
        text is null ? throw new CommandFailedException(ExitCodes.Usage, $"which server? {HostPort.Expected}")
            : HostPort.TryParse(text) ?? throw new CommandFailedException(ExitCodes.Usage, $"{Printable.Line(text)}: {HostPort.Expected}");

    /// <summary>An address as it stands between the brackets of MAIL and RCPT.</summary>
    private static string? AddressOf(Option<string> option, ParseResult parsed) => Checked(option, parsed) is not { } text ? null
        : Mailbox.TryParse(text) is not null ? text
        : throw new CommandFailedException(ExitCodes.Usage, $"{option.Name} {Printable.Line(text)}: expected an address, for example ann@example.com");

    /// <summary>A value that cannot leave its command's line.</summary>
    private static string? Checked(Option<string> option, ParseResult parsed) => parsed.GetValue(option) is not { } text ? null
        : text.Length > 0 && !text.Any(c => char.IsControl(c) || c is ' ' or '<' or '>') ? text
        : throw new CommandFailedException(ExitCodes.Usage, $"{option.Name} '{Printable.Line(text)}': expected one word without blanks and controls");

    private static TimeSpan Seconds(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        if (double.TryParse(text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= 3600)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        result.AddError($"--timeout {text}: expected seconds, 0.1 to 3600");
        return default;
    }
}
