namespace Akka.Actor;

/// <summary>
/// Stands for <c>AkkaException</c> and the exceptions of Akka.Actor below. Left out: the binary serialization
/// constructors, which .NET itself has retired.
/// </summary>
public abstract class AkkaException : Exception
{
    protected AkkaException()
    {
    }

    protected AkkaException(string message, Exception cause = null)
        : base(message, cause)
    {
    }

    /// <summary>The exception behind this one, or null.</summary>
    protected Exception Cause => InnerException;
}
