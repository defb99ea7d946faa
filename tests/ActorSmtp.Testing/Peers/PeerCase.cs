using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ActorSmtp.Testing.Peers;

/// <summary>What becomes of a recipient.</summary>
public enum PeerClass
{
    /// <summary>The next hop has it and will send notices itself (it has DSN).</summary>
    Delivered,

    /// <summary>The next hop has it and knows nothing of notices.</summary>
    Relayed,

    /// <summary>To be tried again; the next hop does not have it.</summary>
    Later,

    /// <summary>To be tried again; the next hop may have it all the same (RFC 1047).</summary>
    Maybe,

    /// <summary>Goes back to the sender.</summary>
    Never,
}

/// <summary>How TLS is wanted on the way to a peer.</summary>
public enum PeerTls
{
    Auto,
    Off,

    /// <summary>With any certificate.</summary>
    Encrypt,

    /// <summary>With a certificate that was verified.</summary>
    Required,
    Implicit,
}

/// <summary>
/// A line of the table: what the peers do, and the class of each recipient that must come of it:
/// <c>RULE | RULE -> CLASS, CLASS within TIME relay CLASS, CLASS</c>. A rule is one of a <see cref="PeerScript"/>, or a setting: <c>offers</c>, <c>message</c> (300k,
/// 8bit, binary, utf8), <c>messages 2</c> (over one dialogue, if that lives), <c>tls</c>, <c>route lmtp</c>, <c>at refused</c> (or unreachable, black hole, for want of a
/// listener), <c>zone</c> (records, separated by <c>&amp;</c>), <c>dns NAME TYPE FAULT</c>; rules of a second host begin with <c>b</c>. <c>lies</c>: the peer says that it took what it did
/// not. <c>relay</c>: what the relay makes of it, where that can do more than one dialogue.
/// </summary>
public sealed record PeerCase(string Area, string Text, bool InRealTime)
{
    private static readonly TimeSpan _usual = TimeSpan.FromMinutes(11);

    /// <summary>The nearer host.</summary>
    public PeerScript A { get; } = new();

    /// <summary>The other host; null: there is none.</summary>
    public PeerScript? B { get; private set; }

    /// <summary>Why nobody listens at A: refused, unreachable, black hole; null: somebody does.</summary>
    public string? Absent { get; private set; }

    public ImmutableArray<PeerClass> Expected { get; private set; } = [];

    /// <summary>What a relay makes of it, where that is not the same.</summary>
    public ImmutableArray<PeerClass> ByRelay { get; private set; } = [];

    /// <summary>The longest it may take in virtual time.</summary>
    public TimeSpan Within { get; private set; } = _usual;

    public string Message { get; private set; } = "";

    public int Messages { get; private set; } = 1;

    public bool Lmtp { get; private set; }

    public PeerTls Tls { get; private set; }

    public string? Zone { get; private set; }

    public List<(string Name, string Type, string Fault)> Dns { get; } = [];

    /// <summary>The peer promises what it cannot keep.</summary>
    public bool Lies { get; private set; }

    /// <summary>The recipients of each message.</summary>
    public int Recipients => Expected.Length / Messages;

    /// <summary>What is sent.</summary>
    public byte[] Content => Message switch
    {
        "" => "Subject: hi\r\n\r\n.Hello\r\n"u8.ToArray(),
        "8bit" => Encoding.UTF8.GetBytes("Subject: hi\r\n\r\nGrüße\r\n"),
        "utf8" => Encoding.UTF8.GetBytes("Subject: grüß dich\r\n\r\nHello\r\n"),
        "binary" => "Subject: hi\r\n\r\n\0\r\n"u8.ToArray(),
        _ when Message.EndsWith('k') => Encoding.ASCII.GetBytes("Subject: long\r\n\r\n" + string.Concat(Enumerable.Repeat(
            "......... ......... ......... ......... ......... ......... ..\r\n", int.Parse(Message[..^1], CultureInfo.InvariantCulture) * 16))),
        _ => throw new FormatException($"'message {Message}': expected 300k, 8bit, binary or utf8"),
    };

    /// <summary>Reads one line of the table.</summary>
    /// <exception cref="FormatException">Says what cannot be read.</exception>
    public static PeerCase Parse(string area, string line, bool inRealTime)
    {
        if (line.Split("->", StringSplitOptions.TrimEntries) is not [var rules, var outcome])
        {
            throw new FormatException($"'{line}': expected RULE | RULE -> CLASS, CLASS");
        }

        var read = new PeerCase(area, rules, inRealTime);
        foreach (var rule in rules.Split(" | ", StringSplitOptions.TrimEntries))
        {
            read.Add(rule);
        }

        var (both, relay) = outcome.Split(" relay ", StringSplitOptions.TrimEntries) is [var one, var other] ? (one, other) : (outcome, "");
        var (classes, within) = both.Split(" within ", StringSplitOptions.TrimEntries) is [var said, var time] ? (said, time) : (both, "");
        read.Expected = Classes(classes);
        read.ByRelay = relay.Length > 0 ? Classes(relay) : read.Expected;
        read.Within = within.Length > 0 ? PeerAction.ParseTime(within) : _usual;
        return read.Expected.Length % read.Messages == 0 && read.ByRelay.Length == read.Expected.Length
            ? read
            : throw new FormatException($"'{line}': a class for each recipient of each message is expected");
    }

    public override string ToString() => Text;

    private static ImmutableArray<PeerClass> Classes(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).SelectMany(word =>
        word.Split('*') is [var name, var times]
            ? Enumerable.Repeat(Enum.Parse<PeerClass>(name, ignoreCase: true), int.Parse(times, CultureInfo.InvariantCulture))
            : [Enum.Parse<PeerClass>(word, ignoreCase: true)])];

    private void Add(string rule)
    {
        var (word, rest) = rule.IndexOf(' ') is > 0 and var at ? (rule[..at], rule[(at + 1)..].Trim()) : (rule, "");
        switch (word)
        {
            case "offers":
                A.Offer(rest);
                break;
            case "message":
                Message = rest;
                break;
            case "messages":
                Messages = int.Parse(rest, CultureInfo.InvariantCulture);
                break;
            case "tls":
                Tls = Enum.Parse<PeerTls>(rest, ignoreCase: true);
                break;
            case "route" when rest == "lmtp":
                Lmtp = true;
                break;
            case "at":
                Absent = rest;
                break;
            case "zone":
                Zone = rest.Replace(" & ", "\n", StringComparison.Ordinal);
                break;
            case "dns" when rest.Split(' ', 3) is [var name, var type, var fault]:
                Dns.Add((name, type, fault));
                break;
            case "lies":
                Lies = true;
                break;
            case "good":
                break;
            case "b":
                B ??= new PeerScript();
                if (rest != "good")
                {
                    AddTo(B, rest);
                }

                break;
            default:
                AddTo(A, rule);
                break;
        }
    }

    private static void AddTo(PeerScript script, string rule)
    {
        if (rule.StartsWith("offers ", StringComparison.Ordinal))
        {
            script.Offer(rule["offers ".Length..]);
            return;
        }

        var colon = rule.IndexOf(": ", StringComparison.Ordinal);
        script.Add(colon > 0 ? rule[..colon] : throw new FormatException($"'{rule}' is neither a rule (POINT: ACTION) nor a setting"), rule[(colon + 2)..]);
    }
}
