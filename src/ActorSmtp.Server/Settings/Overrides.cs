using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>Single settings from variables and arguments, as layers.</summary>
internal static class Overrides
{
    private const string Prefix = "ACTORSMTP_";

    // Read by commands themselves; no settings.
    private static readonly string[] NoSettings = ["ACTORSMTP_PASSWORD"];

    /// <summary>The layers of all variables with the prefix, by name; an unknown one is a mistake.</summary>
    public static IEnumerable<HoconTree> FromEnvironment(
        IReadOnlyDictionary<string, string> environment,
        KnownKeys keys,
        Func<IReadOnlyCollection<string>> listeners,
        List<SettingsMistake> mistakes)
    {
        var variables = environment
            .Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal) && !NoSettings.Contains(v.Key))
            .OrderBy(v => v.Key, StringComparer.Ordinal)
            .ToList();
        if (variables.Count == 0)
        {
            return [];
        }

        var names = listeners();
        var layers = new List<HoconTree>();
        foreach (var (variable, value) in variables)
        {
            var origin = HoconOrigin.Of($"environment variable {variable}");
            if (keys.Find(variable[Prefix.Length..], names) is not { } path)
            {
                var near = NearestKey.To(variable[Prefix.Length..], keys.Names());
                mistakes.Add(new SettingsMistake(variable, HoconRenderer.Quote(Secrets.Masked(value)), HoconOrigin.Of("environment variable"), near is null
                    ? "no setting has this name; expected ACTORSMTP_ and a key of reference.conf in capitals, with _ for its dots and hyphens"
                    : $"no setting has this name; did you mean {Prefix}{near}?"));
                continue;
            }

            try
            {
                layers.Add(Layer(HoconPath.Of("actorsmtp").Add(path), value, origin.Source));
            }
            catch (HoconException e)
            {
                mistakes.Add(new SettingsMistake(HoconPath.Of("actorsmtp").Add(path).ToString(), HoconRenderer.Quote(Secrets.Masked(value)), origin, e.Problem));
            }
        }

        return layers;
    }

    /// <summary>The layer of one <c>KEY=VALUE</c>. A key may leave out the root <c>actorsmtp</c>.</summary>
    /// <exception cref="HoconException">It is none.</exception>
    public static HoconTree FromArgument(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var source = "--set " + (equals < 0 ? argument : argument[..equals]);
        if (equals <= 0)
        {
            throw new HoconException(HoconMistake.Syntax, HoconOrigin.Of(source), "expected KEY=VALUE, such as --set limits.message-size=10MiB");
        }

        HoconPath path;
        try
        {
            path = HoconPath.Parse(argument[..equals]);
        }
        catch (HoconException e)
        {
            throw new HoconException(e.Mistake, HoconOrigin.Of(source), e.Problem);
        }

        var full = path.Elements[0] is "actorsmtp" or "akka" ? path : HoconPath.Of("actorsmtp").Add(path);
        return Layer(full, argument[(equals + 1)..], "--set " + path);
    }

    // A value in brackets, braces or quotes is HOCON; any other is a text as it stands, so that [::1]:2525 needs no quotes.
    private static HoconTree Layer(HoconPath path, string value, string source)
    {
        var text = value.Trim();
        return text is ['[', .., ']'] or ['{', .., '}'] or ['"', .., '"']
            ? HoconTree.OfText(path, text, source)
            : HoconTree.Of(path, new HoconScalar(text, HoconScalarKind.String, HoconOrigin.Of(source)));
    }
}
