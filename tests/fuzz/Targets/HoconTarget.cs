using ActorSmtp.Hocon;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>Configuration: a tree, or a mistake with its place; nothing else, however it is nested, substituted or included.</summary>
internal sealed class HoconTarget : FuzzTarget
{
    public override string Name => "hocon";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "a { b = 1, c = [1, 2, ${a.b}] }\nd = ${a} { e = \"x\" }\n", "# c\na.b.\"c.d\" : 5m\na += 1\n", "include \"other.conf\"\ninclude required(file(\"x\"))\ninclude classpath(\"y\")", "a = ${?HOME} b ${?X}\n", "x = \"\"\"a\n\"b\"\"\"\"\n",
        "{\"a\": [true, false, null, -1.5e3, {\"b\": []}]}", "a = ${b}\nb = ${c}\nc = ${?a}\n", "a = [1] [2] ${?b}\na = ${a} [3]", "size = 10 MiB, t = 1 week # end", "actorsmtp.listeners.mx { bind = \"*:25\", role = mx }");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets(
        "{", "}", "[", "]", "${", "${?", "}", "\"\"\"", "\"", "\\u0041", "\\u", "include ", "required(", ")", "+=", "=", ",", "#", "//", "a", "b.c", "true", "null", "1e999", "-", "\ufeff", "\u00a0", "a=${a}", "[[[[[[[[", "{a:{a:{a:{a:")];

    public override void Try(byte[] input, Dice dice)
    {
        try
        {
            var tree = HoconTree.Parse(input, "fuzz.conf");
            if (dice.OneIn(3))
            {
                tree = tree.WithFallback(HoconTree.Parse("a = [0]\nb { c = 1 }", "other.conf"));
            }

            var resolved = tree.Resolve(name => name.Length % 2 == 0 ? "value" : null);
            _ = resolved.ToString();
        }
        catch (HoconException mistake)
        {
            Hold(mistake.Message.Length is > 0 and < 5000 && !mistake.Message.Contains('\n', StringComparison.Ordinal), $"a mistake that is not told in a line: {mistake.Message}");
        }
    }
}
