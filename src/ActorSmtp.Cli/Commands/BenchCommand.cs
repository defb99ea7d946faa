using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using ActorSmtp.Cli.Benching;
using ActorSmtp.Cli.Sending;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client;
using ActorSmtp.Client.Load;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Commands;

/// <summary>
/// <c>actorsmtp bench</c>: load on any SMTP server, and what it took. Ends with 0 if every message was acknowledged, 75 if some were not,
/// 69 if none was. Goes to this machine's own addresses only, unless the user says that the server is theirs.
/// </summary>
internal static class BenchCommand
{
    private const long UsualMessages = 10_000;
    private const int UsualPort = 2525;

    public static Command Create(Terminal terminal)
    {
        var server = new Option<string>("--server", "-s") { Description = "HOST:PORT, [IPv6]:PORT or unix:PATH.", DefaultValueFactory = _ => "127.0.0.1:2525" };
        var mine = new Option<bool>("--yes-this-server-is-mine") { Description = "Goes ahead although the server is not on this machine." };
        var sessions = new Option<int>("--sessions", "-c") { Description = "Sessions at the same time.", DefaultValueFactory = _ => 10 };
        var messages = new Option<long?>("--messages", "-n") { Description = $"Messages in all. Without --duration: {UsualMessages}." };
        var duration = new Option<TimeSpan?>("--duration", "-t")
        {
            Description = "Begin no message later than this: 500ms, 30s, 5m, 1h.",
            CustomParser = r => Duration(r),
        };
        var size = new Option<int>("--size") { Description = "Octets of a message: 1000, 100KiB, 1MiB.", DefaultValueFactory = _ => 1024, CustomParser = Size };
        var rate = new Option<double?>("--rate", "-r") { Description = "Messages a second; latency then counts from when each was due. None: as fast as it goes." };
        var reconnect = new Option<bool>("--reconnect") { Description = "A new connection for each message." };
        var pipelining = new Option<bool>("--pipelining", "-p") { Description = "MAIL, RCPT and DATA in one write." };
        var bdat = new Option<bool>("--bdat", "-b") { Description = "BDAT in place of DATA." };
        var tls = new Option<string>("--tls") { Description = "off, starttls or implicit. Certificates are not judged.", DefaultValueFactory = _ => "off" };
        tls.AcceptOnlyFromAmong("off", "starttls", "implicit");
        var recipients = new Option<int>("--recipients") { Description = "Recipients of each message.", DefaultValueFactory = _ => 1 };
        var from = new Option<string>("--from") { Description = "The sender; {n} in it counts from message to message.", DefaultValueFactory = _ => "sender@bench.test" };
        var to = new Option<string>("--to") { Description = "The recipients; {n} in it counts from one to the next.", DefaultValueFactory = _ => "rcpt@bench.test" };
        var spread = new Option<int>("--spread") { Description = "How many numbers {n} takes before it begins again.", DefaultValueFactory = _ => 100 };
        var timeout = new Option<TimeSpan?>("--timeout") { Description = "How long to wait for a reply; 30s unless told.", CustomParser = r => Duration(r) };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("bench", """
            Puts load on an SMTP server: messages a second, latency, errors by reply.
            Example: actorsmtp bench --server 127.0.0.1:2525 --sessions 100 --duration 10s --size 1KiB --pipelining
            Example: actorsmtp bench --rate 500 --duration 1m --to 'user{n}@example.test' --spread 1000 --json
            """)
        {
            server, mine, sessions, messages, duration, size, rate, reconnect, pipelining, bdat, tls, recipients, from, to, spread, timeout, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (endPoint, name) = await Resolve(parsed.GetValue(server)!, parsed.GetValue(mine), cancellation).ConfigureAwait(false);
            var plan = new LoadPlan
            {
                Server = endPoint,
                ServerName = name,
                AllowRemote = parsed.GetValue(mine),
                Sessions = parsed.GetValue(sessions),
                Messages = parsed.GetValue(messages) ?? (parsed.GetValue(duration) is null ? UsualMessages : null),
                Duration = parsed.GetValue(duration),
                Size = parsed.GetValue(size),
                Rate = parsed.GetValue(rate),
                Reconnect = parsed.GetValue(reconnect),
                Pipelining = parsed.GetValue(pipelining),
                Chunking = parsed.GetValue(bdat),
                Tls = Enum.Parse<ClientTls>(parsed.GetValue(tls)!, ignoreCase: true),
                Recipients = parsed.GetValue(recipients),
                From = parsed.GetValue(from)!,
                To = parsed.GetValue(to)!,
                Spread = parsed.GetValue(spread),
                ReplyTimeout = parsed.GetValue(timeout) ?? TimeSpan.FromSeconds(30),
            };
            return await Run(plan, parsed.GetValue(server)!, parsed.GetValue(json), terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> Run(LoadPlan plan, string server, bool json, Terminal terminal, CancellationToken cancellation)
    {
        if (plan.Mistakes() is { Count: > 0 } mistakes)
        {
            throw new CommandFailedException(ExitCodes.Usage, string.Join("; ", mistakes));
        }

        // A generator that looks for work without sleeping would take the processor from the server it measures.
        var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        await using var closing = transport.ConfigureAwait(false);
        var load = new LoadGenerator(plan, transport);
        var before = Environment.CpuUsage.TotalTime;
        var running = load.RunAsync(cancellation);
        await BenchProgress.ShowAsync(load, plan, running, terminal).ConfigureAwait(false);
        var report = await running.ConfigureAwait(false);
        var processor = Environment.CpuUsage.TotalTime - before;
        if (json)
        {
            BenchOutput.WriteJson(terminal.Out, server, plan, report, processor);
        }
        else
        {
            BenchOutput.WriteText(terminal.Out, report, processor);
        }

        return report.Accepted == 0 ? ExitCodes.Unavailable : report.Failed > 0 ? ExitCodes.TemporaryFailure : ExitCodes.Ok;
    }

    /// <summary>The address to load. A name counts as local only if its address does.</summary>
    private static async Task<(EndPoint EndPoint, string Name)> Resolve(string server, bool mine, CancellationToken cancellation)
    {
        var named = HostPort.TryParse(server)
            ?? throw new CommandFailedException(ExitCodes.Usage, $"--server {Printable.Line(server)}: {HostPort.Expected}");
        var addresses = await named.ResolveAsync(UsualPort, cancellation).ConfigureAwait(false);
        return mine || addresses.All(LoadPlan.IsLocal)
            ? (addresses[0], named.IsUnix ? "localhost" : named.Host)
            : throw new CommandFailedException(
                ExitCodes.Usage, $"{named} is not on this machine; a load on somebody else's server is an attack. If it is yours, add --yes-this-server-is-mine");
    }

    private static TimeSpan? Duration(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        var (unit, ofOne) = text.EndsWith("ms", StringComparison.Ordinal) ? ("ms", 0.001)
            : text.EndsWith('s') ? ("s", 1.0)
            : text.EndsWith('m') ? ("m", 60.0)
            : text.EndsWith('h') ? ("h", 3600.0) : ("?", 0.0);
        if (ofOne > 0 && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count > 0 && count * ofOne < 1e6)
        {
            return TimeSpan.FromSeconds(count * ofOne);
        }

        result.AddError($"'{text}' is no duration; expected for example 500ms, 30s, 5m or 1h.");
        return null;
    }

    private static int Size(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        var digits = text.AsSpan().TrimEnd("kMiKB");
        var factor = text[digits.Length..] switch
        {
            "" or "B" => 1L,
            "kB" or "k" => 1000,
            "KiB" or "K" => 1024,
            "MB" => 1_000_000,
            "MiB" or "M" => 1 << 20,
            _ => 0,
        };
        if (factor > 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 1 << 30 && count * factor <= 1 << 30)
        {
            return (int)(count * factor);
        }

        result.AddError($"'{text}' is no size; expected for example 1000, 100KiB or 1MiB, at most 1024MiB.");
        return 0;
    }
}
