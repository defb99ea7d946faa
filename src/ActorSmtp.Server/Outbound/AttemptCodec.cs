using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Attempts in a message's record. What others said is bounded, so that no server can make a record grow; a reply that several recipients
/// got stands there once.
/// </summary>
internal static class AttemptCodec
{
    /// <summary>Of one message's attempts together; the oldest go first.</summary>
    public const int MostOctets = 64 * 1024;

    private const int MostText = 1000;
    private const int MostLines = 20;

    /// <summary>The last attempts, newest first.</summary>
    public static void Write(IReadOnlyList<AttemptReport> attempts, RecordWriter into)
    {
        var all = new List<byte[]>();
        for (var (i, left) = (attempts.Count - 1, MostOctets); i >= 0 && all.Count < AttemptReport.MostKept; i--)
        {
            var one = new RecordWriter();
            Write(attempts[i], one, most: MostOctets);
            if ((left -= one.Length) < 0)
            {
                break;
            }

            all.Add(one.ToArray());
        }

        into.Number(all.Count);
        foreach (var one in all)
        {
            into.Add(one);
        }
    }

    /// <summary>Oldest first.</summary>
    public static List<AttemptReport> Read(ref RecordReader from)
    {
        var attempts = new List<AttemptReport>();
        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            attempts.Insert(0, ReadOne(ref from));
        }

        return attempts;
    }

    public static void Write(ServerReply? reply, RecordWriter into)
    {
        if (reply is null)
        {
            into.Number(0);
            return;
        }

        into.Number(reply.Code);
        Write(reply.Enhanced, into);
        var lines = reply.Lines.AsSpan()[..Math.Min(reply.Lines.Length, MostLines)];
        into.Number(lines.Length);
        foreach (var line in lines)
        {
            into.Text(line, MostText);
        }
    }

    public static ServerReply? ReadReply(ref RecordReader from)
    {
        var code = (int)from.Number();
        if (code == 0)
        {
            return null;
        }

        var enhanced = ReadCode(ref from);
        var lines = ImmutableArray.CreateBuilder<string>();
        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            lines.Add(from.Text() ?? "");
        }

        return new ServerReply(code, enhanced, lines.ToImmutable());
    }

    public static void Write(EnhancedCode? code, RecordWriter into)
    {
        into.Octet(code?.Class ?? 0);
        if (code is { } there)
        {
            into.Number(there.Subject);
            into.Number(there.Detail);
        }
    }

    public static EnhancedCode? ReadCode(ref RecordReader from)
    {
        var first = from.Octet();
        return first == 0 ? null : new EnhancedCode(first, (int)from.Number(), (int)from.Number());
    }

    private static void Write(AttemptReport attempt, RecordWriter into, int most)
    {
        into.Time(attempt.At);
        into.Number(attempt.Took.Ticks);
        into.Text(attempt.Destination, MostText);
        into.Text(attempt.Host, MostText);
        into.Text(attempt.Address?.ToString(), MostText);
        into.Text(attempt.Tls?.Version, MostText);
        if (attempt.Tls is { } tls)
        {
            into.Text(tls.CipherSuite, MostText);
            into.Text(tls.CertificateProblem, MostText);
        }

        into.Text(attempt.TlsPolicy, MostText);
        into.Number((int)attempt.Phase);
        into.Text(attempt.Why, MostText);
        var outcomes = new RecordWriter();
        var count = 0;
        ServerReply? last = null;
        foreach (var outcome in attempt.Outcomes)
        {
            if (outcomes.Length > most - into.Length - 2048)
            {
                break;                              // the rest of a crowd: the log has it
            }

            count++;
            outcomes.Number(outcome.Recipient);
            outcomes.Octet((int)outcome.Kind);
            Write(outcome.Status, outcomes);
            outcomes.Text(outcome.Why, MostText);
            var isSame = last is not null && last.Equals(outcome.Reply);
            outcomes.Octet(isSame ? 1 : 0);
            if (!isSame)
            {
                Write(outcome.Reply, outcomes);
                last = outcome.Reply;
            }
        }

        into.Number(count);
        into.Add(outcomes.Octets);
    }

    private static AttemptReport ReadOne(ref RecordReader from)
    {
        var at = from.Time() ?? default;
        var took = TimeSpan.FromTicks(from.Number());
        var (destination, host, address) = (from.Text() ?? "", from.Text(), from.Text());
        var tls = from.Text() is { } version ? new TlsUsed(version, from.Text() ?? "", from.Text()) : null;
        var (policy, phase, why) = (from.Text(), (ClientState)from.Number(), from.Text());
        var outcomes = ImmutableArray.CreateBuilder<RecipientOutcome>();
        ServerReply? last = null;
        for (var left = from.Count(); left > 0 && !from.IsBad; left--)
        {
            var (recipient, kind, status, reason) = ((int)from.Number(), (OutcomeKind)from.Octet(), ReadCode(ref from) ?? default, from.Text());
            last = from.Octet() == 1 ? last : ReadReply(ref from);
            outcomes.Add(new RecipientOutcome(recipient, kind, status, last, reason));
        }

        return new AttemptReport
        {
            At = at,
            Took = took,
            Destination = destination,
            Host = host,
            Address = address is not null && IPEndPoint.TryParse(address, out var endPoint) ? endPoint : null,
            Tls = tls,
            TlsPolicy = policy,
            Phase = phase,
            Outcomes = outcomes.ToImmutable(),
            Why = why,
        };
    }
}
