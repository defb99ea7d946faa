using System.Collections.Immutable;
using System.Text.Json;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>Stories of several nodes, told as one.</summary>
public sealed class NodeStoriesTests
{
    private static readonly MailId s_mail = new MailIdGenerator(7).Next(DateTimeOffset.UtcNow);
    private static readonly DateTimeOffset s_noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly Known _own = new();
    private readonly List<string> _asked = [];
    private NodeAnswers _told = new(TimeSpan.Zero, [], [], []);
    private AcceptedRow? _waits;

    [Fact]
    public async Task A_message_is_followed_from_the_node_that_accepted_it_to_the_one_that_delivered_it()
    {
        _own.Story = Story(false, (2, StoryWords.Noted, "taken over"), (3, StoryWords.Delivered, "to ann"));
        _told = _told with { Answers = [Answer("n1", Story(false, (0, StoryWords.Connected, "from x"), (1, StoryWords.Accepted, "kept")))] };

        var story = (await Stories().ExplainAsync(s_mail.ToString(), default))!;

        Assert.Equal(["n1 connected", "n1 accepted", "n2 noted", "n2 delivered"], story.Entries.Select(e => $"{e.Node} {e.What}"));
        Assert.True(story.Complete);
        Assert.Equal([$"story {s_mail}"], _asked);
    }

    [Fact]
    public async Task What_a_node_did_in_one_moment_stays_in_its_order()
    {
        var said = Story(false, (0, StoryWords.Connected, ""), (2, StoryWords.Command, "RCPT"), (1, StoryWords.Reply, "250"), (2, StoryWords.Accepted, ""));
        _told = _told with { Answers = [Answer("n1", said)] };
        var story = (await Stories().ExplainAsync(s_mail.ToString(), default))!;
        Assert.Equal([StoryWords.Connected, StoryWords.Command, StoryWords.Reply, StoryWords.Accepted], story.Entries.Select(e => e.What));
        Assert.True(story.Shared);
    }

