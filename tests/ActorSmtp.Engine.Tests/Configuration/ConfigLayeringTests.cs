using Akka.Configuration;
using static ActorSmtp.Engine.Tests.Configuration.ConfigTexts;

namespace ActorSmtp.Engine.Tests.Configuration;

/// <summary>Configurations upon each other, on either engine.</summary>
public sealed class ConfigLayeringTests
{
    [Fact]
    public void Objects_merge_deeply_and_scalars_and_lists_of_the_receiver_win()
    {
        var config = Read("a { x = 1 }\nl=[9]").WithFallback(Read("a { x = 5, y = 6 }\nl=[1,2]\nz=3"));

        Assert.Equal((1, 6, 3), (config.GetInt("a.x"), config.GetInt("a.y"), config.GetInt("z")));
        Assert.Equal([9], config.GetIntList("l"));
        Assert.Equal(6, config.GetConfig("a").GetInt("y"));
    }

    [Fact]
    public void Three_layers_answer_from_the_top()
    {
        var config = Read("a=1").WithFallback(Read("b=2")).WithFallback(Read("a=9\nb=9\nc=3"));

        Assert.Equal((1, 2, 3), (config.GetInt("a"), config.GetInt("b"), config.GetInt("c")));
    }

    [Fact]
    public void An_empty_receiver_gives_the_fallback_and_a_string_converts()
    {
        Config config = "a = 1";

        Assert.Equal(1, Config.Empty.WithFallback(config).GetInt("a"));
        Assert.True(Config.Empty.IsEmpty);
        Assert.True(Config.Empty.IsNullOrEmpty());
    }

    [Fact]
    public void No_fallback_changes_nothing_and_itself_is_refused()
    {
        var config = Read("a = 1");

        Assert.Same(config, config.WithFallback(null));
        Assert.Throws<ArgumentException>(() => config.WithFallback(config));
        Assert.Same(config, config.SafeWithFallback(config));
    }

    [Fact]
    public void Plus_puts_a_text_behind_or_before()
    {
        Assert.Equal(2, (Read("a = 1") + "b = 2").GetInt("b"));
        Assert.Equal(1, ("a = 1" + Read("a = 2")).GetInt("a"));
    }

    [Fact]
    public void Top_level_keys_are_listed() =>
        Assert.Equal(["a", "b"], Read("a=1\nb{c=2}").AsEnumerable().Select(k => k.Key).OrderBy(x => x));

    [Fact]
    public void What_is_no_object_hides_the_fields_below_it()
    {
        var config = Read("a = 1\nn = null").WithFallback(Read("a { b = 2 }\nn { b = 2 }"));

        Assert.Equal((null, null), (config.GetString("a.b"), config.GetString("n.b")));
        Assert.False(config.HasPath("n.b"));
    }

    [Fact]
    public void A_value_and_the_root_hold_what_lies_below_too()
    {
        var config = Read("a { b = 1 }").WithFallback(Read("a { b = 2, c = 3 }\nd = 4"));

        Assert.Equal(3, config.GetValue("a").GetChildObject("c").GetInt());
        Assert.Equal(["a", "d"], config.Root.GetObject().Items.Keys);
    }

#if ACTOR_ENGINE_EMBEDDED // Akka prints lists and nulls in a way that it cannot read
    [Fact]
    public void A_layered_configuration_prints_as_a_text_that_reads_back()
    {
        var printed = Read("a { x = \"1:2\" }\nl = [a, \"b c\"]").WithFallback(Read("a { y = 6 }\nn = null")).ToString(true);
        var config = Read(printed);

        Assert.Equal(("1:2", 6), (config.GetString("a.x"), config.GetInt("a.y")));
        Assert.Equal(["a", "b c"], config.GetStringList("l"));
        Assert.True(config.HasPath("n"));
    }
#endif
}
