using Akka.Actor;

namespace ActorSmtp.Server.Signing;

/// <summary>What the signing actor hears.</summary>
public static class SigningMessages
{
    // asked of it

    /// <summary>Somebody has changed keys and wants them to count at once (SIGHUP); what it finds goes to the log.</summary>
    public sealed class LookNow
    {
        public static readonly LookNow Instance = new();
    }

    // between the actor and its timer

    /// <summary>It is time for a look.</summary>
    internal sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
