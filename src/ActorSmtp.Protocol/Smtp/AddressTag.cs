namespace ActorSmtp.Protocol.Smtp;

/// <summary>The <c>+tag</c> of a local part (RFC 5233): <c>ann+news</c> reaches <c>ann</c>.</summary>
/// <param name="Base">The local part without the tag; never empty for a non-empty local part.</param>
/// <param name="Tag">What follows the first plus sign, possibly empty; null where there is none.</param>
public readonly record struct AddressTag(string Base, string? Tag)
{
    /// <summary>Splits at the first plus sign which is not the first character.</summary>
    public static AddressTag Of(string localPart)
    {
        var plus = localPart.Length > 1 ? localPart.IndexOf('+', 1) : -1;
        return plus < 0 ? new AddressTag(localPart, null) : new AddressTag(localPart[..plus], localPart[(plus + 1)..]);
    }

    /// <inheritdoc cref="Of(string)"/>
    public static AddressTag Of(Mailbox mailbox) => Of(mailbox.LocalPart);
}
