using ActorSmtp.Protocol.Srs;

namespace ActorSmtp.Server.Addresses;

/// <summary>How addresses of ours are read, besides accounts and domains. It can change while the server runs.</summary>
/// <param name="Delimiters">Any of these characters in a local part begins a tag; empty: there are no tags.</param>
/// <param name="Aliases">Addresses that lead to others.</param>
/// <param name="MostRecipients">What one alias may lead to, and what the aliases of one message may together.</param>
public sealed record AddressRules(string Delimiters, AliasTable Aliases, int MostRecipients)
{
    /// <summary><c>+tag</c>, and no aliases.</summary>
    public static AddressRules Default { get; } = new("+", AliasTable.Empty, 1000);

    /// <summary>Gives mail that aliases pass on a sender of ours, and knows such senders again; null: senders stay.</summary>
    public SenderRewriter? Senders { get; init; }
}
