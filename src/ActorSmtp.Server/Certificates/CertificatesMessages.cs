using Akka.Actor;

namespace ActorSmtp.Server.Certificates;

/// <summary>What the certificates actor hears and says.</summary>
public static class CertificatesMessages
{
    // asked of it

    /// <summary>Somebody has replaced files and wants to know at once (SIGHUP); what it finds goes to the log.</summary>
    public sealed class LookNow
    {
        public static readonly LookNow Instance = new();
    }

    // announced on the event stream

    /// <summary>New handshakes use another certificate, or other authorities, from now on.</summary>
    /// <param name="Source">The file.</param>
    /// <param name="Content">What it is, in words.</param>
    /// <param name="NotAfter">When it ends, UTC.</param>
    public sealed record CertificateReplaced(string Source, string Content, DateTimeOffset NotAfter);

    // between the actor and its timer or store

    /// <summary>It is time for a look.</summary>
    internal sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
