namespace Akka.TestKit.Internal;

/// <summary>
/// The blocking and the awaiting members of the kit share one implementation, an async method with a flag: with the flag set
/// nothing in it is really awaited, so that its task is complete when it returns.
/// </summary>
internal static class Waiting
{
    public static T Result<T>(this ValueTask<T> done) => done.GetAwaiter().GetResult();

    public static void Finish(this ValueTask done) => done.GetAwaiter().GetResult();

    /// <summary>Lets <paramref name="time"/> pass.</summary>
    public static async ValueTask DelayAsync(bool block, TimeSpan time, CancellationToken cancellationToken)
    {
        if (time <= TimeSpan.Zero)
            return;
        if (!block)
        {
            await Task.Delay(time, cancellationToken);
            return;
        }
        cancellationToken.WaitHandle.WaitOne(time);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Reads a sequence whose steps complete at once.</summary>
    public static List<T> ToListBlocking<T>(this IAsyncEnumerable<T> source)
    {
        var list = new List<T>();
        var enumerator = source.GetAsyncEnumerator();
        try
        {
            while (enumerator.MoveNextAsync().Result())
                list.Add(enumerator.Current);
        }
        finally
        {
            enumerator.DisposeAsync().Finish();
        }
        return list;
    }
}
