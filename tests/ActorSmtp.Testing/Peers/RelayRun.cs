using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Testing.Dns;
using static ActorSmtp.Server.Outbound.RelayMessages;
using Envelope = ActorSmtp.Protocol.Delivery.Envelope;

namespace ActorSmtp.Testing.Peers;

/// <summary>Sends the mail of a case through the relay of its domain, as the queue does: one errand after the other, each when there is room.</summary>
internal sealed class RelayRun : UntypedActor
{
    private readonly PeerWorld _world;
    private readonly Func<string, Props> _relay;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<ImmutableArray<PeerClass>> _done;
    private readonly PeerClass?[] _classes;
    private readonly MailIdGenerator _ids = new(1);
    private IActorRef _actor = ActorRefs.Nobody;
    private int _message;
    private int _room;
    private bool _underWay;

    private RelayRun(PeerWorld world, Func<string, Props> relay, TimeProvider time, TaskCompletionSource<ImmutableArray<PeerClass>> done)
    {
        (_world, _relay, _time, _done) = (world, relay, time, done);
        _classes = new PeerClass?[world.Case.Expected.Length];
    }

    /// <summary>The class of each recipient, once the relay has ended.</summary>
    /// <param name="settings">Of outbound mail.</param>
    /// <param name="client">What dialogues are held with.</param>
    public static Task<ImmutableArray<PeerClass>> Start(ActorSystem system, PeerWorld world, OutboundSettings settings, ClientContext client, IBackground background)
    {
        var done = new TaskCompletionSource<ImmutableArray<PeerClass>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new Log(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var memory = new TlsMemory(settings.Relaying.TlsRemembered, settings.Relaying.TlsDoubted, 100);
        var hosts = system.ActorOf(Supervision.OfHosts(new HostContext(settings.Relaying, client, "us.test", log)
        {
            TlsMemory = memory,
            TrustedRoots = PeerCertificates.Trusted,
        }, new HostTable()), "hosts");
        var context = new RelayContext(settings.Relaying, world.Router, hosts, background, client.Time, log)
        {
            Tls = new TlsPlanner(new TlsLevels([new("*", LevelOf(world.Case.Tls))]), ZoneResolver.Of(""), policies: null, usesDane: false),
            TlsMemory = memory,
            Reports = new TlsReports(client.Time, 100),
            Rates = new RateBook(client.Time, 100),
        };
        system.ActorOf(Props.Create(() => new RelayRun(world, d => Supervision.OfRelay(context, d, 0), client.Time, done)), "run");
        return done.Task;
    }

    private static TlsLevel LevelOf(PeerTls tls) => tls switch
    {
        PeerTls.Off => TlsLevel.None,
        PeerTls.Encrypt => TlsLevel.Encrypt,
        PeerTls.Required => TlsLevel.Verify,
        _ => TlsLevel.Auto,
    };

    protected override void PreStart() => _actor = Context.Watch(Context.ActorOf(_relay(PeerWorld.Domain.Canonical), "relay"));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(fault =>
    {
        _done.TrySetException(fault);
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Room room:
                _room += room.More;
                Next();
                break;

            case Attempted attempted:
                foreach (var outcome in attempted.Report.Outcomes)
                {
                    Note(outcome);
                }

                if (attempted.IsLast)
                {
                    _underWay = false;
                    _message++;
                    Next();
                }

                break;

            case Resting:
                for (var i = 0; i < _classes.Length; i++)
                {
                    _classes[i] ??= PeerClass.Later;
                }

                _message = _world.Mails.Length;
                Context.Stop(_actor);
                break;

            case Terminated:
                _done.TrySetResult([.. _classes.Select(c => c ?? PeerClass.Later)]);
                Context.Stop(Self);
                break;
        }
    }

    private void Next()
    {
        if (_underWay || _room == 0 || _message == _world.Mails.Length)
        {
            if (_message == _world.Mails.Length && !_underWay)
            {
                _actor.Tell(Finish.Instance);
            }

            return;
        }

        (_underWay, _room) = (true, _room - 1);
        var mail = _world.Mails[_message];
        var content = _world.Case.Content;
        var kind = mail.Content.Kind;
        var envelope = new Envelope
        {
            Id = _ids.Next(_time.GetUtcNow()),
            ReceivedAt = _time.GetUtcNow(),
            From = mail.From,
            Body = kind.IsBinary ? BodyType.BinaryMime : kind.Has8Bit ? BodyType.EightBitMime : BodyType.SevenBit,
            SmtpUtf8 = kind.HasUtf8Headers,
            Recipients = [.. mail.Recipients.Select(r => new Recipient(r.Address))],
        };
        _actor.Tell(new Carry(new Errand(
            envelope.Id, PeerWorld.Domain.Canonical, [.. Enumerable.Range(0, mail.Recipients.Length)], envelope, content.Length, new Octets(content), 0)));
    }

    private void Note(RecipientOutcome outcome)
    {
        var at = (_message * _world.Case.Recipients) + outcome.Recipient;
        if (_classes[at] is not null)
        {
            _done.TrySetException(new InvalidOperationException($"recipient {outcome.Recipient} is told twice"));
        }

        _classes[at] = outcome.Kind switch
        {
            OutcomeKind.Delivered => PeerClass.Delivered,
            OutcomeKind.Relayed => PeerClass.Relayed,
            OutcomeKind.Never => PeerClass.Never,
            _ when outcome.Why?.Contains("may have arrived", StringComparison.Ordinal) == true => PeerClass.Maybe,
            _ => PeerClass.Later,
        };
    }

    private sealed class Octets(byte[] octets) : IQueuedContent
    {
        public int Read(long offset, Span<byte> into)
        {
            var n = Math.Min(into.Length, octets.Length - (int)offset);
            octets.AsSpan((int)offset, n).CopyTo(into);
            return n;
        }
    }
}
