namespace ActorSmtp.Server.Outbound;

/// <summary>Whether mail for other domains can be taken now. Read at each RCPT for one, from any thread: one field.</summary>
internal interface IOutboundIntake
{
    /// <summary>Too much waits already: 452 4.3.1.</summary>
    bool IsFull { get; }
}

/// <summary>An intake that is never full: what is taken waits in the journal, whose own limits count.</summary>
internal sealed class OpenIntake : IOutboundIntake
{
    public static readonly OpenIntake Instance = new();

    public bool IsFull => false;
}
