using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>Stands for Akka's <c>RejectedExecutionException</c>: an executor that has been shut down was given work.</summary>
public class RejectedExecutionException : AkkaException
{
    public RejectedExecutionException(string message = null, Exception inner = null)
        : base(message, inner)
    {
    }
}
