using System.Globalization;
using System.Text;

namespace ActorSmtp.Browser.Tests.Hostile;

/// <summary>
/// A mail of the folder <c>hostile</c>. <c>X-Tries</c> says in words what it tries; <c>X-Bare</c> what it does in a page without protection
/// (<c>runs</c>, <c>calls</c>), which a test makes sure of. In the text, <c>{{trap}}</c> is the address that it is to call, <c>ran('NN')</c> what a script
/// of it does, and <c>{{megabyte}}</c> a million octets.
/// </summary>
internal sealed record HostileMail(string Name, string Text)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "hostile");

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<HostileMail> All { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.eml").Order(StringComparer.Ordinal).Select(file => new HostileMail(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file)))];

    public string Number => Name[..2];

    public string Tries => Header("X-Tries");

    public bool Runs => Header("X-Bare").Contains("runs", StringComparison.Ordinal);

    public bool Calls => Header("X-Bare").Contains("calls", StringComparison.Ordinal);

    public string Mailbox => $"hostile-{Name}@example.com";

    /// <summary>The body of a mail that is nothing but HTML; null where it has parts.</summary>
    public string? Html(int trapPort) =>
        Text.Contains("\nContent-Type: text/html", StringComparison.Ordinal) && !Text.Contains("\nContent-Type: multipart", StringComparison.Ordinal) ? Filled(trapPort)[(Filled(trapPort).IndexOf("\n\n", StringComparison.Ordinal) + 2)..] : null;

    /// <summary>As it goes over the wire, each octet a character: CRLF, dots doubled, without the line that ends it.</summary>
    public string Wire(int trapPort) =>
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(string.Concat(Filled(trapPort).TrimEnd('\n').Split('\n').Select(line => (line.StartsWith('.') ? "." : "") + line + "\r\n"))));

    public override string ToString() => Name;

    private string Filled(int trapPort) => Text
        .Replace("{{trap}}", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{trapPort}"), StringComparison.Ordinal)
        .Replace("{{megabyte}}", string.Concat(Enumerable.Repeat(new string('A', 900) + "\n", 1100)), StringComparison.Ordinal);

    private string Header(string name)
    {
        var start = Text.IndexOf($"\n{name}: ", StringComparison.Ordinal);
        return start < 0 ? "" : Text[(start + name.Length + 3)..Text.IndexOf('\n', start + 1)];
    }
}
