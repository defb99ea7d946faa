using System.Net;
using ActorSmtp.Client.Checks;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>The check against a textbook, and against one sin after the other.</summary>
public class ConformanceCheckTests
{
    public static TheoryData<string> AllClauses => [.. Clauses.All.Select(c => c.Id)];

    [Fact]
    public async Task A_textbook_server_passes_every_clause()
    {
        await using var server = new TextbookServer();
        var report = await new ConformanceCheck(Plan(server), server.Transport).RunAsync();
        Assert.Empty(report.Results.Where(r => r.Verdict != Verdict.Pass).Select(Told));
        Assert.Equal(Clauses.All.Select(c => c.Id), report.Results.Select(r => r.Clause.Id));
        Assert.Equal("here.test", report.Server);
        Assert.True(report.IsConforming);
    }

    [Fact]
    public async Task A_textbook_server_that_begins_with_TLS_passes_too()
    {
        await using var server = new TextbookServer(tlsFirst: true);
        var report = await new ConformanceCheck(Plan(server) with { Tls = ClientTls.Implicit }, server.Transport).RunAsync();
        Assert.Empty(report.Results.Where(r => r.Verdict is Verdict.Fail or Verdict.Warn).Select(Told));
        Assert.All(report.Results.Where(r => r.Verdict is not Verdict.Pass), r => Assert.True(r.Clause is { Group: "starttls" } or { Id: "rfc4954-4-no-password-in-clear" }, Told(r)));
    }

    /// <summary>It can say 421 only behind a handshake, which it saves: a listener's limit hangs up (a check makes some hundred connections a minute).</summary>
    [Fact]
    public async Task A_server_that_hangs_up_before_the_handshake_for_being_busy_is_asked_again()
    {
        await using var server = new TextbookServer(tlsFirst: true, busy: 3);
        var report = await new ConformanceCheck(Plan(server) with { Tls = ClientTls.Implicit, Only = ["greeting"], Time = new NoRest() }, server.Transport).RunAsync();
        Assert.Empty(report.Results.Where(r => r.Verdict is Verdict.Fail or Verdict.Warn).Select(Told));
        Assert.True(report.Count(Verdict.Pass) > 3);
    }

