namespace ActorSmtp.Storage.Postgres.Nodes;

/// <summary>A node as the others see it.</summary>
/// <param name="Name">What it calls itself.</param>
/// <param name="Program">Its program's version.</param>
/// <param name="State"><c>up</c>, <c>draining</c>, <c>migrating</c> (a command that has the database to itself), <c>gone</c> where its lease has ended, or <c>left</c> where it ended in order.</param>
/// <param name="StartedAt">By the database's clock.</param>
/// <param name="SeenAgo">Since its last sign of life.</param>
/// <param name="Held">Messages it has claimed and not delivered.</param>
/// <param name="Stored">Messages it has accepted since its start.</param>
/// <param name="Run">What the ids that it gives out have in common: four characters; empty: a program that says nothing of it, and cannot be asked either.</param>
public sealed record NodeRow(string Id, string Name, string Program, string State, DateTimeOffset StartedAt, TimeSpan SeenAgo, long Held, long Stored, string Run)
{
    /// <summary>Whether it gives signs of life and is a server.</summary>
    public bool IsServing => State is NodeKeeper.Up or NodeKeeper.Draining;

    /// <summary>Whether it ended in order, and is known for the ids that it gave out.</summary>
    public bool HasLeft => State == NodeKeeper.Left;

    /// <summary>What it was told of what nodes have to agree on.</summary>
    public NodeAgreement Agreement { get; init; } = NodeAgreement.None;
}
