using System.Text;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Origin;

namespace ActorSmtp.Server.Tests.Policy;

public sealed class FieldSieveTests
{
    [Theory]
    [InlineData("A: 1\r\nX: 2\r\nB: 3\r\n\r\nX: body\r\n", "A: 1\r\nB: 3\r\n\r\nX: body\r\n")]
    [InlineData("X: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n", "B: 4\r\n\r\n")]
    [InlineData("X: 1\r\nX: 2\r\n\r\n", "\r\n")]
    [InlineData("\r\nX: body\r\n", "\r\nX: body\r\n")]
    [InlineData("A: 1\r\nX: no end", "A: 1\r\n")]
    [InlineData("A: no end", "A: no end")]
    [InlineData("A: 1\nX: 2\n 3\nB: 4\n\nX: 5", "A: 1\nB: 4\n\nX: 5")]
    [InlineData(" begins with a blank\r\nX: 1\r\n\r\n", " begins with a blank\r\n\r\n")]
    [InlineData("", "")]
    [InlineData("A: 1\r\n\rX: 2\r\nX: 3\r\nB: 4\r\n\r\n", "A: 1\r\nB: 4\r\n\r\n")]            // a bare CR is no empty line
    [InlineData("A: 1\rX: 2\r\nB: 3\r\n\r\nX: 4\rX: 5", "A: 1\r\nB: 3\r\n\r\nX: 4\rX: 5")]
    [InlineData("A: 1\rX: 2\r\n 3\r\nB: 4\r\n\r\n", "A: 1\r\nB: 4\r\n\r\n")]
    [InlineData("A: 1\rB: 2\rX: 3\rC: 4\r\n\r\n", "A: 1\rB: 2\r\n\rC: 4\r\n\r\n")]
    [InlineData("A: 1\r X: 2\r\n\r\n", "A: 1\r X: 2\r\n\r\n")]
    [InlineData("A: 1\r", "A: 1\r")]
    [InlineData("A: 1\rX: 2", "A: 1\r\n")]
    [InlineData("A: 1\r\n\r", "A: 1\r\n\r")]
    [InlineData("\r\rX: 1\r\n\r\n", "\r\r\n\r\n")]
    [InlineData("A: 1\r\n\r\nbody\r", "A: 1\r\n\r\nbody\r")]
    public void Fields_that_are_to_go_are_gone_however_the_message_is_cut(string message, string expected)
    {
        for (var size = 1; size <= Math.Max(1, message.Length); size++)
        {
            Assert.Equal(expected, Sift(message, size));
        }
    }

    [Fact]
    public void A_field_longer_than_what_is_held_is_judged_by_its_beginning_and_goes_or_stays_whole()
    {
        var rest = new string('y', 3 * FieldSieve.Most);
        foreach (var size in (int[])[1, 100, FieldSieve.Most, 100_000])
        {
            Assert.Equal($"A: {rest}\r\n {rest}\r\nB: 2\r\n\r\n", Sift($"X: {rest}\r\n {rest}\r\nA: {rest}\r\n {rest}\r\nX: 1\r\nB: 2\r\n\r\n", size));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3000)]
    [InlineData(100_000)]
    public void A_colon_behind_more_blanks_than_are_held_hides_nothing(int size)
    {
        var forged = $"Authentication-Results{new string(' ', 2 * FieldSieve.Most)}: mx.test; dmarc=pass\r\n";

        Assert.Equal("A: 1\r\nB: 2\r\n\r\n", Sift($"A: 1\r\n{forged}B: 2\r\n\r\n", size, field => ResultsGuard.Forges(field, "mx.test")));
    }

    [Fact]
    public void Where_nothing_goes_nothing_is_copied()
    {
        var sieve = new FieldSieve(_ => false);
        var octets = "A: 1\r\nB: 2\r\n\r\nbody\r\n"u8.ToArray();

        Assert.True(sieve.Sift(octets).Overlaps(octets));
    }

    /// <summary>Messages made by chance of what matters: however they are cut the same goes on, of the header nothing is left that anybody could take for a field that is to go, and the body is whole.</summary>
    [Fact]
    public void Of_any_message_the_same_goes_however_it_is_cut()
    {
        var random = new Random(8601);
        string[] pieces = ["X: 1", "A: 2", "\r\n", "\r\n", "\n", "\r", " ", "X", ":"];
        for (var i = 0; i < 20_000; i++)
        {
            var message = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]));
            var whole = Sift(message, message.Length);
            Assert.Equal(whole, Sift(message, random.Next(1, 4)));

            var body = Math.Min(EndOf(message, "\n\n"), EndOf(message, "\n\r\n"));
            body = message.StartsWith('\n') ? 0 : message.StartsWith("\r\n", StringComparison.Ordinal) ? 0 : body;
            Assert.EndsWith(message[body..], whole, StringComparison.Ordinal);
            var header = "\n" + whole[..(whole.Length - (message.Length - body))];
            Assert.DoesNotMatch("[\r\n]X", header);
        }

        static int EndOf(string message, string end) => message.IndexOf(end, StringComparison.Ordinal) is >= 0 and var at ? at + 1 : message.Length;
    }

    private static string Sift(string message, int size, FieldSieve.Removes? removes = null)
    {
        var sieve = new FieldSieve(removes ?? (field => field[0] == 'X'));
        var octets = Encoding.ASCII.GetBytes(message);
        var passed = new StringBuilder();
        for (var at = 0; at < octets.Length; at += size)
        {
            passed.Append(Encoding.ASCII.GetString(sieve.Sift(octets.AsSpan(at, Math.Min(size, octets.Length - at)))));
        }

        return passed.Append(Encoding.ASCII.GetString(sieve.End())).ToString();
    }
}