    [Fact]
    public async Task A_server_that_always_hangs_up_before_the_handshake_is_not_asked_for_ever()
    {
        await using var server = new TextbookServer(tlsFirst: true, busy: int.MaxValue);
        var report = await new ConformanceCheck(Plan(server) with { Tls = ClientTls.Implicit, Only = ["rfc5321-3.1-greeting-220"], Time = new NoRest() }, server.Transport).RunAsync();
        Assert.Contains("handshake failed", Assert.Single(report.Results).Why, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AllClauses))]
    public async Task A_clause_can_be_broken(string id)
    {
        await using var server = new TextbookServer(Sins.Against(id) ?? throw new InvalidOperationException($"No sin against {id} is written down in Sins."));
        var report = await new ConformanceCheck(Plan(server) with { Only = [id], Timeout = TimeSpan.FromSeconds(3) }, server.Transport).RunAsync();
        var result = Assert.Single(report.Results);
        Assert.True(result.Verdict == (result.Clause.Requirement == Requirement.Must ? Verdict.Fail : Verdict.Warn), Told(result));
        Assert.False(string.IsNullOrWhiteSpace(result.Why));
        Assert.NotEmpty(result.Dialogue);
    }

    [Fact]
    public void No_sin_is_written_down_against_a_clause_that_is_gone() => Assert.Empty(Sins.Named.Except(Clauses.All.Select(c => c.Id)));

    [Fact]
    public void Clauses_have_ids_of_their_own_that_name_their_section()
    {
        Assert.Equal(Clauses.All.Length, Clauses.All.Select(c => c.Id).Distinct().Count());
        Assert.All(Clauses.All, c => Assert.Matches("^rfc[0-9]+-[0-9]+(\\.[0-9]+)*-[a-z0-9-]+$", c.Id));
        Assert.All(Clauses.All, c => Assert.Contains(c.Group, Clauses.Groups.Select(g => g.Name)));
        Assert.Equal("RFC 5321 §4.1.1.5", Clauses.All.Single(c => c.Id == "rfc5321-4.1.1.5-rset-clears").Section);
        Assert.True(Clauses.All.Length >= 200);
    }

    [Fact]
    public async Task Without_a_recipient_no_message_comes_to_its_end()
    {
        var ends = 0;
        await using var server = new TextbookServer(new Sin
        {
            Answer = (s, line) =>
            {
                ends += line == "." || (line == "last chunk" && s.Recipients > 0) ? 1 : 0;
                return null;
            },
        });
        var report = await new ConformanceCheck(Plan(server) with { To = null, From = null }, server.Transport).RunAsync();
        Assert.Equal(0, ends);
        Assert.Empty(report.Results.Where(r => r.Verdict is Verdict.Fail or Verdict.Warn).Select(Told));
        Assert.All(report.Results.Where(r => r.Verdict == Verdict.Skipped), r => Assert.Contains("--to", r.Why, StringComparison.Ordinal));
        Assert.True(report.Count(Verdict.Pass) > 150);
    }

    [Fact]
    public async Task Nobody_but_the_recipient_is_written_to()
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        var written = new HashSet<string>(StringComparer.Ordinal);
        await using var server = new TextbookServer(new Sin
        {
            Answer = (s, line) =>
            {
                if (line.StartsWith("RCPT TO:", StringComparison.OrdinalIgnoreCase) && s.Mail)
                {
                    named.Add(line[8..].Split(' ')[0]);
                }
                else if (line is "RSET" || line.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase))
                {
                    named.Clear();
                }
                else if (line is "." or "last chunk" && s.Mail)
                {
                    written.UnionWith(named);
                }

                return null;
            },
        });
        await new ConformanceCheck(Plan(server) with { Only = ["data", "chunking", "smuggling", "pipelining", "limits", "8bit"] }, server.Transport).RunAsync();
        Assert.Equal([$"<{TextbookServer.Ann}>"], written);
    }

    [Fact]
    public async Task What_is_not_offered_is_said_to_be_so_and_is_no_failure()
    {
        await using var server = new TextbookServer(new Sin
        {
            Answer = (s, line) => !line.StartsWith("EHLO", StringComparison.OrdinalIgnoreCase) || line == "EHLO" ? null : Reset(s),
        });
        var report = await new ConformanceCheck(Plan(server) with { Login = null }, server.Transport).RunAsync();
        Assert.Empty(report.Results.Where(r => r.Verdict is Verdict.Fail or Verdict.Warn).Select(Told));
        Assert.True(report.Count(Verdict.NotOffered) > 60);

        static string Reset(TextbookSession s)
        {
            s.Hello = true;
            s.Reset();
            return "250-here.test\r\n250-EXPN\r\n250 HELP";
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unreachable()
    {
        await using var server = new TextbookServer();
        var plan = Plan(server) with { Server = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 25) };
        await Assert.ThrowsAsync<ServerUnreachableException>(() => new ConformanceCheck(plan, server.Transport).RunAsync());
    }

    [Fact]
    public async Task A_sink_is_not_judged_by_what_it_takes()
    {
        await using var server = new TextbookServer(new Sin { Answer = (s, line) => s.Mail && line.StartsWith("RCPT TO:<", StringComparison.Ordinal) && line.Contains('@') ? Taken(s) : null });
        var plan = Plan(server) with { Only = ["relaying"] };
        var open = await new ConformanceCheck(plan, server.Transport).RunAsync();
        Assert.Contains(open.Results, r => r.Clause.Id == "rfc2505-2.1-foreign" && r.Verdict == Verdict.Fail);
        Assert.Contains(open.Results, r => r.Clause.Id == "rfc2505-2.1-percent-here" && r.Verdict == Verdict.Skipped);
        var sink = await new ConformanceCheck(plan with { Sink = true }, server.Transport).RunAsync();
        Assert.All(sink.Results, r => Assert.Equal(Verdict.Skipped, r.Verdict));

        static string Taken(TextbookSession s)
        {
            s.Recipients++;
            return "250 2.1.5 taken";
        }
    }

    /// <summary>The system's time, in which the rests between two attempts are over at once.</summary>
    private sealed class NoRest : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == TimeSpan.FromSeconds(2) ? TimeSpan.Zero : dueTime, period);
    }

    private static CheckPlan Plan(TextbookServer server) => new()
    {
        Server = server.EndPoint,
        ServerName = "here.test",
        To = TextbookServer.Ann,
        Login = new Credentials("bob", "secret"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    private static string Told(ClauseResult r) => $"{r.Clause.Id}: {r.Verdict} {r.Why}\n  {string.Join("\n  ", r.Dialogue)}";
}
