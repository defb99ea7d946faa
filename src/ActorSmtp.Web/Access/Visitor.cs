namespace ActorSmtp.Web.Access;

/// <summary>Who sent a request, as far as the console is concerned.</summary>
/// <param name="Via">How it is known; null: nobody who was let in.</param>
/// <param name="User">The account; null where nobody logs in.</param>
/// <param name="Csrf">What a changing request of this session has to bring; empty: nothing.</param>
internal sealed record Visitor(VisitorVia? Via, string? User, string Csrf)
{
    public static Visitor Nobody { get; } = new(null, null, "");

    public static Visitor Socket { get; } = new(VisitorVia.Socket, null, "");

    public static Visitor Loopback { get; } = new(VisitorVia.Loopback, null, "");

    public bool IsLetIn => Via is not null;
}

/// <summary>How a visitor was let in.</summary>
internal enum VisitorVia
{
    /// <summary>The console listens on this machine alone and asks nobody.</summary>
    Loopback,

    /// <summary>A login in a browser.</summary>
    Cookie,

    /// <summary>A token.</summary>
    Token,

    /// <summary>The socket in the data directory, which only the server's user can open.</summary>
    Socket,
}
