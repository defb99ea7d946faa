namespace ActorSmtp.Simulation.Tests.Scale;

/// <summary>
/// What things cost in the modelled cluster, in microseconds of one processor unless it says otherwise. The numbers are those that
/// <c>tests/performance/scale.py</c> measured (docs/scale.md says when and on what); a message is one of 1 KiB for one mailbox.
/// </summary>
internal sealed record Costs
{
    /// <summary>A node, for each message: the dialogue, its share of the statements, its delivery.</summary>
    public double Node { get; init; } = 95;

    /// <summary>The database, for a statement that writes, however many messages are in it: protocol, snapshot, COMMIT.</summary>
    public double Statement { get; init; } = 300;

    /// <summary>The database, for each message that is stored.</summary>
    public double Store { get; init; } = 10;

    /// <summary>The database, for each message that goes from what is accepted into its mailbox.</summary>
    public double Deliver { get; init; } = 30;

    /// <summary>The database, for a statement of a node's routine: a look for work, a sign of life, a count, a sweep.</summary>
    public double Routine { get; init; } = 100;

    /// <summary>
    /// The database, for each entry of the index of what is due that a look for work passes, of messages that were delivered and not vacuumed away yet. Nodes look at
    /// the last <see cref="Window"/> only.
    /// </summary>
    public double DeadEntry { get; init; } = 0.03;

    /// <summary>How far back a look for work goes. Time.</summary>
    public double Window { get; init; } = 2_500_000;

    /// <summary>One flush of the log, which serves all that wait for it. Not of a processor: time.</summary>
    public double Flush { get; init; } = 1300;

    /// <summary>There and back between a node and the database. Time.</summary>
    public double RoundTrip { get; init; } = 300;

    /// <summary>From a 250 until the same session's next message is complete at the node. Time.</summary>
    public double Client { get; init; } = 18_000;

    /// <summary>Octets of the log for each message, stored and delivered.</summary>
    public double LogOctets { get; init; } = 2400;

    /// <summary>Octets of log that the disk takes in a second.</summary>
    public double LogRate { get; init; } = 1e9;
}

/// <summary>The machines.</summary>
/// <param name="Nodes">How many nodes.</param>
/// <param name="NodeCores">Processors of each.</param>
/// <param name="DatabaseCores">Processors of the database.</param>
/// <param name="Sessions">Clients of each node, each of which sends one message after another.</param>
/// <param name="Mailboxes">Among which the mail is spread evenly.</param>
internal sealed record Machines(int Nodes, int NodeCores = 4, int DatabaseCores = 16, int Sessions = 20, int Mailboxes = 1_000_000);
