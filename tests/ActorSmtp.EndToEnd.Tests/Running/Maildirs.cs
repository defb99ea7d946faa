using System.Text;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>Reads a data directory's mailboxes as any Maildir program would: files in <c>new</c> and <c>cur</c>.</summary>
internal sealed class Maildirs(string dataDirectory)
{
    /// <summary>The Maildir of an account.</summary>
    public string PathOf(string account) => Path.Combine(dataDirectory, "mail", account, "Maildir");

    /// <summary>Every message of an account, in the order of arrival.</summary>
    public IReadOnlyList<DeliveredMail> Of(string account) =>
        [.. new[] { "new", "cur" }
            .Select(folder => Path.Combine(PathOf(account), folder))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles)
            .Select(file => new DeliveredMail(file, File.ReadAllBytes(file)))
            .OrderBy(m => m.File, StringComparer.Ordinal)];

    /// <summary>How many messages an account has.</summary>
    public int Count(string account) => Directory.Exists(Path.Combine(PathOf(account), "new")) ? Of(account).Count : 0;

    /// <summary>Waits for an account's first and only message.</summary>
    public static async Task<DeliveredMail> Only(RunningServer server, string account)
    {
        await Eventually.True(() => server.Mail.Count(account) > 0, $"mail for {account}", server);
        return Assert.Single(server.Mail.Of(account));
    }
}

/// <summary>A file of a Maildir, octet by octet.</summary>
internal sealed record DeliveredMail(string File, byte[] Octets)
{
    /// <summary>The whole of it, each octet a character.</summary>
    public string Raw => Encoding.Latin1.GetString(Octets);

    /// <summary>The lines the server put in front: Return-Path and Received.</summary>
    public string Trace => Raw[..TraceEnd];

    /// <summary>What the client sent, each octet a character: everything behind the trace lines.</summary>
    public string Content => Raw[TraceEnd..];

    /// <summary>The texts of a folder's files; none where it is not there yet.</summary>
    public static string[] FilesOf(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(f => System.IO.File.ReadAllText(f, Encoding.Latin1))] : [];

    /// <summary>The server's id, out of the file's name.</summary>
    public string Id => Path.GetFileName(File).Split('.')[1];

    private int TraceEnd
    {
        get
        {
            Assert.StartsWith("Return-Path: <", Raw, StringComparison.Ordinal);
            var end = Raw.IndexOf("\r\n", StringComparison.Ordinal) + 2;
            Assert.Equal("Received:", Raw.Substring(end, "Received:".Length));
            do
            {
                end = Raw.IndexOf("\r\n", end, StringComparison.Ordinal) + 2;
            }
            while (Raw[end] is ' ' or '\t');

            return end;
        }
    }
}
