using System.Globalization;
using System.Text;
using ActorSmtp.Harness.Composition;
using ActorSmtp.Harness.Receiving;

namespace ActorSmtp.Harness;

/// <summary>Says why an expectation did not come true: what was expected, what came, what the server refused.</summary>
internal static class Explanation
{
    private const int MostMessages = 20;

    public static async Task<string> MissingAsync(
        string inbox, int count, Wanted wanted, int found, TimeSpan patience, IReadOnlyList<ReceivedMessage> seen, long forgotten, HarnessHost host)
    {
        var text = new StringBuilder();
        var what = wanted.ToString();
        text.Append(count == 1 ? "No message" : string.Create(CultureInfo.InvariantCulture, $"{(found == 0 ? "None" : $"Only {found}")} of {count} messages"))
            .Append(what.Length > 0 ? $" {what}" : "").Append(CultureInfo.InvariantCulture, $" arrived at {inbox} within {Seconds(patience)}.\n");
        List(seen, text);
        if (forgotten > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{forgotten} older ones are not remembered any more.\n");
        }

        var refusals = await host.RefusalsAsync().ConfigureAwait(false);
        if (refusals.Count > 0)
        {
            text.Append("The server refused:\n");
            foreach (var refusal in refusals)
            {
                text.Append("  ").Append(refusal).Append('\n');
            }
        }
        else if (seen.Count == 0)
        {
            text.Append(host.Sessions == 0
                ? $"No client has connected: is it told to send to {host.EndPoint}?\n"
                : string.Create(CultureInfo.InvariantCulture, $"{host.Sessions} clients have connected, and none was refused anything.\n"));
        }

        return text.ToString().TrimEnd();
    }

    public static string Unexpected(string inbox, Wanted wanted, IReadOnlyList<ReceivedMessage> found)
    {
        var what = wanted.ToString();
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"Expected no message{(what.Length > 0 ? $" {what}" : "")} at {inbox}.\n"));
        List(found, text);
        text.Append(found[0].Words());
        return text.ToString().TrimEnd();
    }

    /// <summary>A duration as people write it.</summary>
    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    private static void List(IReadOnlyList<ReceivedMessage> seen, StringBuilder text)
    {
        text.Append(seen.Count switch
        {
            0 => "Nothing arrived there.\n",
            1 => "1 message arrived there:\n",
            var n => string.Create(CultureInfo.InvariantCulture, $"{n} messages arrived there{(n > MostMessages ? $", the last {MostMessages} are" : "")}:\n"),
        });
        foreach (var message in seen.TakeLast(MostMessages))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {message.ReceivedAt.LocalDateTime:HH:mm:ss.fff}  {message}\n");
        }
    }
}
