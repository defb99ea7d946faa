using System.Globalization;
using System.Net;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Resolving;

/// <summary>
/// One question on its way: server by server until one knows, over TCP where UDP has not all of it, without EDNS where a server chokes on it, on to the end of the
/// aliases where servers leave that to us. Always ends: each try has its time-out, all together the deadline.
/// </summary>
internal sealed class Inquiry(NameSource source, ServerOrder order, ResolverOptions options, ResolverPorts ports)
{
    /// <summary>Datagrams that are not the answer before UDP is given up for this question: somebody is guessing.</summary>
    private const int MostStrays = 100;

    /// <summary>UDP, without EDNS, over TCP, and that without EDNS.</summary>
    private const int MostSteps = 4;

    private readonly long _began = ports.Time.GetTimestamp();
    private readonly HashSet<IPEndPoint> _clueless = [];
    private readonly List<string> _problems = [];
    private DnsFailure _worst = DnsFailure.NoAnswer;

    /// <summary>What came of it; an outcome that must not be kept has no TTL.</summary>
    public async Task<DnsOutcome> RunAsync(DnsQuestion question)
    {
        var (asked, aliases, aliasTtl, authentic) = (question, 0, TimeSpan.MaxValue, true);
        while (true)
        {
            var (answer, trusted) = await AskAllAsync(asked, aliases);
            aliases += answer.Aliases;
            authentic &= trusted;
            if (answer.Outcome is { } outcome)
            {
                var ttl = outcome.Ttl < aliasTtl ? outcome.Ttl : aliasTtl;
                return outcome with { IsAuthentic = outcome.IsAuthentic && authentic, Ttl = answer.Holds ? ttl : TimeSpan.Zero };
            }

            if (answer.AskNext == asked.Name || aliases > DnsAnswer.MostAliases)
            {
                return Failed(DnsFailure.AliasLoop, $"more than {DnsAnswer.MostAliases} aliases, or a circle of them, from {question.Name}", question);
            }

            aliasTtl = answer.AliasTtl < aliasTtl ? answer.AliasTtl : aliasTtl;
            asked = asked with { Name = answer.AskNext! };
            _clueless.Clear();                                      // it is another question
        }
    }

    private async Task<(DnsAnswer Answer, bool Trusted)> AskAllAsync(DnsQuestion question, int aliases)
    {
        for (var attempt = 0; attempt < source.Attempts; attempt++)
        {
            foreach (var server in order.Of(source).Where(s => !_clueless.Contains(s)))
            {
                if (Left <= TimeSpan.Zero)
                {
                    break;
                }

                if (await AskAsync(server, question) is not { } message)
                {
                    continue;
                }

                var answer = DnsAnswer.Read(message, question, aliases);
                if (answer.Outcome is not DnsFailed { Failure: not DnsFailure.AliasLoop } failed)
                {
                    return (answer, message.IsAuthentic && source.Trusts(server, options.TrustAd));
                }

                Note(server, failed.Failure, failed.Detail);
            }
        }

        var why = _problems.Count == 0 ? $"no time was left to ask for {question}" : $"{question}: {string.Join("; ", _problems.Distinct())}";
        return (new DnsAnswer(Failed(_worst, why, question), null, 0, TimeSpan.MaxValue, false), false);
    }

    /// <summary>Asks one server; null where it said nothing of use.</summary>
    private async Task<DnsMessage?> AskAsync(IPEndPoint server, DnsQuestion question)
    {
        var (edns, tcp, problem) = (true, source.UsesTcp, "");
        for (var step = 0; step < MostSteps; step++)
        {
            var query = new DnsQuery(question, ports.Entropy());
            var hearing = new Hearing(query, tcp);
            if (!await HearAsync(server, query, edns, tcp, hearing))
            {
                return null;
            }

            if (hearing.Answer is not { } answer)
            {
                problem = hearing.Problem;
                if (tcp)
                {
                    break;
                }

                tcp = true;                                         // nobody else can answer there
            }
            else if (edns && answer.Code is DnsResponseCode.FormatError or DnsResponseCode.NotImplemented or DnsResponseCode.BadVersion)
            {
                edns = false;                                       // RFC 6891 §7: it may know EDNS not at all
            }
            else if (answer.IsTruncated && !tcp)
            {
                tcp = true;                                         // RFC 7766 §5
            }
            else
            {
                return answer;
            }
        }

        Note(server, DnsFailure.BadAnswer, problem);
        return null;
    }

    private async Task<bool> HearAsync(IPEndPoint server, DnsQuery query, bool edns, bool tcp, Hearing hearing)
    {
        var patience = source.Timeout < Left ? source.Timeout : Left;
        if (patience <= TimeSpan.Zero)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(patience, ports.Time);
        try
        {
            var octets = await ports.Network.AskAsync(new NameQuestion(server, query.ToOctets(edns), tcp, hearing.IsLast), limit.Token);
            order.Answered(server);
            if (tcp)
            {
                hearing.IsLast(octets);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            order.WasSilent(server);
            Note(server, DnsFailure.NoAnswer, string.Create(CultureInfo.InvariantCulture, $"no answer{(tcp ? " over TCP" : "")} in {patience.TotalSeconds:0.###} s"));
        }
        catch (IOException unreachable)
        {
            order.WasSilent(server);
            Note(server, DnsFailure.NoAnswer, $"{unreachable.Message.TrimEnd('.')}{(tcp ? " (TCP)" : "")}");
        }

        return false;
    }

    private TimeSpan Left => options.Deadline - ports.Time.GetElapsedTime(_began);

    private void Note(IPEndPoint server, DnsFailure failure, string problem)
    {
        _problems.Add($"{(server.Port == ResolvConf.DnsPort ? server.Address : server)}: {problem}");
        if (failure == DnsFailure.NoAnswer)
        {
            return;                                                 // the next attempt may find it awake
        }

        _clueless.Add(server);                                      // it would only say the same again
        _worst = _worst == DnsFailure.ServerFailure || failure == DnsFailure.ServerFailure ? DnsFailure.ServerFailure
            : _worst == DnsFailure.Refused || failure == DnsFailure.Refused ? DnsFailure.Refused
            : failure;
    }

    private static DnsFailed Failed(DnsFailure failure, string detail, DnsQuestion question) => new(failure, detail, TimeSpan.Zero) { Name = question.Name };

    /// <summary>What was heard of one server; judged on the thread that heard it.</summary>
    private sealed class Hearing(DnsQuery query, bool tcp)
    {
        private int _strays;

        public DnsMessage? Answer { get; private set; }

        public string Problem { get; private set; } = "";

        public bool IsLast(ReadOnlyMemory<byte> octets)
        {
            var verdict = query.Judge(octets.Span, tcp, out var answer, out var problem);
            Answer = answer;
            Problem = problem;
            if (verdict == DnsVerdict.NotOurs && ++_strays >= MostStrays)
            {
                Problem = $"{MostStrays} datagrams that are no answer";
                return true;
            }

            return verdict != DnsVerdict.NotOurs;
        }
    }
}
