namespace ActorSmtp.Protocol.Sasl;

/// <summary>What the client side of an exchange does next.</summary>
public abstract record SaslAnswer
{
    private SaslAnswer()
    {
    }

    /// <summary>Send this line (base64, possibly empty). It is a secret: logs show ***.</summary>
    public sealed record Send(string Line) : SaslAnswer
    {
        protected override bool PrintMembers(System.Text.StringBuilder builder)
        {
            builder.Append("Line = ***");
            return true;
        }
    }

    /// <summary>The server's challenge makes no sense or proves it false: send <c>*</c>, give up.</summary>
    public sealed record GiveUp(string Why) : SaslAnswer;
}

/// <summary>The client's half of one AUTH exchange (RFC 4954 §4).</summary>
public abstract class SaslClient
{
    private protected SaslClient()
    {
    }

    /// <summary>The mechanism's name.</summary>
    public abstract string Mechanism { get; }

    /// <summary>The initial response in base64 ("=" for an empty one), or null where the server speaks first. A secret.</summary>
    public abstract string? InitialResponse { get; }

    /// <summary>Whether a 235 may be believed now: the server has proved itself, where the mechanism makes it.</summary>
    public abstract bool MayAcceptSuccess { get; }

    /// <summary>What the server said against us before it refused, where the mechanism has words for it; printable. Null: nothing.</summary>
    public string? Complaint { get; private protected set; }

    /// <summary>Answers the text of a 334.</summary>
    public abstract SaslAnswer Next(string challenge);
}
