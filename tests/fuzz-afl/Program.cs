using System.Runtime.InteropServices;
using ActorSmtp.Fuzzing;
using SharpFuzz;

// instrument DLL…    marks every branch of these assemblies, in place
// targets            says their names
// corpus TARGET DIR  writes the good inputs of a target into a folder, each in a file
// words TARGET FILE  writes the words of its language as a dictionary of AFL
// fuzz TARGET        what afl-fuzz starts: tries what it is handed
const int DiceOctets = 4;       // in front of each input: from these follows how it is cut and which options there are
const int MapOctets = 64 << 10; // where branches are counted

unsafe
{
    // Until afl-fuzz has given us its own: making a target runs marked code already.
    SharpFuzz.Common.Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapOctets);
}

switch (args)
{
    case ["instrument", .. var assemblies]:
        foreach (var assembly in assemblies)
        {
            Fuzzer.Instrument(assembly, _ => true, Options.Value);
        }

        return 0;

    case ["targets"]:
        Console.WriteLine(string.Join(' ', FuzzTargets.All.Select(t => t.Name)));
        return 0;

    case ["corpus", var name, var folder]:
        var number = 0;
        foreach (var input in Target(name).Corpus)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{number++:00}"), [.. new byte[DiceOctets], .. input]);
        }

        return 0;

    case ["words", var name, var file]:
        File.WriteAllLines(file, Target(name).Words.Where(w => w.Length > 0).Select(w => $"\"{string.Concat(w.Select(o => $"\\x{o:x2}"))}\""));
        return 0;

    case ["fuzz", var name]:
        var target = Target(name);
        Fuzzer.Run(stream =>
        {
            using var all = new MemoryStream();
            stream.CopyTo(all);
            var octets = all.ToArray();
            if (octets.Length >= DiceOctets)
            {
                target.Try(octets[DiceOctets..Math.Min(octets.Length, DiceOctets + target.MaxLength)], new Dice(BitConverter.ToUInt32(octets)));
            }
        });
        return 0;

    default:
        Console.Error.WriteLine($"usage: instrument DLL… | targets | corpus TARGET DIR | words TARGET FILE | fuzz TARGET; targets: {string.Join(' ', FuzzTargets.All.Select(t => t.Name))}");
        return 64;
}

static FuzzTarget Target(string name) => FuzzTargets.All.SingleOrDefault(t => t.Name == name) ?? throw new ArgumentException($"no target is called {name}");
