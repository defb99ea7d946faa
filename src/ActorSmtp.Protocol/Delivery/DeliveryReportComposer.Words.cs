using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Delivery;

/// <content>The part for people: what happened, to whom, why, and what to do.</content>
public static partial class DeliveryReportComposer
{
    private const int MostLines = 20;

    private static string Subject(DeliveryReport report)
    {
        var what = report.Recipients.Any(r => r.Action == ReportAction.Failed) ? "Not delivered"
            : report.Recipients.Any(r => r.Action == ReportAction.Delayed) ? "Not delivered yet"
            : report.Recipients.All(r => r.Action == ReportAction.Delivered) ? "Delivered"
            : "Passed on";
        var first = Bounded(report.Recipients[0].Recipient.Address.ToString());
        return report.Recipients.Length == 1 ? $"{what}: {first}" : string.Create(CultureInfo.InvariantCulture, $"{what}: {first} and {report.Recipients.Length - 1} more");
    }

    private static string Words(DeliveryReport report)
    {
        var words = new StringBuilder();
        Line($"This is the mail server {Plain(report.Hostname)}. You sent a message on");
        Line($"{MailDates.Format(report.About.ReceivedAt.ToUniversalTime())} (our id {report.About.Id}).");
        foreach (var group in report.Recipients.GroupBy(r => r.Action))
        {
            Line("");
            Line(group.Key switch
            {
                ReportAction.Failed => "It could not be delivered to:",
                ReportAction.Delayed => "It could not be delivered yet to the following; you need not send it again:",
                ReportAction.Delivered => "It was delivered to:",
                ReportAction.Relayed => "It was passed on to a server that tells nothing further, for:",
                _ => "It was passed on to several others, for:",
            });
            foreach (var recipient in group)
            {
                Line("");
                Line($"  {Bounded(recipient.Recipient.Address.ToString())}");
                Why(recipient);
            }
        }

        Line("");
        Line(report.Returned.IsMissing ? "Your message itself cannot be given back: it cannot be read any more on this server."
            : report.ReturnsWhole ? "Your message follows, behind a part for programs."
            : "The header of your message follows, behind a part for programs.");
        return words.ToString();

        void Line(string text) => words.Append(text).Append("\r\n");

        void Why(RecipientReport recipient)
        {
            if (recipient.Why is { Length: > 0 } why)
            {
                Line($"    {Plain(recipient.Reply is null ? At(recipient.RemoteHost) + why : why)}");
            }

            if (recipient.Reply is { } reply)
            {
                Line($"    {(recipient.RemoteHost is { Length: > 0 } host ? Plain(host) : "The next server")} said:");
                foreach (var line in Said(reply, "\n").Split('\n').Take(MostLines))
                {
                    Line($"      {Plain(line)}");
                }
            }

            if (recipient is { Action: ReportAction.Delayed, RetriesUntil: { } until })
            {
                Line($"    It is tried until {MailDates.Format(until.ToUniversalTime())}.");
            }
        }
    }
}
