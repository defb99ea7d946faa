using System.Globalization;

namespace ActorSmtp.Benchmarks;

/// <summary>One figure: how it is called, in what unit, what Akka.NET does, and how one round of it is measured.</summary>
internal sealed record Benchmark(string Name, string Unit, string Akka, Func<double> Round)
{
    private const int Rounds = 9;

    /// <summary>Rates are better when higher, times and sizes when lower.</summary>
    private bool HigherIsBetter => Unit.Contains("/s", StringComparison.Ordinal);

    internal void Run()
    {
        Round();
        Round(); // tiered compilation is done with the hot paths after these
        var figures = Enumerable.Range(0, Rounds).Select(_ => Round()).Order().ToArray();
        var best = HigherIsBetter ? figures[^1] : figures[0];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Name,-18}{figures[Rounds / 2],10:0.##}{best,10:0.##}  {Unit,-18}{Akka,10}"));
    }
}
