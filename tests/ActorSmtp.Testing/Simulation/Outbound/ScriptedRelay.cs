using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Testing.Simulation.Outbound;

/// <summary>A relay whose luck depends on the name of its destination: what it delivers it writes down in the ledger, and then says so.</summary>
internal sealed class ScriptedRelay : ReceiveActor
{
    private readonly OutboundWorld _world;
    private readonly string _destination;
    private readonly SimulatedHost _host;
    private readonly Dictionary<Protocol.Delivery.MailId, Errand> _errands = [];
    private bool _finishing;

    public ScriptedRelay(OutboundWorld world, string destination, int rests, SimulatedHost host)
    {
        (_world, _destination, _host) = (world, destination, host);
        Receive<Carry>(m =>
        {
            if (world.Random.Next(100) == 0)
            {
                world.Count("relay broke");
                throw new InvalidOperationException("a relay that fails, as the script wants");
            }

            _errands.Add(m.Errand.Id, m.Errand);
            Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(world.Random.NextDouble() * 3), Self, new Ended(m.Errand.Id), ActorRefs.NoSender);
        });
        Receive<Forget>(_ => { });
        Receive<Hurry>(_ => { });
        Receive<Finish>(_ =>
        {
            _finishing = true;
            StopIfDone();
        });
        Receive<Ended>(m => End(m, rests));
    }

    private bool IsDead => _destination switch
    {
        "dead.test" => true,
        "moody.test" => (_world.Now.Hour / 6 % 2) == 0,
        _ => false,
    };

    protected override void PreStart() => Context.Parent.Tell(new Room(_destination, 4));

    private void End(Ended m, int rests)
    {
        if (!_errands.TryGetValue(m.Id, out var errand))
        {
            return;
        }

        if (IsDead)
        {
            _world.Count("rest");
            _errands.Clear();
            var report = Report(errand, []) with { Why = "nobody answers" };
            Context.Parent.Tell(new Resting(_destination, _world.Now + TimeSpan.FromMinutes(Math.Min(240, 10 << Math.Min(rests, 5))), "nobody answers", report));
            return;
        }

        _errands.Remove(m.Id);
        ImmutableArray<RecipientOutcome> outcomes;
        try
        {
            var content = new byte[errand.Length];
            for (int at = 0, read; at < content.Length && (read = errand.Content.Read(at, content.AsSpan(at, Math.Min(20_000, content.Length - at)))) > 0;)
            {
                at += read;
            }

            outcomes = [.. errand.Recipients.Select(recipient => Outcome(errand, recipient, content))];
        }
        catch (IOException failed) when (!_host.IsAlive)
        {
            outcomes = [.. errand.Recipients.Select(recipient => new RecipientOutcome(recipient, OutcomeKind.Later, new EnhancedCode(4, 3, 0), null, failed.Message))];
        }

        if (!_host.IsAlive)
        {
            return;
        }

        Context.Parent.Tell(new Attempted(m.Id, Report(errand, outcomes), IsLast: true));
        Context.Parent.Tell(new Room(_destination, 1));
        StopIfDone();
    }

    private RecipientOutcome Outcome(Errand errand, int recipient, byte[] content)
    {
        var luck = _world.Random.Next(100);
        var kind = _destination switch
        {
            "good.test" => luck < 90 ? OutcomeKind.Delivered : OutcomeKind.Later,
            "flaky.test" => luck < 60 ? OutcomeKind.Later : luck < 90 ? OutcomeKind.Delivered : OutcomeKind.Never,
            "no.test" => OutcomeKind.Never,
            "quiet.test" => OutcomeKind.Relayed,
            _ => OutcomeKind.Delivered,
        };
        _world.Count($"outcome {kind}");
        if (kind is OutcomeKind.Delivered or OutcomeKind.Relayed && _host.IsAlive)
        {
            _world.Ledger.Arrived(errand, recipient, content, _world.Now);
        }

        return kind switch
        {
            OutcomeKind.Later => new RecipientOutcome(recipient, kind, new EnhancedCode(4, 2, 0), new ServerReply(450, null, ["not now"]), null),
            OutcomeKind.Never => new RecipientOutcome(recipient, kind, new EnhancedCode(5, 1, 1), new ServerReply(550, new EnhancedCode(5, 1, 1), ["no such user"]), null),
            _ => new RecipientOutcome(recipient, kind, new EnhancedCode(2, 0, 0), new ServerReply(250, null, ["thanks"]), null),
        };
    }

    private AttemptReport Report(Errand errand, ImmutableArray<RecipientOutcome> outcomes) => new()
    {
        At = _world.Now,
        Took = TimeSpan.FromSeconds(1),
        Destination = _destination,
        Host = "mx." + _destination,
        Phase = outcomes.IsEmpty ? ClientState.Connecting : ClientState.Deciding,
        Outcomes = outcomes,
        Why = errand.Failures > 100 ? "never" : null,
    };

    private void StopIfDone()
    {
        if (_finishing && _errands.Count == 0)
        {
            Context.Stop(Self);
        }
    }

    private sealed record Ended(Protocol.Delivery.MailId Id);
}
