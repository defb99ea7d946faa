namespace ActorSmtp.Protocol.Smtp;

/// <summary>NOTIFY= of RCPT (RFC 3461 §4.1): of what the sender wants to hear.</summary>
[Flags]
public enum DsnNotify
{
    /// <summary>Not said: failures, and delays as the server likes.</summary>
    Unspecified = 0,
    Success = 1,
    Failure = 2,
    Delay = 4,

    /// <summary>NEVER; stands alone.</summary>
    Never = 8,
}

/// <summary>ORCPT= of RCPT (RFC 3461 §4.2): whom the first sender wrote to.</summary>
/// <param name="Type">The address type, such as <c>rfc822</c> or <c>utf-8</c>.</param>
/// <param name="Address">The address, decoded from xtext (or RFC 6533's utf-8-addr forms); without controls.</param>
public sealed record OriginalRecipient(string Type, string Address)
{
    /// <summary>As reports write it: <c>rfc822;ann@example.com</c>.</summary>
    public override string ToString() => $"{Type};{Address}";
}

/// <summary>What followed the path of RCPT; equal to <see cref="None"/> when nothing did.</summary>
public sealed record RcptParameters
{
    /// <summary>No parameters.</summary>
    public static readonly RcptParameters None = new();

    /// <summary>NOTIFY=.</summary>
    public DsnNotify Notify { get; init; }

    /// <summary>ORCPT=; null when not given.</summary>
    public OriginalRecipient? Original { get; init; }
}
