using System.Globalization;
using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>
/// Reads typed values of one section. A value that is missing or wrong is noted with its path, place and what was expected, and
/// reading goes on with a stand-in, so that one start reports all mistakes. <see cref="Finish"/> notes every key nobody asked for.
/// </summary>
public sealed partial class SettingsReader
{
    private readonly HoconObject _at;
    private readonly HoconPath _path;
    private readonly List<SettingsMistake> _mistakes;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<SettingsReader> _sections = [];

    private SettingsReader(HoconObject at, HoconPath path, List<SettingsMistake> mistakes)
    {
        _at = at;
        _path = path;
        _mistakes = mistakes;
    }

    /// <summary>A reader which stands at the root of a resolved configuration.</summary>
    public static SettingsReader At(HoconObject root, List<SettingsMistake> mistakes) => new(root, HoconPath.Root, mistakes);

    /// <summary>What is wrong so far, in the order of reading.</summary>
    public IReadOnlyList<SettingsMistake> Mistakes => _mistakes;

    /// <summary>The keys of the section, in the order in which they are written: for a map whose names are free.</summary>
    public IEnumerable<string> Keys => _at.Keys;

    /// <summary>Whether a key is written: for one of a list's section that may be left out.</summary>
    public bool Has(string key)
    {
        _known.Add(key);
        return _at.TryGet(key, out _);
    }

    /// <summary>The section below a key; an empty one stands in where it is missing.</summary>
    public SettingsReader Section(string key)
    {
        var value = Find(key);
        if (value is not HoconObject)
        {
            Note(key, value, "expected an object: { … }");
        }

        var section = new SettingsReader(value as HoconObject ?? new HoconObject([], default), _path.Add(key), _mistakes) { IsStandIn = value is not HoconObject };
        _sections.Add(section);
        return section;
    }

    /// <summary>The sections of a map whose names are free, in the order in which they are written.</summary>
    /// <param name="key">The map.</param>
    /// <param name="defaults">What each section has where it says nothing itself; the names in it are the only ones allowed.</param>
    public IReadOnlyList<(string Name, SettingsReader Section)> Sections(string key, SettingsReader defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        var map = Section(key);
        var sections = new List<(string, SettingsReader)>();
        foreach (var (name, value) in map._at)
        {
            map._known.Add(name);
            if (value is not HoconObject own)
            {
                map.Note(name, value, "expected an object: { … }");
                continue;
            }

            var section = new SettingsReader(Over(own, defaults), map._path.Add(name), _mistakes);
            _sections.Add(section);
            sections.Add((name, section));
        }

        return sections;
    }

    /// <summary>The sections of a list: <c>[{ … }, { … }]</c>, or an object with the numbers 0, 1… for keys, as arguments give it.</summary>
    public IReadOnlyList<SettingsReader> SectionList(string key)
    {
        var value = Find(key);
        var items = value is HoconObject numbered && numbered.TryAsArray(out var asArray) ? asArray : value as HoconArray;
        if (items is null)
        {
            Note(key, value, "expected a list of objects: [{ … }, { … }]");
            return [];
        }

        var sections = new List<SettingsReader>();
        foreach (var item in items)
        {
            var path = _path.Add(key).Add(Number(sections.Count));
            if (item is not HoconObject)
            {
                NoteAt(path.ToString(), item, "expected an object: { … }");
            }

            var section = new SettingsReader(item as HoconObject ?? new HoconObject([], default), path, _mistakes) { IsStandIn = item is not HoconObject };
            _sections.Add(section);
            sections.Add(section);
        }

        return sections;
    }

    /// <summary>The section as it is, for a part that has its own reader; its keys count as known.</summary>
    public HoconObject Raw(string key)
    {
        var section = Section(key);
        section._known.UnionWith(section._at.Keys);
        return section._at;
    }

    /// <summary>Takes note of a mistake at a key of this section.</summary>
    public void Refuse(string key, string problem) => Note(key, _at.TryGet(key, out var value) ? value : null, problem);

    /// <summary>Takes note of a mistake in a file that a key of this section names.</summary>
    public void RefuseAt(string key, HoconOrigin origin, string problem) => _mistakes.Add(new SettingsMistake(_path.Add(key).ToString(), null, origin, problem));

    /// <summary>Takes note of every key in this section and those below which was never asked for.</summary>
    public void Finish()
    {
        foreach (var section in _sections)
        {
            section.Finish();
        }

        if (IsStandIn)
        {
            return;
        }

        foreach (var (key, value) in _at.Where(f => !_known.Contains(f.Key)))
        {
            var near = NearestKey.To(key, _known);
            Note(key, value, "unknown key; " + (near is not null ? $"did you mean {near}?" : $"expected one of {string.Join(", ", _known.Order())}"));
        }
    }

    private bool IsStandIn { get; init; }

    private HoconValue? Find(string key)
    {
        _known.Add(key);
        return _at.TryGet(key, out var value) ? value : null;
    }

    private void Note(string key, HoconValue? value, string expected)
    {
        if (!IsStandIn || value is not null)
        {
            NoteAt(_path.Add(key).ToString(), value, expected);
        }
    }

    private void NoteAt(string path, HoconValue? value, string expected) =>
        _mistakes.Add(new SettingsMistake(path, value is null ? null : Secrets.Shown(path, value),
            value?.Origin ?? default, value is null ? $"missing; {expected}" : expected));

    // A default that nobody knows is reported where it stands, not again for each section.
    private static HoconObject Over(HoconObject own, SettingsReader defaults) =>
        new(defaults._at.Where(d => defaults._known.Contains(d.Key) && !own.TryGet(d.Key, out _)).Concat(own), own.Origin);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
