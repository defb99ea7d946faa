using System.Globalization;
using Xunit.Abstractions;

namespace ActorSmtp.Simulation.Tests.Scale;

/// <summary>
/// What the model of docs/scale.md concludes. One thread, virtual time and one seed: each run gives the same figures on every machine.
/// <c>ACTORSMTP_SCALE=FILE</c> writes the page's table.
/// </summary>
public sealed class ScaleTests(ITestOutputHelper output)
{
    private static readonly Costs s_costs = new();

    [Fact]
    public void Nodes_add_up_until_the_database_is_full_and_then_no_more()
    {
        var (one, few, many, most) = (Small(1), Small(5), Small(50), Small(100));
        Assert.InRange(few.Accepted / one.Accepted, 4.5, 5.5);
        Assert.InRange(most.Accepted / many.Accepted, 0.6, 1.2);           // flat, and no collapse
        Assert.InRange(most.Delivered / most.Accepted, 0.9, 1.1);          // what is accepted is delivered there too
        Assert.True(many.Accepted < 40 * one.Accepted);                    // else nothing was full, and this test could see nothing
    }

    [Fact]
    public void It_is_the_databases_processors_that_give_way_first()
    {
        var full = Small(50);
        Assert.InRange(full.DatabaseBusy, 0.95, 1.01);
        Assert.InRange(full.NodesBusy, 0, 0.1);
        Assert.InRange(full.LogOctets, 0, s_costs.LogRate / 10);
    }

    [Fact]
    public void A_full_database_is_given_larger_groups_so_that_a_message_costs_it_less()
    {
        var (few, full) = (Small(5), Small(50));
        Assert.True(full.Group > few.Group * 1.5, $"{few.Group} and {full.Group} messages a statement");
        Assert.True(full.DatabaseBusy / full.Accepted < few.DatabaseBusy / few.Accepted * 0.8, $"{few} and {full}");
    }

    [Fact]
    public void What_a_hundred_idle_nodes_ask_is_a_small_part_of_the_database()
    {
        var idle = ScaleWorld.Run(new Machines(100, Sessions: 0), s_costs);
        Assert.Equal(0, idle.Accepted);
        Assert.InRange(idle.DatabaseBusy, 0.0001, 0.02);
        Assert.InRange(idle.Statements, 400, 900);
    }

    /// <summary>Why nodes look only at what became due lately (Statements.Claim): delivered messages stay in the index until they are vacuumed away.</summary>
    [Fact]
    public void Looks_for_work_that_go_through_a_minute_of_dead_entries_would_cost_the_other_statements_their_place()
    {
        var machines = new Machines(30, DatabaseCores: 8);
        var (lately, all) = (ScaleWorld.Run(machines, s_costs, seconds: 1), ScaleWorld.Run(machines, s_costs with { DeadEntry = s_costs.DeadEntry * 12 }, seconds: 1));
        Assert.True(all.Accepted < lately.Accepted && all.ClaimMedian > lately.ClaimMedian * 5, $"{lately} and {all}");
    }

    [Theory]
    [InlineData(3, 200)]
    [InlineData(50, 20)]
    public void What_a_dead_node_had_is_taken_over_within_the_lease_and_a_second(int nodes, int sessions)
    {
        var outcome = ScaleWorld.Run(new Machines(nodes, Sessions: sessions), s_costs, seconds: 0.5, dies: true);
        Assert.True(outcome.TakenOver > 0);
        Assert.InRange(outcome.TakenOverMost, 0, (ScaleWorld.Lease / 1e6) + 1);
    }

    /// <summary>Rows that all deliveries write: who waits for them gathers more mail meanwhile.</summary>
    [Fact]
    public void Mail_for_ten_mailboxes_is_delivered_in_larger_groups_and_keeps_up()
    {
        var narrow = ScaleWorld.Run(new Machines(20, Mailboxes: 10), s_costs, seconds: 2);
        var spread = ScaleWorld.Run(new Machines(20), s_costs, seconds: 2);
        Assert.InRange(narrow.Delivered / spread.Accepted, 0.9, 1.1);
        Assert.True(narrow.Statements < spread.Statements * 0.8, $"{narrow.Statements} and {spread.Statements} statements a second");
    }

    [Fact]
    public void A_run_is_the_same_each_time() => Assert.Equal(ScaleWorld.Run(new Machines(7), s_costs, seconds: 1), ScaleWorld.Run(new Machines(7), s_costs, seconds: 1));

    /// <summary>A database of four processors, so that few nodes are enough to fill it.</summary>
    private static Outcome Small(int nodes) => ScaleWorld.Run(new Machines(nodes, DatabaseCores: 4), s_costs, seconds: 1);

    [SkippableFact]
    public void The_table_of_the_page()
    {
        var file = Environment.GetEnvironmentVariable("ACTORSMTP_SCALE");
        Skip.If(string.IsNullOrEmpty(file), "ACTORSMTP_SCALE names no file");
        using var writer = new StreamWriter(file!);
        writer.WriteLine("| nodes | accepted/s | delivered/s | store p50, p99 (ms) | claim p50, p99 (ms) | messages a statement | statements/s | flushes/s | log MB/s | connections | nodes busy | database busy |");
        writer.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var nodes in (int[])[1, 3, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400])
        {
            writer.WriteLine(Row(Run(nodes)));
        }

        writer.Flush();
        output.WriteLine(File.ReadAllText(file!));
    }

    private static Outcome Run(int nodes) => ScaleWorld.Run(new Machines(nodes), s_costs);

    private static string Row(Outcome o) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {o.Nodes} | {o.Accepted:N0} | {o.Delivered:N0} | {o.StoreMedian:0.0}, {o.StoreP99:0.0} | {o.ClaimMedian:0.0}, {o.ClaimP99:0.0} | {o.Group:0.0} | {o.Statements:N0} | {o.Flushes:N0} | {o.LogOctets / 1e6:0.0} | {o.Connections:N0} | {o.NodesBusy * 100:0} % | {o.DatabaseBusy * 100:0} % |");
}
