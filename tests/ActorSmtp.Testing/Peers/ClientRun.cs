using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Testing.Peers;

/// <summary>
/// Sends the mail of a case through client actors, with as little of a relay around them as it takes: plans the route, tries one host after the
/// other until a dialogue stands, sends one message after another, and again to those of whom there were too many at once (RFC 5321 §4.5.3.1.10).
/// </summary>
internal sealed class ClientRun : UntypedActor
{
    private readonly PeerWorld _world;
    private readonly ClientContext _context;
    private readonly TaskCompletionSource<ImmutableArray<PeerClass>> _done;
    private readonly PeerClass?[] _classes;
    private (RouteHost Host, RouteAddress Address)[] _hops = [];
    private IActorRef _dialogue = ActorRefs.Nobody;
    private Protocol.Smtp.Extensions _offered = Protocol.Smtp.Extensions.None;
    private int _message;
    private bool _served;                                               // this dialogue has sent something
    private bool _someWayIsLeft;                                        // some host may take it later
    private int _hop;
    private ImmutableArray<int> _under = [];                            // the recipients of the transaction, by their place in the message

    private ClientRun(PeerWorld world, ClientContext context, TaskCompletionSource<ImmutableArray<PeerClass>> done)
    {
        (_world, _context, _done) = (world, context, done);
        _classes = new PeerClass?[world.Case.Expected.Length];
    }

    /// <summary>The class of each recipient, once the last dialogue has ended.</summary>
    public static Task<ImmutableArray<PeerClass>> Start(ActorSystem system, PeerWorld world, ClientContext context)
    {
        var done = new TaskCompletionSource<ImmutableArray<PeerClass>>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new ClientRun(world, context, done)), "run");
        return done.Task;
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(fault =>
    {
        _done.TrySetException(fault);
        return Directive.Stop;
    });

    protected override void PreStart() => _world.Router.PlanAsync(PeerWorld.Domain).PipeTo(Self, failure: f => new Status.Failure(f));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RoutePlan { Failure: { } failure }:
                Array.Fill(_classes, failure.IsPermanent ? PeerClass.Never : PeerClass.Later);
                End();
                break;

            case RoutePlan plan:
                _hops = [.. plan.Hops.Select(h => (h.Host, h.Address!))];
                Dial();
                break;

            case ClientMessages.Ready ready:
                _offered = ready.Offered;
                SendNext();
                break;

            case ClientMessages.Sent sent:
                _served = true;
                Note(sent.Results, maybe: false);
                SendNext();
                break;

            case ClientMessages.Failed { Results.IsEmpty: true } when _served:
                break;                                                  // it ended between two messages: another dialogue for what is left

            case ClientMessages.Failed { Results.IsEmpty: true } failed:
                OnNoDialogue(failed);
                break;

            case ClientMessages.Failed failed:
                Note(failed.Results, failed.MayBeSent);
                break;

            case Terminated when _message < _world.Mails.Length:
                Dial();                                                 // what is left, over another dialogue
                break;

            case Terminated:
                End();
                break;

            case Status.Failure failure:
                _done.TrySetException(failure.Cause);
                break;
        }
    }

    private void Dial()
    {
        _served = false;
        var (host, address) = _hops[Math.Min(_hop, _hops.Length - 1)];
        var target = new ClientTarget(address.EndPoint, host.Name, "us.test")
        {
            Lmtp = _world.Case.Lmtp,
            Tls = _world.Case.Tls switch
            {
                PeerTls.Off => ClientTls.Off,
                PeerTls.Encrypt or PeerTls.Required => ClientTls.StartTls,
                PeerTls.Implicit => ClientTls.Implicit,
                _ => ClientTls.Auto,
            },
            Insecure = _world.Case.Tls == PeerTls.Encrypt,
            TrustedRoots = PeerCertificates.Trusted,
        };
        _dialogue = Context.Watch(Context.ActorOf(ClientActor.Of(target, _context, Self)));
    }

    private void SendNext()
    {
        var per = _world.Case.Recipients;
        while (_message < _world.Mails.Length)
        {
            var mail = _world.Mails[_message];
            _under = [.. Enumerable.Range(0, per).Where(i => _classes[(_message * per) + i] is null).Take(_offered.Limits.RcptMax ?? int.MaxValue)];
            if (_under.Length > 0)
            {
                _dialogue.Tell(new ClientMessages.Send(mail with { Recipients = [.. _under.Select(i => mail.Recipients[i])] }));
                return;
            }

            _message++;
        }

        _dialogue.Tell(ClientMessages.Finish.Instance);
    }

    private void Note(ImmutableArray<RecipientResult> results, bool maybe)
    {
        var again = !maybe && results.Any(r => r.Accepted);
        for (var i = 0; i < results.Length; i++)
        {
            var r = results[i];
            if (again && r.IsOneTooMany)
            {
                continue;
            }

            _classes[(_message * _world.Case.Recipients) + _under[i]] =
                r.Accepted ? (_offered.Dsn ? PeerClass.Delivered : PeerClass.Relayed)
                : !r.MayRetry ? PeerClass.Never
                : maybe && r.Reply is null ? PeerClass.Maybe
                : PeerClass.Later;
        }

        _message += Enumerable.Range(0, _world.Case.Recipients).All(i => _classes[(_message * _world.Case.Recipients) + i] is not null) ? 1 : 0;
    }

    /// <summary>No message was under way: the next host, while there is one (RFC 5321 §5.1).</summary>
    private void OnNoDialogue(ClientMessages.Failed failed)
    {
        _someWayIsLeft |= failed.MayRetry;
        if (++_hop < _hops.Length)
        {
            return;                                                     // when it has stopped
        }

        for (var i = 0; i < _classes.Length; i++)
        {
            _classes[i] ??= _someWayIsLeft ? PeerClass.Later : PeerClass.Never;
        }

        _message = _world.Mails.Length;
    }

    private void End()
    {
        _done.TrySetResult([.. _classes.Select(c => c!.Value)]);
        Context.Stop(Self);
    }
}
