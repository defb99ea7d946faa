namespace ActorSmtp.Server.Settings;

/// <summary>Finds the known key (or word) which a mistyped one was meant to be.</summary>
public static class NearestKey
{
    /// <summary>The nearest of the known keys, or null if none is near: at most a third of the letters may differ.</summary>
    public static string? To(string key, IEnumerable<string> known)
    {
        if (key.Length > 64)
        {
            return null;
        }

        var nearest = known
            .Select(k => (Key: k, Distance: Distance(key, k)))
            .OrderBy(k => k.Distance).ThenBy(k => k.Key, StringComparer.Ordinal)
            .FirstOrDefault();
        return nearest.Key is not null && nearest.Distance <= Math.Max(1, Math.Max(key.Length, nearest.Key.Length) / 3) ? nearest.Key : null;
    }

    // Levenshtein's distance; case and the difference of '-' and '_' count nothing.
    private static int Distance(string a, string b)
    {
        a = Plain(a);
        b = Plain(b);
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }

    private static string Plain(string key) => key.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}
