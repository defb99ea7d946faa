using System.Buffers;
using Akka.Actor;
using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Pop3;

/// <summary>Listeners of the role pop3.</summary>
internal sealed class Pop3Sessions(Pop3Context at) : SessionKind
{
    public override Conversation Begin(string id, long number, IConnection connection, out Props session)
    {
        var talk = new Pop3Conversation(id, number, connection, at.Common);
        session = Supervision.OfPop3Session(at, talk);
        return talk;
    }

    public override void TurnAway(IBufferWriter<byte> output, in Reply why) => Pop3Writer.Write(output, Pop3Replies.Of(why));
}
