using System.Collections.Immutable;
using ActorSmtp.Server.Policy.Greylisting;
using ActorSmtp.Server.Policy.Hooks;
using ActorSmtp.Server.Policy.Lists;
using ActorSmtp.Server.Policy.Peers;
using ActorSmtp.Server.Policy.Rates;

namespace ActorSmtp.Server.Settings;

/// <summary>The most that may come of a check at a listener.</summary>
public enum CheckLimit
{
    /// <summary>What it finds is kept, and nothing is done.</summary>
    Log,

    /// <summary>The message says so in a field in front.</summary>
    Tag,

    /// <summary>4xx at most.</summary>
    Defer,

    /// <summary>Whatever the check wants.</summary>
    Reject,
}

/// <summary>A check that a listener asks: <c>greylisting</c>, <c>"greylisting=log"</c>.</summary>
public sealed record CheckChoice(string Name, CheckLimit Most)
{
    /// <summary>The checks there are.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        DnsListsCheck.Word, ReverseDnsCheck.Word, HeloCheck.Word, EarlyTalkersCheck.Word, RatesCheck.Word, GreylistingCheck.Word, HttpHookCheck.Word, .. Policy.Origin.OriginWords.All,
    ];

    /// <summary>Reads the list; what is none is a mistake.</summary>
    internal static ImmutableArray<CheckChoice> From(SettingsReader r, string key) => From(r, key, $"one of {string.Join(", ", Names)}", name => Names.Contains(name));

    /// <summary>The milters of a listener, by names of their own.</summary>
    internal static ImmutableArray<CheckChoice> MiltersFrom(SettingsReader r, string key) =>
        From(r, key, "a name of gatekeeping.milters", name => name.Length is > 0 and <= 32 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    private static ImmutableArray<CheckChoice> From(SettingsReader r, string key, string expected, Func<string, bool> isOne)
    {
        var choices = ImmutableArray.CreateBuilder<CheckChoice>();
        foreach (var text in r.TextList(key))
        {
            var (name, most) = text.Split('=') switch
            {
                [var alone] => (alone, CheckLimit.Reject),
                [var some, var word] => (some, LimitOf(word)),
                _ => ("", null),
            };
            if (most is null || !isOne(name))
            {
                r.Refuse(key, $"\"{text}\": expected {expected}, with =log, =tag, =defer or =reject behind or nothing");
            }
            else if (choices.Any(c => c.Name == name))
            {
                r.Refuse(key, $"\"{text}\": {name} is named twice");
            }
            else
            {
                choices.Add(new CheckChoice(name, most.Value));
            }
        }

        return choices.ToImmutable();
    }

    private static CheckLimit? LimitOf(string word) => word switch
    {
        "log" => CheckLimit.Log,
        "tag" => CheckLimit.Tag,
        "defer" => CheckLimit.Defer,
        "reject" => CheckLimit.Reject,
        _ => null,
    };
}
