using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Server.Policy;

namespace ActorSmtp.Cli.Policy;

/// <summary>What <c>policy test</c> tells; as it is, the document of <c>--json</c>.</summary>
/// <param name="From">The sender; <c>&lt;&gt;</c>: nobody.</param>
/// <param name="Ip">The client's address.</param>
/// <param name="Helo">What it calls itself.</param>
/// <param name="Checks">In the order of the field.</param>
/// <param name="Unverified">Signatures beyond those that are verified.</param>
/// <param name="Applies">What the author's domain asks for this message: none, quarantine or reject.</param>
/// <param name="Forged">Fields of the message that claim to be this server's, and would be taken out.</param>
/// <param name="Field">The field that the message would get.</param>
internal sealed record OriginReport(
    string From, string Ip, string Helo, IReadOnlyList<CheckReport> Checks, int Unverified, string Applies, int Forged, string Field)
{
    /// <summary>What the checks of a listener would do with it; null: there is none that takes mail.</summary>
    public PolicyTrialReport? Listener { get; init; }

    public static OriginReport Of(OriginSubject subject, OriginFindings findings, string server, int forged)
    {
        var results = findings.ToResults(server);
        return new OriginReport(
            subject.Sender?.ToString() ?? "<>",
            subject.Client.ToString(),
            subject.Helo,
            [.. Of(findings)],
            findings.SurplusSignatures,
            DmarcRecord.ToWord(findings.Dmarc?.Applies ?? DmarcPolicy.None),
            forged,
            results.ToField());
    }

    public bool IsUnsure => Checks.Any(c => c.Result == "temperror");

    public void WriteText(Terminal terminal)
    {
        terminal.Out.WriteLine(Printable.Line($"from {From} by {Ip}, which calls itself {Helo}"));
        Columns.Write(terminal.Out, ["CHECK", "RESULT", "OF", "WHY"], Checks.Select(c => new[] { c.Check, c.Result, c.Of, c.Why }));
        if (Unverified > 0)
        {
            terminal.Out.WriteLine($"{Unverified} more signatures are not looked at");
        }

        if (Forged > 0)
        {
            terminal.Out.WriteLine($"{Forged} {(Forged == 1 ? "field" : "fields")} of the message would be taken out: {(Forged == 1 ? "it claims" : "they claim")} to be this server's");
        }

        terminal.Out.WriteLine($"the author's domain asks for: {Applies}");
        foreach (var line in Field.TrimEnd().Split("\r\n"))
        {
            terminal.Out.WriteLine(Printable.Line(line.Replace("\t", "    ", StringComparison.Ordinal)));
        }

        if (Listener is { } listener)
        {
            TrialText.Write(listener, terminal);
        }
    }

    private static IEnumerable<CheckReport> Of(OriginFindings findings)
    {
        if (findings.Names is { } names)
        {
            yield return new CheckReport(
                "iprev", names.Word,
                findings.Client.ToString(),
                !names.Valid.IsEmpty ? $"its name is {names.Valid[0]}" : names.Failure is { } failed ? failed.Words : names.Claimed.IsEmpty ? "it has no name" : $"{names.Claimed[0]} does not lead back to it");
        }

        if (findings.Helo is { } helo && findings.Spf is not { IsHelo: true })
        {
            yield return new CheckReport("spf", helo.Word, helo.Domain, helo.Reason);
        }

        if (findings.Spf is { } spf)
        {
            yield return new CheckReport("spf", spf.Word, spf.Domain, spf.Reason + (spf.Explanation is null ? "" : $"; they say: {spf.Explanation}"));
        }

        foreach (var signature in findings.Signatures)
        {
            yield return new CheckReport("dkim", signature.Word, signature.Signature is { } s ? $"{s.Domain} ({s.Selector})" : "", signature.Reason);
        }

        if (findings.Signatures.IsEmpty)
        {
            yield return new CheckReport("dkim", "none", "", "the message is not signed");
        }

        if (findings.Chain is { Verdict: not ArcVerdict.None } chain)
        {
            yield return new CheckReport("arc", chain.Word, string.Join(", ", chain.Sealers.TakeLast(3)), chain.Verdict == ArcVerdict.Pass ? $"{chain.Sealers.Length} in the chain" : chain.Reason);
        }

        if (findings.Dmarc is { } dmarc)
        {
            yield return new CheckReport("dmarc", dmarc.Word, dmarc.Author, dmarc.Reason + (dmarc.Record is null ? "" : $" (p={DmarcRecord.ToWord(dmarc.Requested)} at {dmarc.RecordAt})"));
        }
    }
}

/// <summary>One check.</summary>
/// <param name="Check">iprev, spf, dkim, arc or dmarc.</param>
/// <param name="Result">The RFC's word.</param>
/// <param name="Of">Whose record or key it is.</param>
/// <param name="Why">In words.</param>
internal sealed record CheckReport(string Check, string Result, string Of, string Why);
