using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Delivery;

public sealed class MailIdTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 6, 25, 23, 417, TimeSpan.Zero);

    [Fact]
    public void An_id_reads_back_in_each_form()
    {
        var generator = new MailIdGenerator(-1);
        var octets = new byte[MailId.Size];
        var utf8 = new byte[MailId.Length];
        for (var i = 0; i < 10_000; i++)
        {
            var id = generator.Next(Now.AddMilliseconds(i / 7));
            var text = id.ToString();
            Assert.Equal(MailId.Length, text.Length);
            Assert.Matches("^[0-9A-HJKMNP-TV-Z]{16}$", text);
            Assert.Equal(id, MailId.Parse(text));
            Assert.Equal(id, MailId.Parse(text.ToLowerInvariant()));
            id.Write(octets);
            Assert.Equal(id, MailId.Read(octets));
            Assert.True(id.TryFormat(utf8, out var written));
            Assert.Equal(text, Wire.Text(utf8.AsSpan(0, written)));
        }
    }

    [Fact]
    public void Ids_grow_and_their_texts_sort_alike_whatever_the_clock_does()
    {
        var generator = new MailIdGenerator(7);
        var last = generator.Next(Now);
        foreach (var step in new[] { 0, 0, 1, -5000, 3, 0, 100_000, -1 }.SelectMany(s => Enumerable.Repeat(s, 5000)))
        {
            var next = generator.Next(Now.AddMilliseconds(step));
            Assert.True(next > last);
            Assert.True(string.CompareOrdinal(next.ToString(), last.ToString()) > 0);
            last = next;
        }
    }

    [Fact]
    public void An_id_knows_its_time() => Assert.Equal(Now, new MailIdGenerator(1).Next(Now).Time);

    [Fact]
    public void Two_starts_never_give_the_same_id()
    {
        var (one, other) = (new MailIdGenerator(1), new MailIdGenerator(2));
        for (var i = 0; i < 100; i++)
        {
            Assert.NotEqual(one.Next(Now), other.Next(Now));
        }
    }

    [Fact]
    public void Many_threads_get_ids_of_their_own()
    {
        var generator = new MailIdGenerator(3);
        var ids = new MailId[4][];
        var threads = Enumerable.Range(0, 4).Select(t => new Thread(() => ids[t] = [.. Enumerable.Range(0, 20_000).Select(_ => generator.Next(Now))])).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.Equal(80_000, ids.SelectMany(i => i).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789ABCDE")]
    [InlineData("0123456789ABCDEFG")]
    [InlineData("0123456789ABCDEU")]
    [InlineData("0123456789ABCDEO")]
    [InlineData("0123456789ABCDE/")]
    [InlineData("0123456789ABCDE\u0661")]
    public void Other_texts_are_no_ids(string text)
    {
        Assert.False(MailId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => MailId.Parse(text));
    }

    [Fact]
    public void No_text_throws() => Wire.Holds(Prop.ForAll<string>(text => !MailId.TryParse(text, out var id) || id.ToString() == text.ToUpperInvariant()));

    [Fact]
    public void Ids_that_follow_from_one_are_its_own_always_the_same_and_no_two_alike()
    {
        var ids = new MailIdGenerator(12345);
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var (one, other) = (ids.Next(now), ids.Next(now));
        var derived = Enumerable.Range(0, 5000).Select(one.Derive).Concat(Enumerable.Range(0, 5000).Select(other.Derive)).ToList();

        Assert.Equal(10_000, derived.Distinct().Count());
        Assert.DoesNotContain(one, derived);
        Assert.DoesNotContain(other, derived);
        Assert.Equal(one.Derive(17), one.Derive(17));
        Assert.All(derived, id => Assert.Equal(now, id.Time));
        Assert.True(MailId.TryParse(one.Derive(1).ToString(), out var back) && back == one.Derive(1));
        Assert.Equal([0, 1, 4999, (1 << 25) - 2], new[] { 0, 1, 4999, (1 << 25) - 2 }.Select(number => one.NumberOf(one.Derive(number)) ?? -1));
        Assert.Equal((null, null), (one.NumberOf(one), one.NumberOf(new MailIdGenerator(5).Next(one.Time.AddMilliseconds(1)))));
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Derive(-1));
    }
}
