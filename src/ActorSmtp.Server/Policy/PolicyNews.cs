using System.Globalization;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Policy;

/// <summary>Leaves word of what checks found and what came of it: in the log, for <c>explain</c>, and in figures.</summary>
internal static class PolicyNews
{
    /// <summary>The checks have answered at a step.</summary>
    public static void Tell(SessionContext at, Conversation talk, PolicySteps step, MailId id, PolicyAnswer answer)
    {
        at.Metrics.PolicyAnswers[answer.Action].Add(1);
        foreach (var finding in answer.Findings)
        {
            talk.NoteOf(id, ChronicleKind.Judged, $"{finding.Check}\0{finding.Result}\0{finding.Reason}", (int)Math.Clamp(finding.Score * 100, int.MinValue, int.MaxValue));
            if (finding.Score != 0 || answer.Action != PolicyAction.Pass)
            {
                at.Log.Judged(talk.Actor, talk.Id, id, finding.Check, finding.Result, finding.Reason, finding.Score);
            }
            else
            {
                at.Log.JudgedHarmless(talk.Actor, talk.Id, id, finding.Check, finding.Result, finding.Reason);
            }
        }

        if (answer.Action > PolicyAction.Tag)
        {
            at.Log.RefusedByCheck(talk.Actor, talk.Id, id, answer.Action, step, answer.Reply?.ToString() ?? "nothing is said");
        }
    }

    /// <summary>A finding read back, in words.</summary>
    /// <param name="parts">Check, result, reason.</param>
    /// <param name="score">In hundredths.</param>
    public static string Words(IReadOnlyList<string> parts, int score)
    {
        var reason = parts.Count > 2 && parts[2].Length > 0 ? $" ({parts[2]})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}: {parts[1]}{reason}") + (score == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", score {score / 100.0:+0.##;-0.##}"));
    }
}
