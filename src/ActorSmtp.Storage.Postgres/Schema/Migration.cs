namespace ActorSmtp.Storage.Postgres.Schema;

/// <summary>One numbered step of the schema. Steps are only ever added, and only add: nodes of this version and of the next work side by side.</summary>
/// <param name="Number">One more than the step before.</param>
/// <param name="Oldest">The oldest program (by the number of the last step it knows) that can work with the schema after this step.</param>
/// <param name="Name">What it does, in a few words.</param>
/// <param name="Statements">
/// Each by itself and repeatable (<c>IF NOT EXISTS</c>): a node that dies between two of them leaves a step that the next one runs again from its start.
/// </param>
/// <param name="Tuning">What only PostgreSQL itself understands and nothing depends on; a refusal is passed over.</param>
internal sealed record Migration(int Number, int Oldest, string Name, string[] Statements, string[] Tuning);
