using System.Collections.Immutable;

namespace ActorSmtp.Testing.Peers;

/// <summary>All cases: <c>tests/peers/*.peers</c>, a line each; a file's first line is its title, lines that begin with # are comments.</summary>
public static class PeerTable
{
    /// <summary>The whole table, in the order of the files.</summary>
    public static ImmutableArray<PeerCase> All { get; } = [.. Directory.GetFiles(Find("tests/peers"), "*.peers").Order(StringComparer.Ordinal).SelectMany(Read)];

    /// <summary>A path of the repository, from wherever the tests run.</summary>
    public static string Find(string path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var full = Path.Combine(at.FullName, path);
            if (Path.Exists(full) && File.Exists(Path.Combine(at.FullName, "ActorSmtp.sln")))
            {
                return full;
            }
        }

        throw new DirectoryNotFoundException($"No {path} above {AppContext.BaseDirectory}.");
    }

    private static IEnumerable<PeerCase> Read(string file)
    {
        var lines = File.ReadAllLines(file);
        var title = lines[0].TrimStart('#', ' ');
        var inRealTime = title.EndsWith("(real time)", StringComparison.Ordinal);
        foreach (var line in lines.Skip(1).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            PeerCase read;
            try
            {
                read = PeerCase.Parse(title.Replace(" (real time)", "", StringComparison.Ordinal), line, inRealTime);
            }
            catch (Exception wrong) when (wrong is FormatException or ArgumentException or OverflowException)
            {
                throw new FormatException($"{Path.GetFileName(file)}: {line}\n{wrong.Message}", wrong);
            }

            yield return read;
        }
    }
}
