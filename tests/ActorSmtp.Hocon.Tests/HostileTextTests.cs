using FsCheck;
using FsCheck.Fluent;
using ActorSmtp.Hocon.Parsing;
using ActorSmtp.Hocon.Resolving;

namespace ActorSmtp.Hocon.Tests;

/// <summary>Any text at all is either read or refused with a <see cref="HoconException"/>, soon; what is read, renders and reads back.</summary>
public sealed class HostileTextTests
{
    // Pieces that together make nearly-right texts far more often than single signs do.
    private static readonly string[] Pieces =
    [
        "a", "b", "a.b", "\"k.x\"", " ", "\n", "=", ":", "+=", ",", "{", "}", "[", "]", "${a}", "${?b}", "${a.b}", "${?a}", "${", "?", "}",
        "\"", "\"\"\"", "\"x\"", "\\", "\\n", "\\u0041", "#c\n", "//c\n", "include ", "include \"f\"", "include required(file(\"g\"))", "1", "-2.5e3",
        "true", "null", "10s", "$", "@", "\0", "\r\n", "\uFEFF", "\u2028", "é", "\ud800", "0", "1.", "a { ", " }\n", "a = ", "b = [", "]\n",
    ];

    private static readonly Config Deep = GivenSeed.Times(4000).WithEndSize(60);

    [Fact]
    public void Text_of_near_misses_is_read_or_refused() => Prop.ForAll(NearMisses(), ReadsOrRefuses).Check(Deep);

    [Fact]
    public void Text_of_any_signs_is_read_or_refused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), (string text) => ReadsOrRefuses(text ?? "")).Check(Deep);

    [Fact]
    public void The_engines_dialect_reads_or_refuses_too() => Prop.ForAll(NearMisses(), text =>
    {
        try
        {
            var context = new IncludeContext(HoconLimits.Default, reader: null, name => new ObjectNode(HoconOrigin.Of(name)));
            var nodes = TextParser.Parse(text, "fuzz", HoconDialect.Akka, context, HoconPath.Root, depthAbove: 0);
            new Resolver(nodes, HoconLimits.Default, HoconDialect.Akka, environment: null).Run();
        }
        catch (HoconException e)
        {
            Assert.NotEmpty(e.Problem);
        }
    }).Check(Deep);

    [Fact]
    public void Bytes_of_any_kind_are_read_or_refused() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), (byte[] bytes) =>
    {
        try
        {
            HoconTree.Parse(bytes ?? [], "fuzz").Resolve();
        }
        catch (HoconException)
        {
        }
    }).Check(Deep);

    [Fact]
    public void What_is_rendered_reads_back_as_the_same() => Prop.ForAll(Trees(), tree =>
    {
        var text = HoconRenderer.Render(tree);
        var again = HoconTree.Parse(text, "again").Resolve();
        Assert.Equal(HoconRenderer.OneLine(tree), HoconRenderer.OneLine(again));
        Assert.Equal(HoconRenderer.OneLine(tree), HoconRenderer.OneLine(HoconTree.Parse(HoconRenderer.OneLine(tree), "again").Resolve()));
    }).Check(GivenSeed.Times(1000));

    [Fact]
    public void Layering_a_tree_over_itself_changes_nothing() => Prop.ForAll(Trees(), tree =>
    {
        var layer = HoconTree.Parse(HoconRenderer.Render(tree), "layer");
        Assert.Equal(HoconRenderer.OneLine(layer.Resolve()), HoconRenderer.OneLine(layer.WithFallback(layer).Resolve()));
    }).Check(GivenSeed.Times(500));

    private static void ReadsOrRefuses(string text)
    {
        var options = new HoconOptions
        {
            // An included text may be as broken, and include again.
            Include = include => new HoconIncludeText(include.Name, text.Length < 20 ? text : text[(text.Length / 2)..]),
        };
        try
        {
            var resolved = HoconTree.Parse(text, "fuzz", options).Resolve(name => name == "b" ? "from outside" : null);
            var plain = HoconRenderer.Render(resolved);
            Assert.Equal(plain, HoconRenderer.Render(HoconTree.Parse(plain, "again").Resolve()));
        }
        catch (HoconException e)
        {
            Assert.NotEmpty(e.Origin.Source);
        }
    }

    private static Arbitrary<string> NearMisses() =>
        Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    private static Arbitrary<HoconObject> Trees() => Gen.Sized(size => Object(Math.Min(size, 5))).ToArbitrary();

    private static Gen<HoconObject> Object(int depth) =>
        from keys in Gen.Elements("a", "b", "a.b", "", "c d", "\"q\"", "é", "include", "x=y", "$").ListOf(4)
        from values in Value(depth).ListOf(4)
        select new HoconObject(keys.Zip(values, (k, v) => KeyValuePair.Create(k, v)).DistinctBy(f => f.Key), default);

    private static Gen<HoconValue> Value(int depth)
    {
        var scalar = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>().Select(t => (HoconValue)new HoconScalar(Clean(t), HoconScalarKind.String, default)),
            ArbMap.Default.GeneratorFor<int>().Select(n => (HoconValue)new HoconScalar($"{n}", HoconScalarKind.Number, default)),
            Gen.Elements("true", "false").Select(b => (HoconValue)new HoconScalar(b, HoconScalarKind.Boolean, default)),
            Gen.Constant((HoconValue)new HoconScalar("null", HoconScalarKind.Null, default)));
        return depth <= 0
            ? scalar
            : Gen.Frequency(
                (3, scalar),
                (1, Object(depth - 1).Select(o => (HoconValue)o)),
                (1, Value(depth - 1).ListOf(3).Select(items => (HoconValue)new HoconArray([.. items], default))));
    }

    private static string Clean(string? text) => text ?? "";
}
