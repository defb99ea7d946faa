namespace ActorSmtp.Protocol.Smtp;

/// <summary>The <c>+tag</c> of a local part (RFC 5233): <c>ann+news</c> reaches <c>ann</c>.</summary>
/// <param name="Base">The local part without the tag; never empty for a non-empty local part. The same string object where there is no tag.</param>
/// <param name="Tag">What follows the first delimiter, possibly empty; null where there is none.</param>
public readonly record struct AddressTag(string Base, string? Tag)
{
    /// <summary>Splits at the first plus sign which is not the first character.</summary>
    public static AddressTag Of(string localPart) => Of(localPart, "+");

    /// <summary>Splits at the first of these characters which is not the first of the local part; without any there are no tags.</summary>
    public static AddressTag Of(string localPart, string delimiters)
    {
        ArgumentNullException.ThrowIfNull(localPart);
        var at = BaseLength(localPart, delimiters);
        return at == localPart.Length ? new AddressTag(localPart, null) : new AddressTag(localPart[..at], localPart[(at + 1)..]);
    }

    /// <summary>How long the local part is without its tag.</summary>
    public static int BaseLength(ReadOnlySpan<char> localPart, ReadOnlySpan<char> delimiters)
    {
        var at = localPart.Length > 1 ? localPart[1..].IndexOfAny(delimiters) : -1;
        return at < 0 ? localPart.Length : at + 1;
    }

    /// <inheritdoc cref="Of(string)"/>
    public static AddressTag Of(Mailbox mailbox) => Of(mailbox.LocalPart);
}
