namespace ActorSmtp.Web.Access;

/// <summary>Whether who was let in would still be: a login ends, an account is disabled, a token is taken away while an answer goes on.</summary>
internal sealed class Standing(Func<bool> holds)
{
    public static Standing Always { get; } = new(() => true);

    /// <summary>Asked again each time; asking is no use of a login.</summary>
    public bool Holds => holds();
}
