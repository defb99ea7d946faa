namespace ActorSmtp.Server.Settings;

/// <summary>What the names of a peer's address count (<c>gatekeeping.reverse-dns</c>).</summary>
/// <param name="Wait">How long MAIL waits for them.</param>
/// <param name="None">It has none.</param>
/// <param name="Unconfirmed">None of them leads back to it.</param>
/// <param name="Generic">The name is made of the address, as those of people's connections at home are.</param>
public sealed record ReverseDnsSettings(TimeSpan Wait, Weight None, Weight Unconfirmed, Weight Generic)
{
    internal static ReverseDnsSettings From(SettingsReader r) => new(
        Wait: r.Duration("wait", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        None: Weight.From(r, "none"),
        Unconfirmed: Weight.From(r, "unconfirmed"),
        Generic: Weight.From(r, "generic"));
}

/// <summary>What it counts that a peer calls itself something odd (<c>gatekeeping.helo</c>).</summary>
/// <param name="Wait">How long MAIL waits for the DNS.</param>
/// <param name="Malformed">Neither a name with a dot nor an address literal.</param>
/// <param name="Ours">Our name, a domain of ours, or our address.</param>
/// <param name="Literal">An address literal, its own.</param>
/// <param name="WrongLiteral">An address literal that is another's.</param>
/// <param name="Unresolved">A name that has no address and no MX.</param>
/// <param name="Unconfirmed">A name that has addresses, and not the peer's.</param>
public sealed record HeloSettings(TimeSpan Wait, Weight Malformed, Weight Ours, Weight Literal, Weight WrongLiteral, Weight Unresolved, Weight Unconfirmed)
{
    internal static HeloSettings From(SettingsReader r) => new(
        Wait: r.Duration("wait", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        Malformed: Weight.From(r, "malformed"),
        Ours: Weight.From(r, "ours"),
        Literal: Weight.From(r, "literal"),
        WrongLiteral: Weight.From(r, "wrong-literal"),
        Unresolved: Weight.From(r, "unresolved"),
        Unconfirmed: Weight.ScoreFrom(r, "unconfirmed", "mail must not be refused for this alone (RFC 5321 §4.1.4)"));
}

/// <summary>Those who are suspected are answered slowly (<c>gatekeeping.tarpit</c>).</summary>
/// <param name="FromScore">From this sum of scores on; 0: nobody is.</param>
/// <param name="Delay">How long each answer to MAIL and RCPT is held back.</param>
/// <param name="AtOnce">Sessions that are held back at the same time; further ones are answered at once.</param>
public sealed record TarpitSettings(int FromScore, TimeSpan Delay, int AtOnce)
{
    internal static TarpitSettings From(SettingsReader r) => new(
        FromScore: r.Int("from-score", min: 0, max: 1000),
        Delay: r.Duration("delay", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),             // clients wait 5m: RFC 5321 §4.5.3.2.2
        AtOnce: r.Int("at-once", min: 1, max: 1_000_000));
}
