using System.Text;
using ActorSmtp.Testing.Simulation.Mail;
using Xunit.Abstractions;

namespace ActorSmtp.Simulation.Tests.BadDialogues;

/// <summary>
/// Thousands of spoilt dialogues with the whole server: no session breaks, nothing is taken that must not be, and the two sides never lose step.
/// <c>ACTORSMTP_DIALOGUES</c> for more, <c>ACTORSMTP_FIRST_SEED</c> for others; tests/simulation/bad-dialogues runs the long form.
/// </summary>
public sealed class BadDialogueTests(ITestOutputHelper output)
{
    private const int Usual = 3000;

    [Fact]
    public void No_spoilt_dialogue_breaks_a_session_is_taken_wrongly_or_loses_step()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("ACTORSMTP_DIALOGUES") ?? $"{Usual}");
        var first = int.Parse(Environment.GetEnvironmentVariable("ACTORSMTP_FIRST_SEED") ?? "1");
        var seeds = (count + BadDialogueRuns.PerSeed - 1) / BadDialogueRuns.PerSeed;
        var met = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = first; seed < first + seeds; seed++)
        {
            foreach (var (what, times) in BadDialogueRuns.Run(seed))
            {
                met[what] = met.GetValueOrDefault(what) + times;
            }
        }

        output.WriteLine($"bad dialogues: {seeds * BadDialogueRuns.PerSeed}, seeds {first} to {first + seeds - 1}; met: {string.Join(", ", met.Select(m => $"{m.Value} × {m.Key}"))}");
        Assert.All(new[] { "login", "message accepted", "message refused", "refusal", "chunk" }, what => Assert.True(met.GetValueOrDefault(what) > 0, $"no {what} was met"));
    }

    [Fact]
    public void A_seed_is_the_same_run_every_time() => Assert.Equal(BadDialogueRuns.Run(77), BadDialogueRuns.Run(77));

    [Theory]
    [InlineData("EHLO a\r\nRCPT TO:<box0@mx.test>\r\n", "250 a|250 2.1.5 fine", "RCPT is taken without MAIL")]
    [InlineData("MAIL FROM:<a@b>\r\n", "250 2.1.0 fine", "MAIL is taken before EHLO")]
    [InlineData("EHLO a\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "250 a|250 ok|250 ok", "within a transaction")]
    [InlineData("EHLO a\r\nMAIL FROM:<a@b>\r\nDATA\r\n", "250 a|250 ok|354 go", "without a recipient")]
    [InlineData("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@elsewhere.test>\r\n", "250 a|250 ok|250 ok", "mail for a@elsewhere.test is taken")]
    [InlineData("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<box0@mx.test>\r\nDATA\r\na\n.\nNOOP\r\n.\r\n", "250 a|250 ok|250 ok|354 go|250 kept|250 nothing|500 what", "content with a bare control is accepted")]
    [InlineData("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<box0@mx.test>\r\nDATA\r\na\n.\nNOOP\r\n.\r\n", "250 a|250 ok|250 ok|354 go|550 no|250 nothing|500 what", "2 replies too many")]
    [InlineData("NOOP\r\nNOOP\r\n", "250 ok", "no reply for")]
    [InlineData("NOOP\nNOOP\r\n", "250 ok|250 ok", "a bare control is taken")]
    [InlineData("BDAT 6\r\nNOOP\r\n", "503 no|250 ok", "1 replies too many")]
    [InlineData("BDAT x\r\nNOOP\r\n", "501 no|250 ok", "goes on behind a BDAT")]
    [InlineData("EHLO a\r\nAUTH PLAIN AGJveDAAd3Jvbmc=\r\n", "250 a|235 come in", "somebody came in by PLAIN")]
    [InlineData("NOOP\r\n", "421 4.3.0 Internal fault", "the session broke")]
    [InlineData("FROB\r\n", "250 ok", "answered by 250 ok: FROB")]
    public void The_model_sees_what_is_wrong(string said, string replies, string wrong)
    {
        var found = Assert.Throws<InvariantException>(() => new ReferenceModel(Encoding.Latin1.GetBytes(said), submission: false).Walk(replies.Split('|'), closed: false, cut: false));
        Assert.Contains(wrong, found.Message, StringComparison.Ordinal);
    }
}
