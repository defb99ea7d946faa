using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Addresses;

/// <summary>An address of ours that leads to others.</summary>
/// <param name="Key">
/// In lower case: <c>NAME@DOMAIN</c>; <c>NAME</c>, at every domain of ours; <c>@DOMAIN</c>, every address of it that is nobody's; <c>*</c>, every
/// address of ours that is nobody's.
/// </param>
/// <param name="Targets">Where it leads; at least one.</param>
public sealed record Alias(string Key, ImmutableArray<AliasTarget> Targets)
{
    /// <summary>Aliases behind each other, from an address to where its mail stays or leaves.</summary>
    public const int MostNested = 20;

    /// <summary>Equal when key and targets are.</summary>
    public bool Equals(Alias? other) => other is not null && Key == other.Key && Targets.AsSpan().SequenceEqual(other.Targets.AsSpan());

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"\"{Key}\" = [{string.Join(", ", Targets.Select(t => $"\"{t}\""))}]";
}

/// <summary>One of the places where an alias leads.</summary>
public abstract record AliasTarget
{
    private AliasTarget()
    {
    }

    /// <summary>A name at the domain that was written to: <c>ann</c>.</summary>
    /// <param name="LocalPart">In lower case.</param>
    public sealed record Here(string LocalPart) : AliasTarget
    {
        public override string ToString() => LocalPart;
    }

    /// <summary>An address, ours or not: <c>bob@far.example</c>.</summary>
    public sealed record At(Mailbox Mailbox) : AliasTarget
    {
        public override string ToString() => Mailbox.ToString();
    }

    /// <summary>The same name at another domain: <c>@new.example</c>.</summary>
    public sealed record SameAt(MailDomain Domain) : AliasTarget
    {
        public override string ToString() => $"@{Domain}";
    }

    /// <summary>Reads one; null where it is none.</summary>
    public static AliasTarget? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith('@'))
        {
            return MailDomain.TryParse(text[1..]) is { } domain ? new SameAt(domain) : null;
        }

        if (text is ['|' or '/', ..])
        {
            return null;                                                // aliases(5) means commands and files by them
        }

        return Mailbox.TryParse(text) is { } mailbox ? new At(mailbox)
            : AliasTable.IsName(text) ? new Here(text.ToLowerInvariant()) : null;
    }
}
