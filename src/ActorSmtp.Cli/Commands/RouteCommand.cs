using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Routing;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Routing;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Settings;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Commands;

/// <summary>
/// <c>actorsmtp route</c>: where mail would go, and why there, without any being sent. Asks the DNS, not the server. Ends with 0 where it could go, 75 where nobody knows
/// now, 69 where it never could.
/// </summary>
internal static class RouteCommand
{
    private const string Nobody = "<>";

    public static Command Create(Terminal terminal)
    {
        var from = new Argument<string>("FROM") { Description = "The sender, or <> for a bounce." };
        var to = new Argument<string>("TO") { Description = "The recipient." };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("route", $"""
            Tells where mail would go: the route that matches, the servers in the order they would be tried, how each is protected on the way, and why one is tried or not. Sends nothing.
            Ends with 0 if it could go, {ExitCodes.TemporaryFailure} if nobody knows now, {ExitCodes.Unavailable} if it never could.
            Example: actorsmtp route ann@example.com bob@example.org --config server.conf
            Example: actorsmtp route '<>' bob@example.org --set 'outbound.routes."*"=mx' --set domains=example.com --json
            """)
        {
            from, to, json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var sender = parsed.GetValue(from)!;
            if (sender is not ("" or Nobody))
            {
                sender = Address("FROM", sender).ToString();
            }

            var recipient = Address("TO", parsed.GetValue(to)!);
            var settings = configuration.Load(parsed).Server;
            var own = LocalAddresses.Meant(settings.Listeners.Select(l => l.Bind).Where(b => b.Address is not null && b.Port > 0).Select(b => (IPEndPoint)b.ToEndPoint()));
            var (plan, security) = IsLocal(recipient.Domain, settings, own) ? (null, []) : await PlanAsync(recipient.Domain, settings, own, cancellation).ConfigureAwait(false);
            var report = RouteReport.Of(sender.Length == 0 ? Nobody : sender, recipient, plan, security, plan?.Rule is { } rule ? settings.Outbound.Logins.GetValueOrDefault(rule.Domain)?.Login.User : null);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, report);
            }
            else
            {
                report.WriteText(terminal);
            }

            return plan?.Failure is not { } failure ? ExitCodes.Ok : failure.IsPermanent ? ExitCodes.Unavailable : ExitCodes.TemporaryFailure;
        });
        return command;
    }

    private static bool IsLocal(MailDomain domain, ServerSettings settings, IEnumerable<IPEndPoint> own) =>
        settings.IsLocal(domain) || (domain is AddressLiteral { Address: { } literal } && own.Any(o => o.Address.Equals(literal.Unmapped())));

    private static async Task<(RoutePlan, ImmutableArray<HostSecurity>)> PlanAsync(MailDomain domain, ServerSettings settings, ImmutableArray<IPEndPoint> own, CancellationToken cancellation)
    {
        var options = settings.Outbound.Routing(settings.Hostname, own);
        var planner = new RoutePlanner(new RouteTable(settings.Outbound.Routes), options);
        var resolver = Resolvers.Of(settings.Dns);
        var plan = await new MailRouter(planner, options, resolver, Resolvers.Chance).PlanAsync(domain, cancellation).ConfigureAwait(false);
        if (plan.Failure is not null)
        {
            return (plan, []);
        }

        using var web = OutboundSecurity.Web(settings.Outbound, resolver);
        var policies = settings.Outbound.Relaying.UsesMtaSts ? new MtaStsPolicies(resolver, web, TimeProvider.System, most: 1) : null;
        return (plan, await OutboundSecurity.Planner(settings.Outbound, resolver, policies).PlanAsync(plan, cancellation).ConfigureAwait(false));
    }

    private static Mailbox Address(string name, string text) => Mailbox.TryParse(text)
        ?? throw new CommandFailedException(ExitCodes.Usage, $"{name} {Printable.Line(text)}: expected an address, for example ann@example.com");
}
