using System.Buffers;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// What a connection of a listener becomes, by the listener's role: a conversation in some language and the actor that holds it. Counting,
/// deadlines, shutdown and proxies are the listener's, whatever is spoken.
/// </summary>
internal abstract class SessionKind
{
    /// <summary>A conversation on a connection, and how the session actor for it is made.</summary>
    /// <param name="number">Grows from session to session.</param>
    public abstract Conversation Begin(string id, long number, IConnection connection, out Props session);

    /// <summary>Writes why somebody gets no session.</summary>
    /// <param name="why">The reason, as SMTP has it.</param>
    public abstract void TurnAway(IBufferWriter<byte> output, in Reply why);
}

/// <summary>Listeners of the roles mx, submission and lmtp.</summary>
internal sealed class SmtpSessions(SessionContext at) : SessionKind
{
    public override Conversation Begin(string id, long number, IConnection connection, out Props session)
    {
        var talk = new SmtpConversation(id, number, connection, at);
        session = Supervision.OfSession(at, talk);
        return talk;
    }

    public override void TurnAway(IBufferWriter<byte> output, in Reply why) => ReplyWriter.Write(output, why);
}
