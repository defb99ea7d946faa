using System.Net;
using System.Text;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Server.Outbound.Relaying;
using static ActorSmtp.Server.Outbound.Reporting.KeptLines;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>
/// What is known of TLS at other servers as a file: policies of MTA-STS, who had TLS, and what was counted for reports. Lines of fields with tabs between; times as seconds of Unix. The
/// file is bounded: of too much, what was seen longest ago is left out.
/// </summary>
/// <param name="Policies">Null: they do not count.</param>
internal sealed record TlsState(MtaStsPolicies? Policies, TlsMemory Memory, TlsReports Reports) : IKeptState
{
    /// <summary>The document of the data directory.</summary>
    public const string Document = "outbound-tls";

    private const string FirstLine = "actorsmtp outbound-tls 1";
    private const int MostPolicyOctets = 4 << 20;
    private const int MostMemoryOctets = 7 << 20;
    private const int MostReportOctets = 4 << 20;

    public string Name => Document;

    public string What => "what is known of TLS at other servers";

    public long Changes => (Policies?.Changes ?? 0) + Memory.Changes + Reports.Changes;

    public byte[] Write()
    {
        var text = new StringBuilder(FirstLine).Append('\n');
        var start = text.Length;
        foreach (var p in Policies?.Snapshot() ?? [])
        {
            Line(text, start + MostPolicyOctets, "sts", p.Domain, p.Id, Seconds(p.Until), Seconds(p.LookAgainAt), string.Join('|', p.Policy.Lines));
        }

        start = text.Length;
        foreach (var t in Memory.Snapshot())
        {
            Line(text, start + MostMemoryOctets, "tls", t.Name, Number(t.Port), Seconds(t.At), t.GoneSince is { } gone ? Seconds(gone) : "-");
        }

        start = text.Length;
        foreach (var s in Reports.Snapshot())
        {
            var day = Number(s.Day.DayNumber);
            Line(text, start + MostReportOctets, "count", day, s.Domain, s.Policy, Number(s.Succeeded), string.Join('|', s.Outcome.Text));
            foreach (var f in s.Failures)
            {
                Line(text, start + MostReportOctets, "fail", day, s.Domain, s.Policy, f.Type, f.Host ?? "-", f.Address?.ToString() ?? "-", Number(f.Sessions));
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public bool Read(ReadOnlySpan<byte> octets, DateTimeOffset now)
    {
        var lines = Encoding.UTF8.GetString(octets).Split('\n');
        if (lines[0] != FirstLine || lines[^1].Length > 0)
        {
            return false;
        }

        var (policies, servers, counted) = (new List<KeptMtaStsPolicy>(), new List<RememberedTls>(), new List<TlsSummary>());
        foreach (var line in lines.AsSpan(1..^1))
        {
            switch (line.Split('\t'))
            {
                case ["sts", var domain, var id, var until, var again, var policy]
                    when Time(until) is { } ends && Time(again) is { } look && MtaStsPolicy.TryParse(Encoding.UTF8.GetBytes(policy.Replace('|', '\n')), out _) is { } parsed:
                    policies.Add(new KeptMtaStsPolicy(domain, id, parsed, ends, look));
                    break;

                case ["tls", { Length: > 0 } name, var port, var at, var gone] when Whole(port) is >= 0 and <= 65_535 and var number && Time(at) is { } seen && (gone == "-" || Time(gone) is not null):
                    servers.Add(new RememberedTls(name, (int)number, seen, gone == "-" ? null : Time(gone)));
                    break;

                case ["count", var day, { Length: > 0 } domain, var policy, var succeeded, var texts] when policy is "sts" or "tlsa" or "no-policy-found" && Day(day) is { } of && Whole(succeeded) is { } n:
                    counted.Add(new TlsSummary(of, domain, new TlsPolicyOutcome(policy, texts.Length == 0 ? [] : [.. texts.Split('|')], n, [])));
                    break;

                case ["fail", var day, var domain, var policy, { Length: > 0 } type, var host, var address, var sessions]
                    when policy is "sts" or "tlsa" or "no-policy-found" && Day(day) is { } of && Whole(sessions) is { } n && (address == "-" || IPAddress.TryParse(address, out _)):
                    counted.Add(new TlsSummary(of, domain, new TlsPolicyOutcome(
                        policy, [], 0, [new TlsFailure(type, host == "-" ? null : host, address == "-" ? null : IPAddress.Parse(address), n)])));
                    break;

                default:
                    return false;
            }
        }

        Policies?.Restore(policies);
        Memory.Restore(servers, now);
        Reports.Restore(counted);
        return true;
    }
}
