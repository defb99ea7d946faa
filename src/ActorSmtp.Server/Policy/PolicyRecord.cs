using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy;

/// <summary>
/// What is held for and against a session and its transaction: scores by the step they come from, and what goes in front of the message. What was
/// said of the connection stays for the session, of HELO until the next, of the transaction as long as that; of a recipient for that one alone.
/// </summary>
internal sealed class PolicyRecord
{
    /// <summary>Characters of fields of our own for one message; what is beyond is left out.</summary>
    public const int MostFields = 28 * 1024;

    /// <summary>Characters of the fields that filters add to one message; what is beyond is left out. With those above it makes less than an envelope can hold.</summary>
    public const int MostForeignFields = 14 * 1024;

    private const string Field = "X-Policy";
    private static readonly PolicySteps[] s_steps = [PolicySteps.Connect, PolicySteps.Hello, PolicySteps.Mail, PolicySteps.Rcpt, PolicySteps.Content];

    private readonly double[] _scores = new double[s_steps.Length];
    private readonly string[] _fields = ["", "", "", "", ""];
    private readonly int[] _foreign = new int[s_steps.Length];              // how many of their characters are others'
    private readonly ImmutableArray<Finding>[] _tags = [[], [], [], [], []];
    private readonly string?[] _apart = new string?[s_steps.Length];

    /// <summary>Whether any finding has counted.</summary>
    public bool HasScore => _scores.AsSpan().ContainsAnyExcept(0.0);

    /// <summary>Whether anything goes in front of the message so far, tags aside.</summary>
    public bool HasFields => _fields.AsSpan().ContainsAnyExcept("");

    /// <summary>Why the message is to be set apart; null: it is not.</summary>
    public string? Apart => _apart.FirstOrDefault(a => a is not null);

    /// <summary>What goes in front of the message so far, tags aside.</summary>
    public string AllFields => string.Concat(_fields);

    /// <summary>The sum of all that counts now.</summary>
    public double Score => _scores.Sum();

    /// <summary>Whether it is a field that only we may have written.</summary>
    public static bool IsOurField(ReadOnlySpan<byte> field) =>
        field.Length > Field.Length && field[Field.Length] is (byte)':' or (byte)' ' or (byte)'\t' && Ascii.EqualsIgnoreCase(field[..Field.Length], Field);

    /// <summary>A step begins, maybe once more: what it said before counts no longer. What was found at an earlier RCPT stays to be told.</summary>
    public void Begin(PolicySteps step)
    {
        var at = IndexOf(step);
        _scores[at] = 0;
        if (step != PolicySteps.Rcpt)
        {
            (_fields[at], _foreign[at], _tags[at], _apart[at]) = ("", 0, [], null);
        }
    }

    /// <summary>Takes note of an answer.</summary>
    /// <returns>False: there is no room for its fields, which are left out.</returns>
    public bool Add(PolicySteps step, PolicyAnswer answer)
    {
        var at = IndexOf(step);
        foreach (var finding in answer.Findings)
        {
            _scores[at] += finding.Score;
        }

        if (answer.Action == PolicyAction.Tag && _tags[at].Length < 16)
        {
            _tags[at] = _tags[at].AddRange(answer.Findings.TakeLast(1));
        }

        if (answer is { SetsApart: true, Action: PolicyAction.Tag })
        {
            _apart[at] ??= answer.Findings is [.., var last] ? $"{last.Check}={last.Result} ({last.Reason})" : "";
        }

        if (answer.Fields.Length == 0)
        {
            return true;
        }

        var foreign = _foreign.Sum();
        var (taken, most) = answer.FieldsAreForeign ? (foreign, MostForeignFields) : (_fields.Sum(f => f.Length) - foreign, MostFields);
        if (taken + answer.Fields.Length > most)
        {
            return false;
        }

        _fields[at] += answer.Fields;
        _foreign[at] += answer.FieldsAreForeign ? answer.Fields.Length : 0;
        return true;
    }

    /// <summary>What the sum leads to.</summary>
    public PolicyAnswer Judge(ScoreSettings scores)
    {
        var sum = Score;
        var (action, limit, reply) = scores switch
        {
            { Reject: > 0 } when sum >= scores.Reject => (PolicyAction.Reject, scores.Reject, Replies.PolicyRefused),
            { Defer: > 0 } when sum >= scores.Defer => (PolicyAction.Defer, scores.Defer, Replies.NotNowByPolicy),
            _ => (PolicyAction.Pass, 0, default(Reply)),
        };
        return action == PolicyAction.Pass ? PolicyAnswer.Pass : new PolicyAnswer(action, reply)
        {
            Findings = [new Finding("scores", action == PolicyAction.Reject ? "refused" : "deferred", string.Create(CultureInfo.InvariantCulture, $"{sum:0.##} of {limit}"))],
        };
    }

    /// <summary>The header lines in front of a message; null: none.</summary>
    /// <param name="flags">One that is to be set apart says so in the way that programs of people know.</param>
    public string? Fields(ScoreSettings scores, bool flags)
    {
        var fields = string.Concat(_fields);
        var sum = Score - _scores[IndexOf(PolicySteps.Rcpt)];
        var tags = _tags.SelectMany(t => t).Select(t => $"{t.Check}={t.Result} ({Comment(t.Reason)})").ToList();
        if (scores.Tag > 0 && sum >= scores.Tag)
        {
            tags.Insert(0, string.Create(CultureInfo.InvariantCulture, $"score={sum:0.##}"));
        }

        fields = (flags && Apart is not null ? "X-Spam-Flag: YES\r\n" : "") + fields;
        if (tags.Count > 0)
        {
            fields = $"{Field}: {string.Join(";\r\n\t", tags)}\r\n{fields}";
        }

        return fields.Length == 0 ? null : fields;
    }

    /// <summary>The transaction is over.</summary>
    public void Reset()
    {
        foreach (var step in (ReadOnlySpan<PolicySteps>)[PolicySteps.Mail, PolicySteps.Rcpt, PolicySteps.Content])
        {
            var at = IndexOf(step);
            (_scores[at], _fields[at], _foreign[at], _tags[at], _apart[at]) = (0, "", 0, [], null);
        }
    }

    private static int IndexOf(PolicySteps step) => Array.IndexOf(s_steps, step);

    private static string Comment(string text)
    {
        var comment = new StringBuilder();
        foreach (var c in text.Length > 120 ? text[..120] : text)
        {
            comment.Append(c is '(' or ')' or '\\' ? "\\" : "").Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return comment.ToString();
    }
}
