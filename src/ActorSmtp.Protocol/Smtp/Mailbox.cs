using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// An address: local part and domain (RFC 5321 §4.1.2). The local part is held as meant, without quotes and backslashes, so
/// <c>"ann"@example.com</c> and <c>ann@example.com</c> are one mailbox; <see cref="ToString"/> quotes again where it must. Local parts and
/// domains compare without case, as accounts do here. It can hold any character but controls: never build a path or a query from it.
/// </summary>
public sealed class Mailbox : IEquatable<Mailbox>
{
    private const string AtextSpecials = "!#$%&'*+-/=?^_`{|}~";

    internal Mailbox(string localPart, MailDomain domain)
    {
        LocalPart = localPart;
        Domain = domain;
    }

    /// <summary>Left of the @, unquoted; may be empty or hold blanks and @ if it came quoted.</summary>
    public string LocalPart { get; }

    /// <summary>Right of the @.</summary>
    public MailDomain Domain { get; }

    /// <summary>Whether it needs SMTPUTF8 to travel (RFC 6531).</summary>
    public bool IsInternational => !Ascii.IsValid(LocalPart) || !Ascii.IsValid(Domain.Text);

    /// <summary>The key for look-ups: lower case, quoted where it must be, the domain in its canonical form.</summary>
    public string Canonical => Quote(LocalPart.ToLowerInvariant()) + "@" + Domain.Canonical;

    /// <summary>Reads <c>local@domain</c> without angle brackets, by the grammar and limits of an SMTP path; null where it is none.</summary>
    public static Mailbox? TryParse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > CommandParser.MaxPath)
        {
            return null;
        }

        var path = Encoding.UTF8.GetBytes("<" + text + ">");
        return CommandParser.ParsePath(path, allowUtf8: true, out var taken, out var mailbox) == CommandParser.PathKind.Mailbox
            && taken == path.Length && path[1] != (byte)'@' ? mailbox : null;
    }

    /// <summary>A local part as it is meant, without quotes, at a domain; null where the two make no address, or too long a one.</summary>
    public static Mailbox? TryMake(string localPart, MailDomain domain)
    {
        ArgumentNullException.ThrowIfNull(localPart);
        ArgumentNullException.ThrowIfNull(domain);
        return TryParse($"{Quote(localPart)}@{domain.Text}");
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">It is no mailbox.</exception>
    public static Mailbox Parse(string text) => TryParse(text) ?? throw new FormatException($"Not a mailbox: {Reply.Clean(text)}");

    public bool Equals(Mailbox? other) => other is not null
        && string.Equals(LocalPart, other.LocalPart, StringComparison.OrdinalIgnoreCase)
        && Domain.Equals(other.Domain);

    public override bool Equals(object? obj) => Equals(obj as Mailbox);

    public override int GetHashCode() => HashCode.Combine(LocalPart.GetHashCode(StringComparison.OrdinalIgnoreCase), Domain);

    public static bool operator ==(Mailbox? left, Mailbox? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(Mailbox? left, Mailbox? right) => !(left == right);

    /// <summary>As it is written on the wire, without angle brackets.</summary>
    public override string ToString() => Quote(LocalPart) + "@" + Domain.Text;

    /// <summary>The local part as a dot-string where it is one, as a quoted-string otherwise.</summary>
    internal static string Quote(string localPart)
    {
        if (IsDotString(localPart))
        {
            return localPart;
        }

        var quoted = new StringBuilder(localPart.Length + 8).Append('"');
        foreach (var c in localPart)
        {
            quoted.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsDotString(string text)
    {
        var atomLength = 0;
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (atomLength == 0)
                {
                    return false;
                }

                atomLength = 0;
            }
            else if (char.IsAsciiLetterOrDigit(c) || c >= 0x80 || AtextSpecials.Contains(c))
            {
                atomLength++;
            }
            else
            {
                return false;
            }
        }

        return atomLength > 0;
    }
}
