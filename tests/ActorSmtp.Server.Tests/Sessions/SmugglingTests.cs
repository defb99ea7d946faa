using System.Text;
using System.Text.RegularExpressions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>
/// Every way to write a dot between line ends that are none (CVE-2023-51764, -51765, -51766 and their kin): content for us, whole and octet
/// by octet, alone and with a second transaction behind; and what we keep of it can end no message at anybody else's.
/// </summary>
public sealed partial class SmugglingTests
{
    private const string Second = "MAIL FROM:<thief@client.test>\\r\\nRCPT TO:<bob@mx.test>\\r\\nDATA\\r\\nstolen";

    private static readonly string[] Breaks =
        ["\\n", "\\r", "\\r\\n", "\\n\\r", "\\r\\r\\n", "\\r\\0\\n", "\\0\\r\\n", "\\r\\n\\0", "\\0\\n", "\\n\\0", "\\r\\0", "\\n\\n", "\\r\\r", "\\0", "\\x0b", "\\x0c", "\\x85"];

    /// <summary>All pairs, but for those that hold the true end, and those without any CR, LF or NUL of their own.</summary>
    private static readonly string[] Forms =
    [
        .. from before in Breaks
           from after in Breaks
           let form = before + "." + after
           where !form.Contains("\\r\\n.\\r\\n", StringComparison.Ordinal)
           select form,
    ];

    public static TheoryData<Chunking, bool> Ways => new() { { Chunking.Whole, true }, { Chunking.Bytes, true }, { Chunking.Whole, false }, { Chunking.Bytes, false } };

    [Fact]
    public void There_are_as_many_forms_as_there_are_pairs() => Assert.True(Forms.Length > 250, $"{Forms.Length}");

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_form_ends_a_message_and_all_are_refused_after_its_true_end(Chunking chunking, bool withSecond)
    {
        var network = new MemoryNetwork(new MemoryNetworkOptions { Chunking = chunking });
        await using var server = await TestMailServer.StartAsync(new MemoryTransport(network), users: [("bob", "secret")]);
        foreach (var form in Forms)
        {
            // A vertical tab, a form feed and a C1 control between CRLFs are odd text and nothing else.
            var isText = IsClean(form);
            await Dialogue.Run(Script(form, withSecond, isText ? "250 2.0.0 OK: queued as *" : "550 5.6.0 *"), server, $"{form} {chunking}");
        }

        Assert.DoesNotContain(server.Log.All, l => l.Contains("accepted", StringComparison.Ordinal) && l.Contains("thief", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Chunking.Whole)]
    [InlineData(Chunking.Bytes)]
    public async Task Where_they_are_normalized_each_makes_one_message_without_a_bare_newline(Chunking chunking)
    {
        var network = new MemoryNetwork(new MemoryNetworkOptions { Chunking = chunking });
        await using var server = await TestMailServer.StartAsync(new MemoryTransport(network), sets: ["content.bare-newlines=normalize"], users: [("bob", "secret")]);
        foreach (var form in Forms)
        {
            await Dialogue.Run(Script(form, withSecond: true, "250 2.0.0 OK: queued as *"), server, $"{form} {chunking}");
        }

        var stored = await AllOf(server, "bob", Forms.Length);
        Assert.All(stored, mail => Assert.DoesNotMatch(BareNewline(), mail));
        Assert.All(stored, mail => Assert.Contains("MAIL FROM:<thief@client.test>", mail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("reject", "550 5.6.0 *")]
    [InlineData("normalize", "250 2.0.0 OK: queued as *")]
    public async Task A_bare_newline_in_a_chunk_of_text_is_never_kept_as_it_is(string policy, string answer)
    {
        await using var server = await TestMailServer.StartAsync(sets: [$"content.bare-newlines={policy}"], users: [("bob", "secret")]);
        var forms = Forms.Where(f => !IsClean(f)).ToArray();
        foreach (var form in forms)
        {
            var content = $"text{form}stolen\\r\\n";
            var half = content.LastIndexOf('.');            // the pieces of a form in two chunks
            var first = content[..half];
            var isRefused = policy == "reject" && IsBad(first.EndsWith("\\r", StringComparison.Ordinal) ? first[..^2] : first);
            await Dialogue.Run(
                DialogueScript.Parse($"""
                    S: 220 *
                    C: HELO client.test
                    C: MAIL FROM:<ann@client.test>
                    C: RCPT TO:<bob@mx.test>
                    RAW: BDAT {Octets(first)}\r\n{first}BDAT {Octets(content[half..])} LAST\r\n{content[half..]}
                    C: QUIT
                    S: 250 mx.test
                    S: 250 2.1.0 *
                    S: 250 2.1.5 *
                    S: {(isRefused ? "550 5.6.0 *" : "250 2.0.0 *")}
                    S: {(isRefused ? "503 5.5.1 *" : answer)}
                    S: 221 2.0.0 *
                    CLOSED
                    """),
                server, form);
        }

        if (policy == "normalize")
        {
            Assert.All(await AllOf(server, "bob", forms.Length), mail => Assert.DoesNotMatch(BareNewline(), mail));
        }
    }

    private static DialogueScript Script(string form, bool withSecond, string answer) => DialogueScript.Parse($"""
        S: 220 *
        C: HELO client.test
        C: MAIL FROM:<ann@client.test>
        C: RCPT TO:<bob@mx.test>
        C: DATA
        S: 250 mx.test
        S: 250 2.1.0 *
        S: 250 2.1.5 *
        S: 354 *
        RAW: Subject: a\r\n\r\ntext{form}{(withSecond ? Second : "x")}\r\n.\r\nNOOP\r\n
        S: {answer}
        S: 250 2.0.0 *
        C: QUIT
        S: 221 2.0.0 *
        CLOSED
        """);

    private static bool IsClean(string form) => !IsBad(form);

    /// <summary>Whether what is written so has a CR or LF of its own, or a NUL; the last CR may be half of a pair that goes on.</summary>
    private static bool IsBad(string written)
    {
        var rest = written.Replace("\\r\\n", "", StringComparison.Ordinal);
        return rest.Contains("\\n", StringComparison.Ordinal) || rest.Contains("\\0", StringComparison.Ordinal)
            || rest.Contains("\\r", StringComparison.Ordinal);
    }

    private static int Octets(string written) => Escape().Replace(written, "x").Length;

    private static async Task<IReadOnlyList<string>> AllOf(TestMailServer server, string account, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var keys = await server.Stores.Mailboxes.ListAsync(account, patience.Token).Select(m => m.Key).ToArrayAsync(patience.Token);
            Assert.True(keys.Length <= count, $"{keys.Length} messages, more than were sent");
            if (keys.Length < count)
            {
                await Task.Delay(10, patience.Token);
                continue;
            }

            var all = new List<string>();
            foreach (var key in keys)
            {
                using var reader = new StreamReader((await server.Stores.Mailboxes.OpenAsync(account, key, patience.Token))!, Encoding.Latin1);
                all.Add(await reader.ReadToEndAsync(patience.Token));
            }

            return all;
        }
    }

    [GeneratedRegex(@"\r(?!\n)|(?<!\r)\n")]
    private static partial Regex BareNewline();

    [GeneratedRegex(@"\\x[0-9a-f]{2}|\\[rn0]")]
    private static partial Regex Escape();
}
