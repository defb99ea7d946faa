using System.Text;
using static ActorSmtp.Hocon.Tests.Texts;

namespace ActorSmtp.Hocon.Tests;

/// <summary>Every mistake stands at its line and column and says what to do.</summary>
public sealed class MistakeTests
{
    [Theory]
    [InlineData("a = 127.0.0.1:25", "1:14: ':' inside a value without quotes; put the value in quotes, or a value is missing behind the key before")]
    [InlineData("a =\nb = 1", "2:3: '=' inside a value without quotes; *")]
    [InlineData("a =", "1:4: nothing where a value is expected; write a value, \"\" for an empty text")]
    [InlineData("a = # c", "1:8: nothing where a value is expected*")]
    [InlineData("a = [1,,2]", "1:8: a comma without an element before it; take it away")]
    [InlineData("a = 1,,b = 2", "1:7: a comma without a field before it; take it away")]
    [InlineData(",a = 1", "1:1: a comma without a field before it; take it away")]
    [InlineData("a = x@y", "1:6: '@' cannot stand in a text without quotes; put the value in quotes")]
    [InlineData("a = $x", "1:5: '$' cannot stand *")]
    [InlineData("a {\n b = 1", "2:7: the text ends inside the object opened at line 1, column 3; add the missing '}'")]
    [InlineData("a = [\n1", "2:2: the text ends inside the list opened at line 1, column 5; add the missing ']'")]
    [InlineData("a = 1\n}", "2:1: '}' closes nothing; take it away or add the '{' which is missing before it")]
    [InlineData("a = 1 ]", "1:7: ']' closes nothing here")]
    [InlineData("{ a = 1 } b = 2", "1:11: 'b' stands behind the closing brace of the whole; *")]
    [InlineData("[1]", "1:1: the text is a list; a configuration is an object: *")]
    [InlineData("a", "1:2: the text ends behind the key a; write a value: a = …")]
    [InlineData("a ] 1", "1:3: ']' follows the key a; expected '=', ':', '+=' or '{'")]
    [InlineData("a..b = 1", "1:3: a dot without a key before it; *")]
    [InlineData(".a = 1", "1:1: a dot without a key before it; *")]
    [InlineData("a. = 1", "1:4: a dot without a key behind it; *")]
    [InlineData("= 1", "1:1: '=' where a key is expected; *")]
    [InlineData("a = \"x", "1:5: the quotes opened here are not closed on the same line; *")]
    [InlineData("a = \"x\ny\"", "1:5: the quotes opened here are not closed *")]
    [InlineData("a = \"\"\"x\"\"", "1:5: the \"\"\" opened here is never closed; add \"\"\"")]
    [InlineData("a = \"\\x\"", "1:7: the backslash stands before 'x'; *")]
    [InlineData("a = \"\\u12G4\"", "1:7: the backslash stands before 'u'; *")]
    [InlineData("a = \"\u0001\"", "1:6: the control character U+0001 inside quotes; write it as \\u0001")]
    [InlineData("a = ${b", "1:8: the end of the text inside a substitution; expected '}' behind its path")]
    [InlineData("a = ${}", "1:7: '}' where a path is expected; write ${a.b}")]
    [InlineData("a = ${b?c}", "1:8: '?' inside a substitution; *")]
    [InlineData("include = 1", "1:1: include needs a name: *")]
    [InlineData("include \"x\"", "1:1: include is not possible here; *")]
    [InlineData("include required(\"x\"", "1:21: the end of the text behind the name of an include; expected ')'")]
    [InlineData("a = 1+2", "1:6: '+' cannot stand *")]
    [InlineData("a = \0", null)]
    public void A_mistake_is_told_at_its_place(string text, string? expected)
    {
        if (expected is null)
        {
            Assert.Equal("\0", Assert.IsType<HoconScalar>(Read(text).Find("a")).Text); // no sign the grammar knows
            return;
        }

        var pattern = string.Join(".*", ("test.conf:" + expected).Split('*').Select(System.Text.RegularExpressions.Regex.Escape));
        Assert.Matches("^" + pattern + "$", Refused(text).Message);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_told_at_their_line()
    {
        var refused = Assert.Throws<HoconException>(() => HoconTree.Parse([.. "a = 1\nb = "u8, 0xff], "test.conf"));

        Assert.Equal("test.conf:2:5: not UTF-8 from here on; save the file as UTF-8", refused.Message);
    }

    [Fact]
    public void Every_value_knows_where_it_is_written()
    {
        var root = Read("a = 1\nb {\n  c = [x,\n    ${a}]\n}\nd = \"\"\"l\nl\"\"\" y\ne = z");

        Assert.Equal("test.conf:1:5", root.Find("a")!.Origin.ToString());
        Assert.Equal("test.conf:2:3", root.Find("b")!.Origin.ToString());
        Assert.Equal("test.conf:3:8", ((HoconArray)root.Find("b.c")!)[0].Origin.ToString());
        Assert.Equal("test.conf:4:5", ((HoconArray)root.Find("b.c")!)[1].Origin.ToString());
        Assert.Equal("test.conf:8:5", root.Find("e")!.Origin.ToString());
        Assert.Equal("environment variable X", Read("a = ${X}", ("X", "1")).Find("a")!.Origin.ToString());
    }

    [Fact]
    public void The_bounds_are_kept()
    {
        Assert.Equal(HoconMistake.Limit, Refused(new string('a', 5 << 20) + "=1").Mistake);
        Assert.Equal(HoconMistake.Limit, Refused("a = " + new string('[', 100_000)).Mistake);
        Assert.Equal(HoconMistake.Limit, Refused(string.Concat(Enumerable.Repeat("a{", 100_000))).Mistake);
        Assert.Equal(HoconMistake.Limit, Refused(string.Join('.', Enumerable.Repeat("a", 1000)) + "=1").Mistake);
        Assert.Single(Read(string.Join('.', Enumerable.Repeat("a", 64)) + "=1"));
    }

    [Theory]
    [InlineData("a0 = xxxxxxxxxx\n", "a{1} = ${{a{0}}}${{a{0}}}\n")]
    [InlineData("a0 = [x]\n", "a{1} = ${{a{0}}}${{a{0}}}\n")]
    [InlineData("a0 = [x]\n", "a{1} = [${{a{0}}}, ${{a{0}}}]\n")]
    [InlineData("a0 {{ x = 1 }}\n", "a{1} {{ l = ${{a{0}}}, r = ${{a{0}}} }}\n")]
    public void Substitutions_that_double_each_other_end_with_an_error(string first, string next)
    {
        var text = new StringBuilder(string.Format(null, first));
        for (var i = 0; i < 60; i++)
        {
            text.AppendFormat(null, next, i, i + 1);
        }

        Assert.Equal(HoconMistake.Limit, Refused(text.ToString()).Mistake);
    }

    [Fact]
    public void A_long_chain_of_substitutions_ends_with_an_error_and_a_short_one_does_not()
    {
        Assert.Equal(HoconMistake.Limit, Refused(Chain(100_000)).Mistake);
        Assert.Equal("1", Assert.IsType<HoconScalar>(Read(Chain(100)).Find("a0")).Text);

        static string Chain(int length) =>
            string.Concat(Enumerable.Range(0, length).Select(i => $"a{i} = ${{a{i + 1}}}\n")) + $"a{length} = 1";
    }

    [Fact]
    public void Fields_that_all_refer_to_each_other_are_resolved_in_proportionate_time()
    {
        var text = string.Concat(Enumerable.Range(0, 150).Select(i =>
            $"a{i} = {string.Concat(Enumerable.Range(0, 150).Select(j => $"${{?a{j}}}"))}x\n"));

        var read = Task.Run(() => Record.Exception(() => Read(text)));

        Assert.True(read.Wait(TimeSpan.FromMinutes(2)), "still resolving");
        Assert.True(read.Result is null or HoconException);
    }

    [Fact]
    public void Many_values_on_one_key_are_no_work_for_the_square_of_their_number()
    {
        var text = "x = 1\n" + string.Concat(Enumerable.Repeat("a = ${x}\n", 100_000));

        Assert.Equal("1", Assert.IsType<HoconScalar>(Read(text).Find("a")).Text);
    }
}
