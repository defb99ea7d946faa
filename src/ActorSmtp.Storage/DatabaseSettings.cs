namespace ActorSmtp.Storage;

/// <summary>Settings of the stores in a database that several nodes share; every default is in <c>reference.conf</c>.</summary>
/// <param name="Connection">Npgsql's connection text; may hold a password.</param>
/// <param name="Node">What this node calls itself to the others.</param>
/// <param name="Lease">How long taken work is a node's own without a sign of life; afterwards another one takes it over.</param>
/// <param name="Poll">How often a node looks for work that nobody told it of.</param>
/// <param name="Connections">Connections to the database, at most.</param>
/// <param name="Patience">How long an answer of the database is waited for before it counts as away.</param>
public sealed record DatabaseSettings(string Connection, string Node, TimeSpan Lease, TimeSpan Poll, int Connections, TimeSpan Patience)
{
    /// <summary>This node joins others whose settings contradict its own: they are being changed, one node after the other.</summary>
    public bool MayContradict { get; init; }

    /// <summary>Without the connection text.</summary>
    public override string ToString() =>
        $"{nameof(DatabaseSettings)} {{ Node = {Node}, Lease = {Lease}, Poll = {Poll}, Connections = {Connections}, Patience = {Patience} }}";
}
