namespace ActorSmtp.Harness;

/// <summary>The test server cannot start; the message says what is wrong, a line for each mistake in the options.</summary>
public sealed class ActorSmtpStartException : Exception
{
    public ActorSmtpStartException()
    {
    }

    public ActorSmtpStartException(string message)
        : base(message)
    {
    }

    public ActorSmtpStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
