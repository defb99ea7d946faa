using System.Globalization;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Scenarios;

/// <summary>
/// Addresses that say what they want. The local part, up to a <c>+</c>:
/// <code>
/// fail-CODE  fail-CODE-once        RCPT is answered so (400 to 599); once: the first time this address is named
/// fail-data-CODE                   the message is answered so after its final dot
/// delay-TIME                       RCPT is answered after so long (3s, 500ms; up to 5m)
/// drop-rcpt  drop-data  drop-stored  the link is dropped: at RCPT, after the final dot, or when the message is stored and its 250 is due
/// greylist                         451 the first time this address is named
/// </code>
/// </summary>
internal static class MagicAddress
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    /// <summary>What an address wants; null: nothing.</summary>
    public static (ScenarioStep At, ScenarioEffect Then, bool Once)? Of(string address)
    {
        if (address.Length < 8 || address[0] is not ('f' or 'F' or 'd' or 'D' or 'g' or 'G'))
        {
            return null;                                    // nearly every address there is
        }

        var end = address.AsSpan().IndexOfAny('+', '@');
        var words = address[..(end < 0 ? address.Length : end)].ToLowerInvariant().Split('-');
        return words switch
        {
            ["fail", var code] when ReplyOf(code) is { } reply => (ScenarioStep.Rcpt, Say(reply), false),
            ["fail", var code, "once"] when ReplyOf(code) is { } reply => (ScenarioStep.Rcpt, Say(reply), true),
            ["fail", "data", var code] when ReplyOf(code) is { } reply => (ScenarioStep.Content, Say(reply), false),
            ["delay", var time] when HoconUnits.TryDuration(time, out var delay, needsUnit: true) && delay > TimeSpan.Zero && delay <= LongestDelay =>
                (ScenarioStep.Rcpt, new ScenarioEffect(null, delay, false, false), false),
            ["drop", "rcpt"] => (ScenarioStep.Rcpt, Dropped, false),
            ["drop", "data"] => (ScenarioStep.Content, Dropped, false),
            ["drop", "stored"] => (ScenarioStep.Stored, Dropped, false),
            ["greylist"] => (ScenarioStep.Rcpt, Say(Replies.AsAsked(451, 7, 1)), true),
            _ => null,
        };
    }

    private static ScenarioEffect Dropped { get; } = new(null, TimeSpan.Zero, Drop: true, FailHandshake: false);

    private static ScenarioEffect Say(Reply reply) => new(reply, TimeSpan.Zero, Drop: false, FailHandshake: false);

    private static Reply? ReplyOf(string code) =>
        int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 400 and <= 599 ? Replies.AsAsked(number, 0, 0) : null;
}
