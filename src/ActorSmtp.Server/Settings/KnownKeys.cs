using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>
/// The keys of the reference configuration, to find which one a variable's name means: both the dots and the hyphens of a key are
/// <c>_</c> there.
/// </summary>
internal sealed class KnownKeys
{
    private const string Listeners = "listeners";
    private readonly HoconObject _settings;
    private readonly string[] _listenerKeys;

    private KnownKeys(HoconObject settings)
    {
        _settings = settings;
        _listenerKeys = ["bind", .. settings.Find("listener-defaults") is HoconObject defaults ? defaults.Keys : []];
    }

    /// <summary>The keys of the resolved reference configuration.</summary>
    public static KnownKeys Of(HoconObject reference) => new((HoconObject)reference.Find("actorsmtp")!);

    /// <summary>
    /// The key which a variable's name without its prefix means, or null. A listener is named as well:
    /// <c>LISTENERS_MX_BIND</c>; where several splits are possible, one of an existing listener is taken, else that with the shortest name.
    /// </summary>
    public HoconPath? Find(string name, IReadOnlyCollection<string> listeners)
    {
        var words = name.ToLowerInvariant().Split('_');
        return words.Contains("") ? null : In(_settings, HoconPath.Root, words, listeners);
    }

    /// <summary>The variable names of all keys, for a message that has to say what was expected.</summary>
    public IEnumerable<string> Names() => In(_settings, "");

    private HoconPath? In(HoconObject section, HoconPath path, ReadOnlySpan<string> words, IReadOnlyCollection<string> listeners)
    {
        foreach (var (key, value) in section)
        {
            var own = key.Split('-');
            if (words.Length < own.Length || !words[..own.Length].SequenceEqual(own))
            {
                continue;
            }

            var rest = words[own.Length..];
            if (path.Elements.IsEmpty && key == Listeners)
            {
                if ((rest.IsEmpty ? path.Add(key) : Listener(rest, listeners)) is { } found)
                {
                    return found;
                }
            }
            else if (rest.IsEmpty)
            {
                return value is HoconObject { Count: > 0 } ? null : path.Add(key);
            }
            else if (value is HoconObject inner && In(inner, path.Add(key), rest, listeners) is { } deeper)
            {
                return deeper;
            }
        }

        return null;
    }

    private HoconPath? Listener(ReadOnlySpan<string> words, IReadOnlyCollection<string> listeners)
    {
        HoconPath? shortest = null;
        for (var n = 1; n < words.Length; n++)
        {
            var rest = string.Join('-', words[n..]!);
            if (!_listenerKeys.Contains(rest))
            {
                continue;
            }

            var name = string.Join('-', words[..n]!);
            var existing = listeners.FirstOrDefault(l => string.Equals(l, name, StringComparison.OrdinalIgnoreCase));
            if (existing is not null)
            {
                return HoconPath.Of(Listeners, existing, rest);
            }

            shortest ??= HoconPath.Of(Listeners, name, rest);
        }

        return shortest;
    }

    private IEnumerable<string> In(HoconObject section, string prefix)
    {
        foreach (var (key, value) in section)
        {
            var name = prefix + key.ToUpperInvariant().Replace('-', '_');
            if (prefix.Length == 0 && key == Listeners)
            {
                foreach (var own in _listenerKeys)
                {
                    yield return $"{name}_NAME_{own.ToUpperInvariant().Replace('-', '_')}";
                }
            }
            else if (value is HoconObject { Count: > 0 } inner)
            {
                foreach (var deeper in In(inner, name + "_"))
                {
                    yield return deeper;
                }
            }
            else if (value is not HoconObject)
            {
                yield return name;
            }
        }
    }
}
