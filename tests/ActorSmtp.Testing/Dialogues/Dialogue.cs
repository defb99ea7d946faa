using System.Diagnostics;
using System.Globalization;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Dialogues;

/// <summary>
/// Runs a <see cref="DialogueScript"/> against a server: in memory in three chunkings (whole, by line, byte by byte), or over any transport.
/// One that fails prints the whole transcript, both sides, with times.
/// </summary>
public static class Dialogue
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a script in memory, in all three chunkings, each against a server of its own.</summary>
    public static Task Run(string script) => Run(DialogueScript.Parse(script));

    public static async Task Run(DialogueScript script)
    {
        foreach (var chunking in script.OnlyWhole ? [Chunking.Whole] : Enum.GetValues<Chunking>())
        {
            var network = new MemoryNetwork(new MemoryNetworkOptions { Chunking = chunking });
            await using var server = await TestMailServer.StartAsync(script, new MemoryTransport(network));
            await Run(script, server, chunking.ToString());
        }
    }

    /// <summary>Runs a script against a server that stands.</summary>
    /// <exception cref="DialogueFailedException">The server said something else, or nothing.</exception>
    public static async Task Run(DialogueScript script, TestMailServer server, string how)
    {
        var transcript = new Transcript();
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, Patience);
        try
        {
            await Follow(script, peer, transcript);
        }
        catch (Exception broken)
        {
            throw new DialogueFailedException(
                $"{script.Name} ({how}): {broken.Message}\n{transcript}\n--- log\n{string.Join('\n', server.Log.All)}", broken);
        }
        finally
        {
            peer.Abort();
        }
    }

    private static async Task Follow(DialogueScript script, DialoguePeer peer, Transcript transcript)
    {
        var pending = new List<byte>();
        string? ahead = null;
        foreach (var step in script.Steps)
        {
            if (step is Step.Send send)
            {
                transcript.Add("C", send.Shown);
                pending.AddRange(send.Octets);
                continue;
            }

            if (pending.Count > 0)
            {
                peer.Send(pending.ToArray());
                pending.Clear();
            }

            switch (step)
            {
                case Step.Expect expect:
                    var line = ahead ?? await Read(peer, transcript);
                    ahead = null;
                    if (line is null || !Matches(expect.Pattern, line))
                    {
                        throw new InvalidOperationException($"line {step.Line}: expected '{expect.Pattern}', got '{line ?? "the end of the connection"}'");
                    }

                    break;

                case Step.ExpectAny any:
                    do
                    {
                        ahead = await Read(peer, transcript);
                    }
                    while (ahead is not null && ahead.StartsWith(any.Prefix, StringComparison.Ordinal));

                    break;

                case Step.ExpectClosed:
                    if ((ahead ?? await Read(peer, transcript)) is { } more)
                    {
                        throw new InvalidOperationException($"line {step.Line}: expected the end of the connection, got '{more}'");
                    }

                    break;

                case Step.StartTls:
                    await peer.StartTlsAsync();
                    transcript.Add("-", "TLS");
                    break;

                case Step.Close:
                    peer.Close();
                    break;
            }
        }

        if (pending.Count > 0)
        {
            throw new InvalidOperationException("the script ends with something said and nothing expected");
        }
    }

    private static async Task<string?> Read(DialoguePeer peer, Transcript transcript)
    {
        var line = await peer.ReadLineAsync();
        transcript.Add("S", line ?? "(closed)");
        return line;
    }

    private static bool Matches(string pattern, string line) =>
        pattern.EndsWith('*') ? line.StartsWith(pattern[..^1], StringComparison.Ordinal) : line == pattern;

    private sealed class Transcript
    {
        private readonly StringBuilder _text = new();
        private readonly long _began = Stopwatch.GetTimestamp();

        public void Add(string who, string what) => _text.AppendLine(
            CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_began).TotalMilliseconds,8:0.0} {who}: {(what.Length > 200 ? what[..200] + "…" : what)}");

        public override string ToString() => _text.ToString();
    }
}

/// <summary>A dialogue went otherwise than written; the message holds the transcript.</summary>
public sealed class DialogueFailedException(string message, Exception inner) : Exception(message, inner);
