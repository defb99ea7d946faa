using Akka.Actor;
using Akka.Event;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// What a POP3 session hears besides what every session does (<see cref="Sessions.SessionMessages"/>) and the peer's commands, which arrive as
/// <see cref="Protocol.Pop3.Pop3Command"/> values. It comes from its own conversation, on the thread that moved the bytes.
/// </summary>
public static class Pop3Messages
{
    /// <summary>The peer has taken what waited for it, and others have had their turn: more can be said.</summary>
    internal sealed class RoomCame : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly RoomCame Instance = new();
    }
}
