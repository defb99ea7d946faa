namespace ActorSmtp.Server.Threads;

/// <summary>
/// Where computation goes that is too long for an actor's turn (password hashing). A port, so that a simulation can run it in virtual time.
/// Callers bound how much they give.
/// </summary>
public interface IBackground
{
    /// <summary>Runs the work elsewhere; its exception becomes the task's.</summary>
    Task<T> Run<T>(Func<T> work);
}

/// <summary>The .NET thread pool.</summary>
public sealed class PoolBackground : IBackground
{
    public Task<T> Run<T>(Func<T> work) => Task.Run(work);
}
