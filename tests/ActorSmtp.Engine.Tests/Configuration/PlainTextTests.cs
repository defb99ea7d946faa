using ActorSmtp.Hocon;
using static ActorSmtp.Engine.Tests.Configuration.ConfigTexts;

namespace ActorSmtp.Engine.Tests.Configuration;

/// <summary>What the product hands to the engine is the plain form of its own settings; either engine must read the same from it.</summary>
public sealed class PlainTextTests
{
    [Fact]
    public void A_rendered_tree_reads_the_same_on_either_engine()
    {
        var tree = HoconTree.Parse(
            """
            base = /srv
            akka {
              text = ${base}/data, colon = "127.0.0.1:25", quotes = "say \"x\" \\ y", empty = "", lines = "a\nb\tc"
              number = 30, size = 25MiB, time = 5m, yes = on, no = false, nothing = null
              list = [1, 2], texts = ["a, b", "c#d", "e//f"], none = []
              list += 3
              deployment { "/a/b.c" { x = 1 }, /parent/child { dispatcher = ${akka.name} } }
              name = pinned
              object {}
            }
            """,
            "settings.conf").Resolve();

        var config = Read(HoconRenderer.Render(tree)).GetConfig("akka");

        Assert.Equal(
            ["/srv/data", "127.0.0.1:25", "say \"x\" \\ y", "", "a\nb\tc", "pinned"],
            new[] { "text", "colon", "quotes", "empty", "lines", "deployment.\"/parent/child\".dispatcher" }.Select(p => config.GetString(p)));
        Assert.Equal((30, 25L << 20, TimeSpan.FromMinutes(5)),
            (config.GetInt("number"), config.GetByteSize("size", null), config.GetTimeSpan("time")));
        Assert.True(config.GetBoolean("yes"));
        Assert.False(config.GetBoolean("no", true));
        Assert.Null(config.GetString("nothing", "default"));
        Assert.Equal([1, 2, 3], config.GetIntList("list"));
        Assert.Equal(["a, b", "c#d", "e//f"], config.GetStringList("texts"));
        Assert.Empty(config.GetStringList("none"));
        Assert.Equal(1, config.GetInt("deployment.\"/a/b.c\".x"));
    }
}
