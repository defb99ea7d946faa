using static ActorSmtp.Hocon.Tests.Texts;

namespace ActorSmtp.Hocon.Tests;

/// <summary>Substitutions, with the examples of the HOCON specification.</summary>
public sealed class SubstitutionTests
{
    [Theory]
    [InlineData("a = 1\nb = ${a}", "{ a = 1, b = 1 }")]
    [InlineData("b = ${a}\na = 1", "{ b = 1, a = 1 }")]
    [InlineData("a = 1\nb = ${a}\na = 2", "{ a = 2, b = 2 }")]
    [InlineData("a { b { c = x } }\nd = ${a.b}", "{ a = { b = { c = \"x\" } }, d = { c = \"x\" } }")]
    [InlineData("\"a.b\" = 1\nc = ${\"a.b\"}", "{ \"a.b\" = 1, c = 1 }")]
    [InlineData("a = [${b}, ${?no}]\nb = 1", "{ a = [1], b = 1 }")]
    [InlineData("a = null\nb = ${a}", "{ a = null, b = null }")]
    public void A_substitution_is_the_last_value_of_its_path(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("h = home\na = ${h}/data", "{ h = \"home\", a = \"home/data\" }")]
    [InlineData("h = 1\na = ${h} ${h}", "{ h = 1, a = \"1 1\" }")]
    [InlineData("a = ${?x} ${?y}", "{}")]
    [InlineData("a = ${?x}end", "{ a = \"end\" }")]
    [InlineData("a = \"\"${?x}", "{ a = \"\" }")]
    [InlineData("l = [1]\na = ${l} [2]", "{ l = [1], a = [1, 2] }")]
    [InlineData("l = [1]\na = ${l}${l}", "{ l = [1], a = [1, 1] }")]
    [InlineData("a = ${?x} [2]", "{ a = [2] }")]
    [InlineData("o { x = 1 }\na = ${o} { y = 2 }", "{ o = { x = 1 }, a = { x = 1, y = 2 } }")]
    [InlineData("o { x = 1 }\na = { x = 0, z = 3 } ${o}", "{ o = { x = 1 }, a = { x = 1, z = 3 } }")]
    [InlineData("n = null\na = x${n}", "{ n = null, a = \"xnull\" }")]
    public void Substitutions_stand_beside_other_pieces(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Theory]
    [InlineData("a = 1\na = ${?no}", "{ a = 1 }")]
    [InlineData("a = ${?no}", "{}")]
    [InlineData("a { x = 1 }\na = ${?no}\na { y = 2 }", "{ a = { x = 1, y = 2 } }")]
    public void An_optional_substitution_without_value_leaves_what_was(string text, string expected) => Assert.Equal(expected, Plain(text));

