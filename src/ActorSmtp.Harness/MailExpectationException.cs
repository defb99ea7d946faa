namespace ActorSmtp.Harness;

/// <summary>
/// What a test expected of its mail did not come true. The message says what was expected, lists what did arrive and what the server
/// refused, so that the test's output is enough to see why.
/// </summary>
public sealed class MailExpectationException : Exception
{
    public MailExpectationException()
    {
    }

    public MailExpectationException(string message)
        : base(message)
    {
    }

    public MailExpectationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
