using System.Globalization;
using static ActorSmtp.Engine.Tests.Configuration.ConfigTexts;

namespace ActorSmtp.Engine.Tests.Configuration;

/// <summary>What the typed getters make of a value, on either engine.</summary>
public sealed class ConfigValueTests
{
    [Theory]
    [InlineData("on", true)]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("off", false)]
    [InlineData("false", false)]
    public void Booleans_are_on_off_true_and_false(string text, bool expected) =>
        Assert.Equal(expected, Read("a = " + text).GetBoolean("a", !expected));

    [Theory]
    [InlineData("yes")]
    [InlineData("TRUE")]
    [InlineData("1")]
    public void Nothing_else_is_a_boolean(string text) => Assert.ThrowsAny<Exception>(() => Read("a = " + text).GetBoolean("a"));

    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("10 seconds", 10_000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5 s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("750", 750)]
    public void A_duration_is_a_number_with_a_unit_or_milliseconds(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Read("a = " + text).GetTimeSpan("a"));

    [Theory]
    [InlineData("-5s")]
    [InlineData("10us")]
    [InlineData("10 parsecs")]
    [InlineData("null")]
    public void Nothing_else_is_a_duration(string text) => Assert.ThrowsAny<Exception>(() => Read("a = " + text).GetTimeSpan("a"));

    [Fact]
    public void Infinite_is_a_duration_where_it_is_allowed()
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, Read("a = infinite").GetTimeSpan("a"));
        Assert.ThrowsAny<Exception>(() => Read("a = infinite").GetTimeSpan("a", null, false));
    }

    [Theory]
    [InlineData("64KiB", 65_536L)]
    [InlineData("64 KiB", 65_536L)]
    [InlineData("64K", 65_536L)]
    [InlineData("64kB", 64_000L)]
    [InlineData("10MiB", 10_485_760L)]
    [InlineData("10MB", 10_000_000L)]
    [InlineData("10m", 10_485_760L)]
    [InlineData("512", 512L)]
    [InlineData("512B", 512L)]
    [InlineData("1GiB", 1_073_741_824L)]
    public void A_size_counts_in_1024s_or_1000s_by_its_unit(string text, long bytes) =>
        Assert.Equal(bytes, Read("a = " + text).GetByteSize("a", null));

    [Theory]
    [InlineData("64KB")]
    [InlineData("1kb")]
    [InlineData("1.5MiB")]
    public void Units_are_case_sensitive_and_sizes_whole(string text) =>
        Assert.ThrowsAny<FormatException>(() => Read("a = " + text).GetByteSize("a", null));

    [Fact]
    public void A_size_may_be_negative_and_what_is_no_text_has_none()
    {
        Assert.Equal(-5, Read("a = -5").GetByteSize("a", null));
        Assert.Null(Read("a = \"\"").GetByteSize("a", 1));
        Assert.Null(Read("a = [1]").GetByteSize("a", 1));
        Assert.Null(Read("a { b = 1 }").GetByteSize("a", 1));
    }

    [Fact]
    public void Quotes_keep_no_blanks_at_the_ends_and_do_not_make_null_a_text()
    {
        Assert.Equal("x y", Read("a = \"  x y \"").GetString("a"));
        Assert.Null(Read("a = \"null\"").GetString("a"));
    }

    [Fact]
    public void An_object_without_fields_is_empty()
    {
        Assert.True(Read("a {}").GetValue("a").IsEmpty);
        Assert.False(Read("a { b = 1 }").GetValue("a").IsEmpty);
    }

    [Fact]
    public void A_number_with_a_unit_is_no_int() => Assert.ThrowsAny<FormatException>(() => Read("a = 10s").GetInt("a"));

    [Fact]
    public void An_exponent_is_for_doubles_only()
    {
        Assert.Equal(1000d, Read("a = 1e3").GetDouble("a"));
        Assert.ThrowsAny<FormatException>(() => Read("a = 1e3").GetInt("a"));
    }

    [Fact]
    public void Numbers_are_read_alike_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
        try
        {
            Assert.Equal((1.5d, 1.5m, -3), (Read("a = 1.5").GetDouble("a"), Read("a = 1.5").GetDecimal("a"), Read("a = -3").GetInt("a")));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_missing_path_gives_the_default_or_nothing()
    {
        var config = Read("x = 1");

        Assert.Equal((0, 7), (config.GetInt("a"), config.GetInt("a", 7)));
        Assert.Null(config.GetString("a"));
        Assert.False(config.GetBoolean("a"));
        Assert.Equal(TimeSpan.Zero, config.GetTimeSpan("a"));
        Assert.Null(config.GetByteSize("a", null));
        Assert.Empty(config.GetStringList("a"));
        Assert.Null(config.GetConfig("a"));
        Assert.False(config.HasPath("a"));
        Assert.ThrowsAny<Exception>(() => config.GetIntList("a"));
    }

    [Fact]
    public void A_literal_null_is_a_path_without_text_and_breaks_numbers()
    {
        var config = Read("a = null");

        Assert.True(config.HasPath("a"));
        Assert.Null(config.GetString("a"));
        Assert.ThrowsAny<Exception>(() => config.GetInt("a", 3));
    }

    [Fact]
    public void An_empty_list_is_a_path_and_a_scalar_is_an_empty_list()
    {
        var config = Read("a = []\nb = x");

        Assert.True(config.HasPath("a"));
        Assert.Empty(config.GetStringList("a"));
        Assert.Empty(config.GetStringList("b"));
    }
}
