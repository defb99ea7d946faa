using System.Collections.Immutable;
using System.Globalization;

namespace ActorSmtp.Testing.Peers;

/// <summary>
/// What one peer does, written <c>POINT N: ACTION; ACTION</c>: at that point of the dialogue (the N-th time on a connection; without N each time)
/// these things in place of what a well-behaved server does. Where nothing is written it behaves.
/// </summary>
/// <remarks>
/// <code>
/// ok                 what a good server does here     wait 4m              waits
/// 451 4.3.0 later    says this line (\r \n \0 \xFF)    drip 1s 250 fine     says it an octet at a time
/// raw TEXT           says just these octets; x*300: 300 times x            endless reply, endless line
/// hang               reads, says nothing more         silent               no reply, and goes on
/// drop, reset        closes, with or without order    deaf                 reads nothing more
/// take               keeps the message, says nothing  lose                 throws away what was sent ahead
/// tls KIND           takes the handshake with a certificate that is good, wrong (another name), expired, of a stranger, or none (an alert)
/// </code>
/// </remarks>
public sealed class PeerScript
{
    private readonly Dictionary<(PeerPoint Point, int Time), ImmutableArray<PeerAction>> _rules = [];

    /// <summary>The keywords of its EHLO reply.</summary>
    public List<string> Offers { get; } = ["PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"];

    /// <summary>It says more replies than it was asked for: what its client sends in its turn may look out of turn to it.</summary>
    public bool SaysTooMuch => _rules.Values.Any(r => r.Count(a => a is PeerAction.Good || a.Code is not null) > 1);

    /// <summary>What it does at a point the n-th time (from 1); null: what a good server does.</summary>
    public ImmutableArray<PeerAction>? At(PeerPoint point, int time) =>
        _rules.TryGetValue((point, time), out var once) ? once : _rules.TryGetValue((point, 0), out var always) ? always : null;

    /// <summary>Adds a rule, such as <c>rcpt 2</c> and <c>550 5.1.1 who?</c>.</summary>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public void Add(string where, string what)
    {
        var words = where.Split(' ');
        var time = words.Length == 2 ? int.Parse(words[1], CultureInfo.InvariantCulture) : 0;
        if (words.Length > 2 || !Enum.TryParse<PeerPoint>(words[0], ignoreCase: true, out var point) || char.IsAsciiDigit(words[0][0]))
        {
            throw new FormatException($"'{where}' is no point of a dialogue: one of {string.Join(", ", Enum.GetNames<PeerPoint>()).ToLowerInvariant()}, and maybe a number");
        }

        if (!_rules.TryAdd((point, time), [.. what.Split(';', StringSplitOptions.TrimEntries).Select(PeerAction.Parse)]))
        {
            throw new FormatException($"'{where}' is written twice");
        }
    }

    /// <summary>Changes what is offered: <c>+CHUNKING, -PIPELINING, =SIZE 10</c> (in place of the keyword's own line), <c>none</c>.</summary>
    public void Offer(string changes)
    {
        foreach (var change in changes.Split(',', StringSplitOptions.TrimEntries))
        {
            switch (change)
            {
                case "none":
                    Offers.Clear();
                    break;
                case ['+', ..]:
                    Offers.Add(change[1..]);
                    break;
                case ['-', ..]:
                    Offers.Remove(change[1..]);
                    break;
                case ['=', ..]:
                    Offers.RemoveAll(o => o.Split(' ')[0] == change[1..].Split(' ')[0]);
                    Offers.Add(change[1..]);
                    break;
                default:
                    throw new FormatException($"'{change}': expected +KEYWORD, -KEYWORD, =KEYWORD PARAMETER or none");
            }
        }
    }
}
