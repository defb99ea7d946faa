using static ActorSmtp.Hocon.Tests.Texts;

namespace ActorSmtp.Hocon.Tests;

/// <summary>The language without substitutions, by the sections of the HOCON specification.</summary>
public sealed class SyntaxTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("{}", "{}")]
    [InlineData("  # nothing\n // here \n", "{}")]
    [InlineData("\uFEFFa=1", "{ a = 1 }")]
    [InlineData("{\"a\":{\"b\":[1,2.5,-3e4,true,false,null,\"x\"]}}", "{ a = { b = [1, 2.5, -3e4, true, false, null, \"x\"] } }")]
    public void The_whole_is_an_object_with_or_without_braces(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("a = 1, b = 2", "{ a = 1, b = 2 }")]
    [InlineData("a = 1\nb = 2\r\nc = 3", "{ a = 1, b = 2, c = 3 }")]
    [InlineData("{ a = 1, b = 2, }", "{ a = 1, b = 2 }")]
    [InlineData("l = [1\n2\n\n3,\n4,]", "{ l = [1, 2, 3, 4] }")]
    [InlineData("a\n=\n1", "{ a = 1 }")]
    [InlineData("a : 1\nb { c : 2 }\nd = { e = 3 }", "{ a = 1, b = { c = 2 }, d = { e = 3 } }")]
    public void Fields_and_elements_are_set_apart_by_commas_or_new_lines(string text, string expected) =>
        Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("a = x # comment\nb = y // comment", "{ a = \"x\", b = \"y\" }")]
    [InlineData("a = \"# no // comment\"", "{ a = \"# no // comment\" }")]
    [InlineData("a = [1 # one\n, // two\n 2]", "{ a = [1, 2] }")]
    [InlineData("a = b/c", "{ a = \"b/c\" }")]
    public void Comments_run_to_the_end_of_the_line(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("a.b.c = 1", "{ a = { b = { c = 1 } } }")]
    [InlineData("a.\"b.c\".d = 1", "{ a = { \"b.c\" = { d = 1 } } }")]
    [InlineData("\"\" = 1", "{ \"\" = 1 }")]
    [InlineData("a b c = 1", "{ \"a b c\" = 1 }")]
    [InlineData("10.5 = 1", "{ 10 = { 5 = 1 } }")]
    [InlineData("true = 1", "{ true = 1 }")]
    [InlineData("a\"b\"c = 1", "{ abc = 1 }")]
    [InlineData("/a/b = 1", "{ \"/a/b\" = 1 }")]
    [InlineData("includes = 1", "{ includes = 1 }")]
    [InlineData("\"include\" = 1", "{ \"include\" = 1 }")]
    [InlineData("a.include = 1", "{ a = { \"include\" = 1 } }")]
    public void Keys_are_paths(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("a = b c  d ", "{ a = \"b c  d\" }")]
    [InlineData("a = b \"c d\" 5", "{ a = \"b c d 5\" }")]
    [InlineData("a = 1 2", "{ a = \"1 2\" }")]
    [InlineData("a = true false", "{ a = \"true false\" }")]
    [InlineData("a = \"\"", "{ a = \"\" }")]
    [InlineData("a = \"x\"\"y\"", "{ a = \"xy\" }")]
    [InlineData("a = [1, 2] [3]", "{ a = [1, 2, 3] }")]
    [InlineData("a = [1]\t[2]", "{ a = [1, 2] }")]
    [InlineData("a = { b = 1 } { c = 2, b = 3 }", "{ a = { b = 3, c = 2 } }")]
    [InlineData("a { b = 1 } { c = 2 }", "{ a = { b = 1, c = 2 } }")]
    [InlineData("a = [x y, z]", "{ a = [\"x y\", \"z\"] }")]
    public void Values_side_by_side_are_put_together(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("01", HoconScalarKind.String)]
    [InlineData("0", HoconScalarKind.Number)]
    [InlineData("-0.5e-3", HoconScalarKind.Number)]
    [InlineData("1.", HoconScalarKind.String)]
    [InlineData(".5", HoconScalarKind.String)]
    [InlineData("-", HoconScalarKind.String)]
    [InlineData("1e", HoconScalarKind.String)]
    [InlineData("10s", HoconScalarKind.String)]
    [InlineData("True", HoconScalarKind.String)]
    [InlineData("true", HoconScalarKind.Boolean)]
    [InlineData("null", HoconScalarKind.Null)]
    [InlineData("\"null\"", HoconScalarKind.String)]
    [InlineData("\"1\"", HoconScalarKind.String)]
    public void Unquoted_text_is_what_JSON_makes_of_it(string value, HoconScalarKind kind) =>
        Assert.Equal(kind, Assert.IsType<HoconScalar>(Read("a = " + value).Find("a")).Kind);

    [Theory]
    [InlineData("""a = "\"\\\/\b\f\n\r\t\u00e9" """, "\"\\/\b\f\n\r\té")]
    [InlineData("a = \"\"\"one\n\"two\" \\n\"\"\"", "one\n\"two\" \\n")]
    [InlineData("a = \"\"\"x\"\"\"\"\"", "x\"\"")]
    [InlineData("a = \"\"\"\"\"\"", "")]
    [InlineData("a = \"\ttab\"", "\ttab")]
    public void Quotes_know_escapes_and_three_of_them_know_none(string text, string expected) =>
        Assert.Equal(expected, Assert.IsType<HoconScalar>(Read(text).Find("a")).Text);

    [Theory]
    [InlineData("a = 1\na = 2", "{ a = 2 }")]
    [InlineData("a { x = 1, y = 1 }\na { y = 2, z = 2 }", "{ a = { x = 1, y = 2, z = 2 } }")]
    [InlineData("a { x = 1 }\na = 5\na { y = 2 }", "{ a = { y = 2 } }")]
    [InlineData("a = [1]\na = [2]", "{ a = [2] }")]
    [InlineData("a = 1\na.b = 2", "{ a = { b = 2 } }")]
    [InlineData("a { x = 1 }\na = null\na { y = 2 }", "{ a = { y = 2 } }")]
    public void A_key_twice_merges_objects_and_replaces_the_rest(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("a += 1", "{ a = [1] }")]
    [InlineData("a = [1]\na += 2\na += [3]", "{ a = [1, 2, [3]] }")]
    [InlineData("a += 1\na += 2", "{ a = [1, 2] }")]
    [InlineData("x = 2\na = [1]\na += ${x}\na += 3", "{ x = 2, a = [1, 2, 3] }")]
    [InlineData("a { b += 1 }\na { b += 2 }", "{ a = { b = [1, 2] } }")]
    [InlineData("l = [{ a += 1, a += 2 }]", "{ l = [{ a = [1, 2] }] }")]
    [InlineData("a = ${b}\nb = [1]\na += 2", "{ a = [1, 2], b = [1] }")]
    [InlineData("a { 0 = x }\na += y", "{ a = [\"x\", \"y\"] }")]
    public void Plus_equals_adds_to_the_list_before_it(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Fact]
    public void Many_appends_take_time_in_proportion()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"a += {i}\n"));

        var reading = Task.Run(() => Assert.IsType<HoconArray>(Read(text).Find("a")).Count);

        Assert.True(reading.Wait(TimeSpan.FromMinutes(1)), "still reading");
        Assert.Equal(100_000, reading.Result);
    }

    [Fact]
    public void An_object_with_numbers_for_keys_may_stand_for_a_list()
    {
        var found = Assert.IsType<HoconObject>(Read("a { 2 = c, 0 = a, x = -, 10 = d }").Find("a"));

        Assert.True(found.TryAsArray(out var array));
        Assert.Equal(["a", "c", "d"], array.Select(v => ((HoconScalar)v).Text));
    }
}