    // HOCON.md, "Self-Referential Substitutions" and "Examples of Self-Referential Substitutions".
    [Theory]
    [InlineData("path = \"a:b:c\"\npath = ${path}\":d\"", "{ path = \"a:b:c:d\" }")]
    [InlineData("path = \"a:b:c\"\npath = ${path}\":d\"\npath = ${path}\":e\"", "{ path = \"a:b:c:d:e\" }")]
    [InlineData("path = [ /etc ]\npath = ${path} [ /home ]", "{ path = [\"/etc\", \"/home\"] }")]
    [InlineData("foo : { a : { c : 1 } }\nfoo : ${foo.a}\nfoo : { a : 2 }", "{ foo = { a = 2, c = 1 } }")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }", "{ bar = { foo = 42, baz = 42 } }")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }\nbar : { foo : 43 }", "{ bar = { foo = 43, baz = 43 } }")]
    [InlineData("bar : { a : ${foo.d}, b : 1 }\nbar.b = 3\nfoo : { c : ${bar.b}, d : 2 }\nfoo.d = 4",
        "{ bar = { a = 4, b = 3 }, foo = { c = 3, d = 4 } }")]
    [InlineData("a = ${?a}foo", "{ a = \"foo\" }")]
    [InlineData("a : 1\na : ${a}2\na : ${a}3", "{ a = \"123\" }")]
    [InlineData("a : { a : 1 }\na : ${a} { b : 2 }", "{ a = { a = 1, b = 2 } }")]
    public void A_self_reference_looks_back(string text, string expected) => Assert.Equal(expected, Plain(text));

    // HOCON.md: "data-center-generic = { cluster-size = 6 } …": inheriting from a common object.
    [Fact]
    public void An_object_may_inherit_and_its_fields_see_the_merged_whole()
    {
        var text = "generic { size = 6, name = n }\neast = ${generic} { name = east }\neast { label = ${east.name}-${east.size}, size = 7 }";

        Assert.Equal("{ generic = { size = 6, name = \"n\" }, east = { size = 7, name = \"east\", label = \"east-7\" } }", Plain(text));
    }

    // HOCON.md: a substitution hidden by a later value which cannot merge with it is never evaluated.
    [Fact]
    public void What_is_hidden_is_never_evaluated() => Assert.Equal("{ a = 42 }", Plain("a = ${does-not-exist}\na = 42"));

    [Fact]
    public void Variables_serve_paths_that_nothing_sets()
    {
        Assert.Equal("{ a = \"/home/x\" }", Plain("a = ${HOME}/x", ("HOME", "/home")));
        Assert.Equal("{ HOME = 1, a = 1 }", Plain("HOME = 1\na = ${HOME}", ("HOME", "/home")));
        Assert.Equal("{ HOME = null, a = null }", Plain("HOME = null\na = ${HOME}", ("HOME", "/home")));
        Assert.Equal("{ a = \"\" }", Plain("a = ${EMPTY}", ("EMPTY", "")));
        Assert.Equal("{ a = 1 }", Plain("a = 1\na = ${?NOT_SET}"));
        Assert.Equal("{ a = \"3\" }", Plain("a = 1\na = ${?SET}", ("SET", "3")));
        Assert.Equal("{ a = [\"x\", \"y\"] }", Plain("a = ${L[]}", ("L_0", "x"), ("L_1", "y"), ("L_3", "no")));
    }

    [Fact]
    public void Layers_resolve_together()
    {
        Assert.Equal("{ x = 5, y = 5 }", Layered("x = 5", "x = 1\ny = ${x}"));
        Assert.Equal("{ l = [1, 2] }", Layered("l += 2", "l = [1]"));
        Assert.Equal("{ p = \"ab\" }", Layered("p = ${p}b", "p = a"));
        Assert.Equal("{ o = { x = 1, y = 2 } }", Layered("o { x = 1 }", "o { x = 0, y = 2 }"));
        Assert.Equal("{ o = { x = 1 } }", Layered("o { x = 1 }", "o = 7", "o { y = 2 }"));
        Assert.Equal("{ o = { y = 2, x = 1 }, d = { y = 2 } }", Layered("o = ${d} { x = 1 }\nd { y = 2 }", "o = 3"));
    }

    [Fact]
    public void A_tree_may_be_resolved_again_with_other_variables()
    {
        var tree = HoconTree.Parse("a = ${V}", "test.conf");

        Assert.Equal("{ a = \"1\" }", HoconRenderer.OneLine(tree.Resolve(_ => "1")));
        Assert.Equal("{ a = \"2\" }", HoconRenderer.OneLine(tree.Resolve(_ => "2")));
    }

    [Theory]
    [InlineData("a = ${b}", HoconMistake.Unresolved, "test.conf:1:5: ${b} is set nowhere, and no environment variable has this name; set it, or write ${?b}")]
    [InlineData("a = ${a}", HoconMistake.Cycle, "test.conf:1:5: ${a} leads back to itself and no earlier value is there; give it one, or write ${?a}")]
    [InlineData("b = ${c}\nc = ${b}", HoconMistake.Cycle, "test.conf:2:5: ${b} leads back to itself*")]
    [InlineData("a { b = ${a} }", HoconMistake.Cycle, "test.conf:1:9: *")]
    [InlineData("a = [${a}]", HoconMistake.Cycle, "test.conf:1:6: *")]
    [InlineData("a = ${b.c}\nb { c = ${a.d} }", HoconMistake.Cycle, "*")]
    [InlineData("o { x = 1 }\na = ${o} text", HoconMistake.MixedTypes, "test.conf:2:5: an object and a text stand side by side*")]
    [InlineData("o = [1]\na = ${o}{ x = 1 }", HoconMistake.MixedTypes, "test.conf:2:5: a list and an object*")]
    [InlineData("a = x\na += 1", HoconMistake.MixedTypes, "test.conf:2:6: += adds to a list, and the value before it, at test.conf:1:5, is none*")]
    [InlineData("a = {} x", HoconMistake.MixedTypes, "*")]
    public void What_cannot_be_resolved_is_told_with_its_place(string text, HoconMistake mistake, string message)
    {
        var refused = Refused(text);

        Assert.Equal(mistake, refused.Mistake);
        Assert.Matches("^" + string.Join(".*", message.Split('*').Select(System.Text.RegularExpressions.Regex.Escape)) + "$", refused.Message);
    }
}
