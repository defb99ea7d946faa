using System.Collections.Immutable;
using ActorSmtp.Server.Policy;

namespace ActorSmtp.Server.Settings;

/// <summary>Whose sessions a hook is asked about.</summary>
public enum HookSessions
{
    /// <summary>Of those who did not log in.</summary>
    Strangers,

    /// <summary>Of those who did.</summary>
    Users,

    /// <summary>All.</summary>
    All,
}

/// <summary>What of a message a hook is shown.</summary>
public enum HookContent
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its header.</summary>
    Header,

    /// <summary>All of it, as far as it fits.</summary>
    All,
}

/// <summary>Somebody who is asked about mail by HTTP (<c>gatekeeping.http-hooks</c>).</summary>
/// <param name="Name">Its key in the map: in findings and log lines.</param>
/// <param name="Url">Where it is asked.</param>
/// <param name="Sessions">Whose.</param>
/// <param name="Listeners">At which listeners; empty: at all whose checks name http-hook.</param>
/// <param name="Headers">What the question carries besides, such as a secret.</param>
/// <param name="Timeout">For one answer.</param>
/// <param name="DefersOnFailure">Without an answer mail is put off, rather than let in.</param>
/// <param name="AtOnce">Questions at the same time; further ones wait, within the timeout.</param>
/// <param name="Content">What of the message it is shown.</param>
/// <param name="ContentLimit">Octets of it at most.</param>
/// <param name="Memory">Octets that all messages together hold while they come in for it.</param>
/// <param name="Failures">After so many in a row it is left alone.</param>
/// <param name="Rest">For so long.</param>
public sealed record HttpHookSettings(
    string Name,
    Uri Url,
    HookSessions Sessions,
    ImmutableArray<string> Listeners,
    ImmutableArray<KeyValuePair<string, string>> Headers,
    TimeSpan Timeout,
    bool DefersOnFailure,
    int AtOnce,
    HookContent Content,
    int ContentLimit,
    long Memory,
    int Failures,
    TimeSpan Rest)
{
    private const int Most = 8;

    /// <summary>Where it is asked.</summary>
    internal PolicySteps Steps { get; init; }

    /// <summary>Whether it is asked at this listener.</summary>
    public bool IsFor(string listener) => Listeners.IsEmpty || Listeners.Contains(listener);

    /// <summary>The enabled ones of <c>http-hooks</c>; r stands at <c>gatekeeping</c>.</summary>
    internal static ImmutableArray<HttpHookSettings> FromAll(SettingsReader r)
    {
        var defaults = r.Section("http-hook-defaults");
        From("defaults", new Uri("http://localhost"), defaults);
        var hooks = ImmutableArray.CreateBuilder<HttpHookSettings>();
        foreach (var (name, section) in r.Sections("http-hooks", defaults))
        {
            var url = section.Parsed("url", "an address such as http://127.0.0.1:8080/mail, without a user or a #", WebhookSettings.UrlOf);
            if (name.Length is 0 or > 32 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                section.Refuse("url", $"the hook's name \"{name}\" is none: expected letters, digits and '-', at most 32");
            }

            if (From(name, url, section) is { } hook)
            {
                hooks.Add(hook);
            }
        }

        if (hooks.Count > Most)
        {
            r.Refuse("http-hooks", $"expected at most {Most} hooks: each costs a question for each message");
        }

        return hooks.ToImmutable();
    }

    private static HttpHookSettings? From(string name, Uri? url, SettingsReader r)
    {
        var isEnabled = r.Flag("enabled");
        var (steps, mistakes) = (PolicySteps.None, r.Mistakes.Count);
        foreach (var step in r.ParsedList("steps", "one of mail, rcpt, content", StepOf))
        {
            steps |= Enum.Parse<PolicySteps>(step);
        }

        if (steps == PolicySteps.None && r.Mistakes.Count == mistakes)
        {
            r.Refuse("steps", "expected some of mail, rcpt, content");
        }

        var limit = (int)r.Bytes("content-limit", min: 1024, max: 64 << 20);
        var hook = new HttpHookSettings(
            name,
            url ?? new Uri("http://localhost"),
            Sessions: r.Choice("sessions", ("strangers", HookSessions.Strangers), ("users", HookSessions.Users), ("all", HookSessions.All)),
            Listeners: r.TextList("listeners"),
            Headers: [.. r.ParsedList("headers", "a header such as \"Authorization: Bearer …\"", HeaderOf).Select(h => KeyValuePair.Create(h[0], h[1]))],
            Timeout: r.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            DefersOnFailure: r.Choice("on-failure", ("accept", false), ("defer", true)),
            AtOnce: r.Int("at-once", min: 1, max: 1000),
            Content: r.Choice("content", ("none", HookContent.None), ("header", HookContent.Header), ("all", HookContent.All)),
            ContentLimit: limit,
            Memory: r.Bytes("memory", min: 64 << 10, max: 16L << 30),
            Failures: r.Int("failures", min: 1, max: 1000),
            Rest: r.Duration("rest", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)))
        {
            Steps = steps,
        };
        if (hook.Memory < limit && hook.Content != HookContent.None)
        {
            r.Refuse("memory", "expected at least content-limit: no message would fit");
        }

        return isEnabled && url is not null ? hook : null;
    }

    private static string? StepOf(string text) => text switch
    {
        "mail" => nameof(PolicySteps.Mail),
        "rcpt" => nameof(PolicySteps.Rcpt),
        "content" => nameof(PolicySteps.Content),
        _ => null,
    };

    private static string[]? HeaderOf(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (name, value) = colon > 0 ? (text[..colon].Trim(), text[(colon + 1)..].Trim()) : ("", "");
        return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && value.All(c => c is >= ' ' and <= '~') ? [name, value] : null;
    }
}
