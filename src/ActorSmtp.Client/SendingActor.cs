using System.Threading.Channels;
using Akka.Actor;

namespace ActorSmtp.Client;

/// <summary>Owns one client actor for somebody who is no actor: what it tells goes into a channel, which ends with it.</summary>
internal sealed class SendingActor : UntypedActor
{
    private readonly ClientTarget _target;
    private readonly ClientContext _context;
    private readonly ChannelWriter<object> _heard;
    private IActorRef _dialogue = ActorRefs.Nobody;

    public SendingActor(ClientTarget target, ClientContext context, ChannelWriter<object> heard)
    {
        _target = target;
        _context = context;
        _heard = heard;
    }

    protected override void PreStart() => _dialogue = Context.Watch(Context.ActorOf(ClientActor.Of(_target, _context, Self), "dialogue"));

    protected override void PostStop() => _heard.TryComplete();

    /// <summary>A client actor that throws is a bug: it is not restarted, its owner hears the end.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(fault =>
    {
        _heard.TryComplete(fault);
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClientMessages.Send or ClientMessages.Finish:
                _dialogue.Tell(message);
                break;

            case Terminated:
                Context.Stop(Self);
                break;

            default:
                _heard.TryWrite(message);
                break;
        }
    }
}
