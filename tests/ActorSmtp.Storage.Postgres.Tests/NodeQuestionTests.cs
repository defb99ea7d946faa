using System.Text;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>What nodes ask each other by their database.</summary>
public sealed class NodeQuestionTests
{
    private static readonly TimeSpan s_patient = TimeSpan.FromSeconds(90);

    [SkippableFact]
    public async Task Those_who_know_answer_and_nothing_is_left_behind()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = await Node.OpenAsync(database, "one");
        await using var two = await Node.OpenAsync(database, "two");
        await using var three = await Node.OpenAsync(database, "three");
        two.All.Questions!.Begin("2222", (subject, _) => Task.FromResult<byte[]?>(Encoding.UTF8.GetBytes($"of {subject}")));
        three.All.Questions!.Begin("3333", (_, _) => Task.FromResult<byte[]?>(null));
        await KnownAsync(one, 2);

        var told = await AskAsync(one, "it");

        var answer = Assert.Single(told.Answers);
        Assert.Equal(("two", "of it"), (answer.Name, Encoding.UTF8.GetString(answer.Content)));
        Assert.Empty(told.Silent);                                  // three answered, too: that it knows nothing
        Assert.Empty(told.Gone);
        Assert.Equal((0, 0), (one.Count("questions"), one.Count("answers")));
    }

    [SkippableFact]
    public async Task Who_cannot_answer_or_fails_to_is_named_or_knows_nothing_and_who_is_gone_is_told_of()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = await Node.OpenAsync(database, "one");
        await using var old = await Node.OpenAsync(database, "old");                     // a program that does not answer
        await using var broken = await Node.OpenAsync(database, "broken");
        await using var stuck = await Node.OpenAsync(database, "stuck");
        await using var big = await Node.OpenAsync(database, "big");
        broken.All.Questions!.Begin("bbbb", (_, _) => throw new InvalidDataException("a mistake"));
        NodeAnswers told;
        var never = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        stuck.All.Questions!.Begin("ssss", (_, _) => never.Task);                        // whoever tells it to end
        big.All.Questions!.Begin("gggg", (_, _) => Task.FromResult<byte[]?>(new byte[NodeQuestions.LongestAnswer + 1]));
        await KnownAsync(one, 3);
        one.Execute("INSERT INTO nodes (id, name, program, agreement, started_at, seen_at, until, state, held, stored, run) "
            + "VALUES ('dead/1', 'dead', '1', '{}', now(), now() - INTERVAL '1 hour', now() - INTERVAL '59 minutes', 'up', 0, 0, 'dddd')");

        try
        {
            using var all = new CancellationTokenSource(s_patient);
            told = await one.All.Questions!.AskAsync("it", all.Token);                   // with the usual patience: stuck has less
        }
        finally
        {
            never.SetResult(null);                                                       // a node waits for what it has begun when it ends
        }

        Assert.Empty(told.Answers);
        Assert.Contains(told.Silent, n => n.Name == "old" && n.Run.Length == 0);
        Assert.Contains(told.Silent, n => n.Name == "stuck");
        Assert.Equal(("dead", "dddd"), (Assert.Single(told.Gone).Name, told.Gone[0].Run));
        await Eventually.True(() => one.Count("questions") == 0, "the question is over");
    }

    [SkippableFact]
    public async Task Of_who_ended_in_order_is_known_which_ids_it_gave_out_and_nobody_lists_it_or_waits_for_it()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = await Node.OpenAsync(database, "one");
        var two = await Node.OpenAsync(database, "two");
        two.All.Questions!.Begin("2222", (_, _) => Task.FromResult<byte[]?>(null));
        await KnownAsync(one, 1);
        await two.DisposeAsync();

        var told = await AskAsync(one, "it");

        Assert.Equal(("two", "2222", "left"), (Assert.Single(told.Gone).Name, told.Gone[0].Run, told.Gone[0].State));
        Assert.Empty(told.Silent);
        Assert.Equal("one", Assert.Single(await one.All.NodesAsync(default)).Name);
        await using var again = await Node.OpenAsync(database, "two");                  // it may come back by that name
    }

    [SkippableFact]
    public async Task Too_much_at_once_is_refused_and_what_nobody_fetched_goes_by_itself()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = await Node.OpenAsync(database, "one");
        one.Execute("INSERT INTO questions (id, asker, subject, until) SELECT decode(md5(n::text), 'hex'), 'x', 'y', now() + INTERVAL '10 minutes' FROM generate_series(1, 64) n");
        await Assert.ThrowsAsync<StoreException>(() => one.All.Questions!.AskAsync("it", default));

        one.Execute("UPDATE questions SET until = now() - INTERVAL '1 second'");
        one.Execute("INSERT INTO answers (question, node, clock, answered_at, until, content) VALUES ('x', 'y', now(), now(), now() - INTERVAL '1 second', 'z')");
        Assert.Empty((await one.All.Questions!.AskAsync("it", default)).Answers);
        Assert.Equal((0, 0), (one.Count("questions"), one.Count("answers")));
    }

    [SkippableFact]
    public async Task It_is_known_who_has_a_message_that_waits()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = await Node.OpenAsync(database, "one", TimeSpan.FromMinutes(10), poll: TimeSpan.FromHours(1));      // else it may take it anew before it is asked
        var id = await one.StoreAsync(TestMail.Content(1, 10));
        Assert.Equal(("one", 1, 0), await one.All.AcceptedAsync(id, default) is { } row ? (row.Node, row.Claims, row.Done) : default);
        one.Execute("UPDATE accepted SET due = now() - INTERVAL '1 second'");
        Assert.Null((await one.All.AcceptedAsync(id, default))!.Node);
        Assert.Null(await one.All.AcceptedAsync(TestMail.NextId(), default));
    }

    /// <summary>With all the patience that a loaded machine may need: all that are there are to answer.</summary>
    private static async Task<NodeAnswers> AskAsync(Node node, string subject)
    {
        await using var patient = new NodeQuestions(node.All.Database, node.Mail.Keeper, TimeProvider.System) { Patience = s_patient };
        return await patient.AskAsync(subject, default);
    }

    /// <summary>So many have said that they can be asked.</summary>
    private static Task KnownAsync(Node node, int many) =>
        Eventually.True(async () => (await node.All.NodesAsync(default)).Count(n => n.Run.Length > 0) == many, "the nodes can be asked");
}
