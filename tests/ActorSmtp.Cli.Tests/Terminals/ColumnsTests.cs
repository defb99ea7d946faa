using System.Globalization;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Tests.Terminals;

public sealed class ColumnsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(3500)]
    public async Task Rows_that_come_one_by_one_are_all_written_in_columns(int count)
    {
        var text = new StringWriter { NewLine = "\n" };
        await Columns.WriteAsync(text, ["NO", "WHAT"], Rows(count, held: null), CancellationToken.None);
        var lines = text.ToString().Split('\n')[..^1];

        Assert.Equal(count + 1, lines.Length);
        Assert.Equal(0, lines.Length - lines.Distinct().Count());
        Assert.All(lines[1..], line => Assert.Equal(line.IndexOf('r', StringComparison.Ordinal), lines[0].IndexOf('W', StringComparison.Ordinal)));
    }

    [Fact]
    public async Task No_more_than_a_thousand_rows_are_held()
    {
        var written = 0;
        var text = new CountingWriter(() => written++);
        var most = 0;
        await Columns.WriteAsync(text, ["NO", "WHAT"], Rows(5000, held: made => most = Math.Max(most, made - written)), CancellationToken.None);

        Assert.Equal(5001, written);
        Assert.InRange(most, 1, 1001);
    }

    [Fact]
    public async Task What_is_in_a_row_cannot_leave_its_line()
    {
        var text = new StringWriter { NewLine = "\n" };
        await Columns.WriteAsync(text, ["A", "B"], new[] { new[] { "x\ny", "\u001b[31m" } }.ToAsyncEnumerable(), CancellationToken.None);

        Assert.Equal(2, text.ToString().Count(c => c == '\n'));
        Assert.DoesNotContain('\u001b', text.ToString());
    }

    private static async IAsyncEnumerable<string[]> Rows(int count, Action<int>? held)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.CompletedTask;
            held?.Invoke(i);
            yield return [(1000 + (i % 9000)).ToString(CultureInfo.InvariantCulture), $"row {i}"];
        }
    }

    private sealed class CountingWriter(Action line) : StringWriter
    {
        public override void WriteLine(string? value) => line();
    }
}
