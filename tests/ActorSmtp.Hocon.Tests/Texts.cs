namespace ActorSmtp.Hocon.Tests;

/// <summary>Reading texts: what the tests start from.</summary>
internal static class Texts
{
    /// <summary>A text as one line of plain HOCON, with its substitutions put in.</summary>
    public static string Plain(string text, params (string Name, string Value)[] environment) =>
        HoconRenderer.OneLine(Read(text, environment));

    public static HoconObject Read(string text, params (string Name, string Value)[] environment) =>
        HoconTree.Parse(text, "test.conf").Resolve(Variables(environment));

    /// <summary>Texts upon each other, the first on top.</summary>
    public static string Layered(params string[] texts) => HoconRenderer.OneLine(
        texts.Select((t, i) => HoconTree.Parse(t, $"layer{i}.conf")).Aggregate((upper, lower) => upper.WithFallback(lower)).Resolve());

    public static HoconException Refused(string text) => Assert.Throws<HoconException>(() => Read(text));

    public static Func<string, string?> Variables((string Name, string Value)[] environment)
    {
        var variables = environment.ToDictionary(v => v.Name, v => v.Value);
        return variables.GetValueOrDefault;
    }
}
