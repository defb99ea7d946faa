using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// The milters of a listener (sendmail's mail filter protocol, version 6), asked one after another behind all other checks, about everybody: who logged in, whose mail is to be
/// signed, and neighbours that are trusted. A listener without milters has none of this.
/// </summary>
/// <param name="milters">Each with the most that may come of it here.</param>
/// <param name="quarantine">Who gets what a milter puts in quarantine.</param>
internal sealed class MiltersCheck(ImmutableArray<(MilterPool Pool, CheckLimit Most)> milters, Mailbox quarantine, MiltersWorld world) : ICheck
{
    /// <summary>Its word, where it as a whole is meant.</summary>
    public const string Word = "milters";

    public string Name => Word;

    public bool IsForEverybody => true;

    public bool DefersOnFailure => milters.Any(m => m.Most != CheckLimit.Log && m.Pool.Settings.Failing != MilterDefault.Accept);

    /// <summary>Each milter keeps its own times; this is what they come to at most, so that it never strikes before.</summary>
    public TimeSpan? Patience { get; } = milters.Aggregate(
        TimeSpan.FromSeconds(5), (all, m) => all + (2 * m.Pool.Settings.ConnectTimeout) + (8 * m.Pool.Settings.CommandTimeout) + (2 * m.Pool.Settings.EndTimeout));

    public ICheckOfSession Begin(SessionFacts session) =>
        new MiltersOfSession([.. milters.Select((m, i) => new MilterDialogue(m.Pool, m.Most, i, world))], quarantine, world);
}
