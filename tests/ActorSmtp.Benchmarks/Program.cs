using ActorSmtp.Benchmarks.Actors;
using ActorSmtp.Benchmarks.Inspection;
using ActorSmtp.Benchmarks.Origin;
using ActorSmtp.Benchmarks.Resolving;
using ActorSmtp.Benchmarks.Signing;

namespace ActorSmtp.Benchmarks;

/// <summary>
/// Measures the actor engine behind <c>using Akka.Actor;</c>, whichever it is, what looking on costs, and what names do: <c>dotnet run -c Release --project tests/ActorSmtp.Benchmarks -- [name…]</c>.
/// Each figure is the median of several rounds, printed with its unit and what real Akka.NET 1.5.30 does on the same kind of machine (two cores).
/// Never a build gate.
/// </summary>
internal static class Program
{
    private static readonly Benchmark[] All =
    [
        new("tell", "M msg/s", "15", TellBenchmarks.OneTellerToOneActor),
        new("tell-many", "M msg/s", "-", TellBenchmarks.TwoTellersToOneActor),
        new("tell-actors", "M msg/s", "-", TellBenchmarks.ActorsTellingActors),
        new("ping-pong", "M trips/s", "4.3-7.6", PingPongBenchmarks.PairsAtOnce),
        new("ping-pong-one", "M trips/s", "-", PingPongBenchmarks.OnePair),
        new("ask", "µs p50", "0.6-1.5", AskBenchmarks.OneAtATime),
        new("ask-many", "M asks/s", "1.7-2.4", AskBenchmarks.ManyOutstanding),
        new("start-stop", "k actors/s", "131-189", LifeBenchmarks.StartAndStopAmong100),
        new("start-stop-20000", "k actors/s", "46", LifeBenchmarks.StartAndStopAmong20000),
        new("idle", "bytes/FSM actor", "3900-4400", LifeBenchmarks.BytesPerIdleMachineWithTimer),
        new("goto", "ns", "100", MachineBenchmarks.GoTo),
        new("goto-timeout", "ns", "350-500", MachineBenchmarks.GoToWithStateTimeout),
        new("timer", "ns set+cancel", "250", MachineBenchmarks.SetAndCancelTimer),
        new("story", "ns/message", "-", KeepingBenchmarks.StoryOfAMessage),
        new("tree-100000", "ms/look", "-", KeepingBenchmarks.TreeOf100000),
        new("figures", "ns/message", "-", KeepingBenchmarks.FiguresOfAMessage),
        new("name-known", "ns/look-up", "-", NameBenchmarks.NanosecondsOfAKnownAnswer),
        new("name-asked", "k questions/s", "-", NameBenchmarks.ThousandQuestionsASecond),
        new("origin-iprev", "µs/message", "-", OriginBenchmarks.Names),
        new("origin-spf", "µs/message", "-", OriginBenchmarks.Spf),
        new("origin-dkim-1k", "µs/message", "-", OriginBenchmarks.DkimOf1KiB),
        new("origin-dkim-100k", "µs/message", "-", OriginBenchmarks.DkimOf100KiB),
        new("origin-none-100k", "µs/message", "-", OriginBenchmarks.UnsignedOf100KiB),
        new("origin-arc-3", "µs/message", "-", OriginBenchmarks.ArcOfThree),
        new("origin-arc-50", "µs/message", "-", OriginBenchmarks.ArcOfFifty),
        new("origin-dkim-8", "µs/message", "-", OriginBenchmarks.DkimOfEight),
        new("origin-dmarc", "µs/message", "-", OriginBenchmarks.Dmarc),
        new("sign-0", "µs/message", "-", SigningBenchmarks.OfNothing),
        new("sign-1k", "µs/message", "-", SigningBenchmarks.Of1KiB),
        new("sign-100k", "µs/message", "-", SigningBenchmarks.Of100KiB),
        new("sign-1m", "µs/message", "-", SigningBenchmarks.Of1MiB),
        new("sign-1k-rsa1024", "µs/message", "-", SigningBenchmarks.Of1KiBByShortKey),
        new("sign-1m-rsa1024", "µs/message", "-", SigningBenchmarks.Of1MiBByShortKey),
        new("sign-1k-cores", "messages/s", "-", SigningBenchmarks.MessagesASecond),
        new("origin-all", "µs/message", "-", OriginBenchmarks.All),
    ];

    private static int Main(string[] args)
    {
        var unknown = args.Where(a => All.All(b => b.Name != a)).ToList();
        if (unknown.Count > 0)
        {
            Console.Error.WriteLine($"No benchmark named {string.Join(", ", unknown)}. There are: {string.Join(" ", All.Select(b => b.Name))}");
            return 64;
        }

        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, engine {typeof(Akka.Actor.ActorSystem).Assembly.GetName().Name}");
        Console.WriteLine($"{"benchmark",-18}{"median",10}{"best",10}  {"unit",-18}{"Akka.NET",10}");
        foreach (var benchmark in All.Where(b => args.Length == 0 || args.Contains(b.Name)))
        {
            benchmark.Run();
        }

        return 0;
    }
}
