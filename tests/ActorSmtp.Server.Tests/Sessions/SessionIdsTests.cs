using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Tests.Sessions;

public sealed class SessionIdsTests
{
    [Fact]
    public void Ids_differ_and_are_names_of_actors()
    {
        var ids = new SessionIds(0x12345);
        var all = Enumerable.Range(0, 100_000).Select(_ => ids.Next()).ToArray();

        Assert.Equal(all.Length, all.Distinct(StringComparer.Ordinal).Count());
        Assert.All(all.Take(100), id => Assert.True(Akka.Actor.ActorPath.IsValidPathElement(id), id));
        Assert.All(all, id => Assert.True(id.Length <= 20));
    }

    [Fact]
    public void Two_runs_do_not_share_ids()
    {
        var (one, other) = (Many(1), Many(2));

        Assert.Equal(2000, one.Concat(other).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Ids_made_on_many_threads_differ()
    {
        var ids = new SessionIds(7);
        var all = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 10_000, _ => all.Add(ids.Next()));

        Assert.Equal(10_000, all.Distinct(StringComparer.Ordinal).Count());
    }

    private static IEnumerable<string> Many(int seed)
    {
        var ids = new SessionIds(seed);
        return Enumerable.Range(0, 1000).Select(_ => ids.Next()).ToArray();
    }
}
