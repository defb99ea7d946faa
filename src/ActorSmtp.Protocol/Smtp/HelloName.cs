namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// What a client calls itself in HELO, EHLO or LHLO. Real clients send all kinds of things here, so any non-empty argument is taken
/// (RFC 5321 §4.1.4: a server must not refuse mail for it); <see cref="Domain"/> tells whether it was well formed.
/// </summary>
/// <param name="Text">The argument, printable ASCII, at most 255 characters, never empty.</param>
/// <param name="Domain">The same as a name or an address literal, or null where it is neither.</param>
public sealed record HelloName(string Text, MailDomain? Domain)
{
    public override string ToString() => Text;
}
