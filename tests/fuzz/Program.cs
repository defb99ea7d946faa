using System.Diagnostics;
using System.Globalization;
using ActorSmtp.Fuzzing;

// tests/fuzz/run TARGET|all COUNT [SEED [FIRST]]
if (args.Length is < 2 or > 4 || !long.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
{
    Console.Error.WriteLine($"usage: tests/fuzz/run TARGET|all COUNT [SEED [FIRST]]; targets: {string.Join(' ', FuzzTargets.All.Select(t => t.Name))}");
    return 64;
}

var seed = args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : 1;
var first = args.Length > 3 ? long.Parse(args[3], CultureInfo.InvariantCulture) : 0;
var targets = args[0] == "all" ? FuzzTargets.All : [.. FuzzTargets.All.Where(t => t.Name == args[0])];
if (targets.Count == 0)
{
    Console.Error.WriteLine($"no target is called {args[0]}; there are {string.Join(' ', FuzzTargets.All.Select(t => t.Name))}");
    return 64;
}

var failed = false;
foreach (var target in targets)
{
    var began = Stopwatch.GetTimestamp();
    try
    {
        FuzzRun.Run(target, count, seed, first);
        var memory = GC.GetTotalMemory(forceFullCollection: true) >> 20;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {count} inputs, seed {seed}, {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {memory} MiB held: all held"));
    }
    catch (FuzzFailedException broken)
    {
        failed = true;
        Console.WriteLine(broken.Message);
    }
}

return failed ? 1 : 0;