    [Fact]
    public async Task What_this_node_knows_whole_nobody_is_asked_about()
    {
        _own.Story = Story(true, (0, StoryWords.Connected, ""), (1, StoryWords.Delivered, ""));
        Assert.True((await Stories().ExplainAsync(s_mail.ToString(), default))!.Complete);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Clocks_that_are_wrong_do_not_change_the_order()
    {
        _own.Story = Story(false, (3, StoryWords.Delivered, "to ann"));
        _told = _told with { Answers = [Answer("n1", Story(false, (600, StoryWords.Connected, ""), (601, StoryWords.Accepted, ""))) with { Ahead = TimeSpan.FromMinutes(10) }] };

        var story = (await Stories().ExplainAsync(s_mail.ToString(), default))!;

        Assert.Equal([StoryWords.Connected, StoryWords.Accepted, StoryWords.Delivered, StoryWords.Noted], story.Entries.Select(e => e.What));
        Assert.Equal(s_noon, story.Entries[0].At);
        Assert.Contains("the clock of n1 is 600.0 s ahead", story.Entries[^1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_part_is_missing_is_said()
    {
        _own.Story = Story(false, (3, StoryWords.Delivered, "to ann"));
        _told = _told with
        {
            Silent = [Row("n3", "up", "3333"), Row("n4", "up", "")],
            Gone = [Row("n5", "gone", "zzzz"), Row("n1", "gone", s_mail.ToString()[^4..].ToLowerInvariant())],
        };

        var story = (await Stories().ExplainAsync(s_mail.ToString(), default))!;

        Assert.False(story.Complete);
        Assert.Contains(story.Entries, e => e.Detail == "n3 did not answer in time: what it knows is missing");
        Assert.Contains(story.Entries, e => e.Detail.StartsWith("n4 runs version 1.0, which cannot be asked", StringComparison.Ordinal));
        var came = Assert.Single(story.Entries, e => e.Detail.StartsWith("came to n1, which gave its last sign of life", StringComparison.Ordinal));
        Assert.Equal(s_mail.Time, came.At);
        Assert.DoesNotContain(story.Entries, e => e.Node == "n5");
    }

    [Fact]
    public async Task Of_a_node_that_ended_in_order_it_is_said_that_the_message_came_to_it()
    {
        var mail = new MailIdGenerator(7).Next(DateTimeOffset.UtcNow - TimeSpan.FromHours(1)).ToString();
        _told = _told with { Gone = [Row("n1", "left", mail[^4..])] };
        var came = Assert.Single((await Stories().ExplainAsync(mail, default))!.Entries);
        Assert.StartsWith("came to n1, which ended in order ", came.Detail, StringComparison.Ordinal);
        Assert.EndsWith("what it knew is in the log of that machine; it waits for no mailbox any more", came.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_said_who_has_a_message_that_waits()
    {
        _waits = new AcceptedRow("n3", 2, 1, TimeSpan.FromSeconds(5));
        var waits = Assert.Single((await Stories().ExplainAsync(s_mail.ToString(), default))!.Entries);
        Assert.Equal("accepted, 1 of its recipients have it; n3 has claimed it (claimed 2 times)", waits.Detail);
    }

    [Fact]
    public async Task Of_what_nobody_knows_there_is_no_story_whoever_does_not_answer()
    {
        _told = _told with { Silent = [Row("n3", "up", "3333")] };
        Assert.Null(await Stories().ExplainAsync(s_mail.ToString(), default));
        Assert.Null(await Stories().ExplainAsync("s7g2k-1f", default));
        Assert.Null(await Stories().TranscriptAsync("s7g2k-1f", default));
    }

    [Fact]
    public async Task Where_the_others_cannot_be_asked_its_own_part_is_told()
    {
        _own.Story = Story(false, (3, StoryWords.Delivered, "to ann"));
        var stories = new NodeStories(_own, (_, _) => throw new StoreException("away"), (_, _) => throw new StoreException("away"), "n2", TimeProvider.System);
        var story = (await stories.ExplainAsync(s_mail.ToString(), default))!;
        Assert.Equal([StoryWords.Delivered, StoryWords.Noted], story.Entries.Select(e => e.What));
    }

    [Fact]
    public async Task An_answer_has_room_for_so_much_and_keeps_how_it_began_and_how_it_stands()
    {
        _own.Story = Story(true, [.. Enumerable.Range(0, 5000).Select(n => (n, StoryWords.Command, $"{n} {new string('x', 500)}"))]);
        var octets = (await Stories().AnswerAsync($"story {s_mail}", default))!;
        Assert.InRange(octets.Length, 1, NodeQuestions.LongestAnswer);
        var story = JsonSerializer.Deserialize<Story>(octets)!;
        Assert.False(story.Complete);
        Assert.StartsWith("0 ", story.Entries[0].Detail, StringComparison.Ordinal);
        Assert.StartsWith("4999 ", story.Entries[^1].Detail, StringComparison.Ordinal);
        Assert.Null(await Stories().AnswerAsync("something newer", default));
    }

    [Fact]
    public async Task What_was_said_in_another_nodes_session_is_heard()
    {
        var said = new TranscriptView("s7g2k-1f", [new TranscriptEntry(s_noon, "client", "QUIT")], false);
        _told = _told with { Answers = [new NodeAnswer("n1/1", "n1", TimeSpan.Zero, JsonSerializer.SerializeToUtf8Bytes(said))] };
        Assert.Equal("QUIT", Assert.Single((await Stories().TranscriptAsync("s7g2k-1f", default))!.Lines).Text);
    }

    private NodeStories Stories() => new(
        _own,
        (subject, _) =>
        {
            _asked.Add(subject);
            return Task.FromResult(_told);
        },
        (_, _) => Task.FromResult(_waits),
        "n2",
        TimeProvider.System);

    private static Story Story(bool complete, params (int Second, string What, string Detail)[] entries) => new(
        s_mail.ToString(), "message",
        [.. entries.Select(e => new StoryEntry(s_noon.AddSeconds(e.Second), "mail.example.com", "/user/x", e.What, e.Detail, "info", ImmutableDictionary<string, string>.Empty))],
        complete);

    private static NodeAnswer Answer(string name, Story story) => new($"{name}/1", name, TimeSpan.Zero, JsonSerializer.SerializeToUtf8Bytes(story));

    private static NodeRow Row(string name, string state, string run) => new($"{name}/1", name, "1.0", state, s_noon, TimeSpan.FromHours(1), 0, 0, run);

    private sealed class Known : ISessionStories
    {
        public Story? Story { get; set; }

        public Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation) => Task.FromResult<TranscriptView?>(null);

        public Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) => Task.FromResult<string?>(null);

        public Task<Story?> ExplainAsync(string id, CancellationToken cancellation) => Task.FromResult(Story);
    }
}
