namespace ActorSmtp.Client.Tests.Checks;

/// <summary>What a server does otherwise than the book says; each member is one way of doing wrong. None: the book.</summary>
internal sealed record Sin
{
    /// <summary>Another reply to a line (empty: none at all); null: the book's. The greeting is <c>&lt;greeting></c>, the end of a message <c>.</c>, a chunk's <c>chunk</c> or <c>last chunk</c>.</summary>
    public Func<TextbookSession, string, string?>? Answer { get; init; }

    /// <summary>The book's reply to a line, in other words.</summary>
    public Func<string, string, string>? Reword { get; init; }

    /// <summary>Takes what arrives for something else.</summary>
    public Func<string, string>? Hear { get; init; }

    /// <summary>Keeps clear text behind STARTTLS for later.</summary>
    public bool KeepsClearText { get; init; }

    /// <summary>Says 220 to STARTTLS and goes on in clear text.</summary>
    public bool NeverSecures { get; init; }

    /// <summary>Hangs up after a reply that says no.</summary>
    public bool HangsUp { get; init; }

    /// <summary>Lets a transaction live through the handshake.</summary>
    public bool Remembers { get; init; }

    /// <summary>Says something in the midst of a message.</summary>
    public bool Chatters { get; init; }

    /// <summary>A connection has ended.</summary>
    public Action<TextbookSession>? Lost { get; init; }
}
