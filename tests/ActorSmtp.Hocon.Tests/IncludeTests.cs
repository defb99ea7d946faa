namespace ActorSmtp.Hocon.Tests;

/// <summary>Includes: the other text's fields as if they stood there.</summary>
public sealed class IncludeTests
{
    private readonly Dictionary<string, string> _files = [];
    private readonly List<HoconInclude> _asked = [];

    [Fact]
    public void An_included_text_merges_where_it_stands()
    {
        _files["b.conf"] = "x = 2\ny = 2";

        Assert.Equal("{ x = 2, y = 3 }", Plain("x = 1\ninclude \"b.conf\"\ny = 3"));
        Assert.Equal("{ o = { x = 2, y = 2 } }", Plain("o { include \"b.conf\" }"));
    }

    [Fact]
    public void A_missing_text_is_left_out_unless_it_is_required()
    {
        Assert.Equal("{ a = 1 }", Plain("include \"no.conf\"\na = 1"));
        var refused = Assert.Throws<HoconException>(() => Plain("\ninclude required(\"no.conf\")"));

        Assert.Equal(HoconMistake.Include, refused.Mistake);
        Assert.StartsWith("main.conf:2:1: \"no.conf\" is required and does not exist;", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_forms_reach_the_reader()
    {
        Plain("include \"a.b\"\ninclude file(\"c\")\ninclude url( \"d\" )\ninclude classpath(\"e\")");
        _files["f"] = "";
        Plain("include required( file( \"f\" ) )");

        Assert.Equal(
            [
                new(HoconIncludeKind.Plain, "a.b", "main.conf"), new(HoconIncludeKind.File, "c", "main.conf"),
                new(HoconIncludeKind.Url, "d", "main.conf"), new(HoconIncludeKind.Resource, "e", "main.conf"),
                new(HoconIncludeKind.File, "f", "main.conf"),
            ],
            _asked);
    }

    [Fact]
    public void A_name_without_an_ending_stands_for_json_and_conf_over_it()
    {
        _files["b.json"] = "{\"x\": 1, \"y\": 1}";
        _files["b.conf"] = "y = 2";

        Assert.Equal("{ x = 1, y = 2 }", Plain("include \"b\""));
    }

    // HOCON.md, "Include semantics: substitution": first below the include's place, then from the root.
    [Fact]
    public void A_substitution_of_an_included_text_is_looked_up_at_its_place_first()
    {
        _files["b.conf"] = "x = 10\ny = ${x}\nz = ${outer}";

        Assert.Equal("{ a = { x = 42, y = 42, z = 7 }, outer = 7 }", Plain("a { include \"b.conf\" }\na { x = 42 }\nouter = 7"));
    }

    [Fact]
    public void An_included_list_grows_the_one_it_meets()
    {
        _files["b.conf"] = "l += 2";

        Assert.Equal("{ o = { l = [1, 2] } }", Plain("o { l = [1]\ninclude \"b.conf\" }"));
    }

    [Fact]
    public void Mistakes_and_values_stand_in_their_own_file()
    {
        _files["b.conf"] = "\nx = 1\ny = @";

        Assert.Equal("b.conf:3:5", Assert.Throws<HoconException>(() => Plain("include \"b.conf\"")).Origin.ToString());
    }

    [Fact]
    public void A_text_which_includes_itself_ends_with_an_error()
    {
        _files["a.conf"] = "include \"a.conf\"";
        _files["b.conf"] = "x { include \"b.conf\"\ninclude \"b.conf\"\ninclude \"b.conf\" }";

        Assert.Equal(HoconMistake.Limit, Assert.Throws<HoconException>(() => Plain("include \"a.conf\"")).Mistake);
        Assert.Equal(HoconMistake.Limit, Assert.Throws<HoconException>(() => Plain("include \"b.conf\"")).Mistake);
    }

    [Fact]
    public void A_text_that_cannot_be_read_is_told_at_the_include()
    {
        var options = new HoconOptions { Include = _ => throw new UnauthorizedAccessException("not yours") };
        var refused = Assert.Throws<HoconException>(() => HoconTree.Parse("a = 1\n  include \"x.conf\"", "main.conf", options));

        Assert.Equal("main.conf:2:3: cannot read \"x.conf\": not yours", refused.Message);
    }

    private string Plain(string text) => HoconRenderer.OneLine(HoconTree.Parse(text, "main.conf", new HoconOptions { Include = Read }).Resolve());

    private HoconIncludeText? Read(HoconInclude include)
    {
        _asked.Add(include);
        return _files.TryGetValue(include.Name, out var text) ? new HoconIncludeText(include.Name, text) : null;
    }
}
