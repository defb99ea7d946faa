using System.Globalization;
using System.Text;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Simulation.Mail;
using ActorSmtp.Transport;

namespace ActorSmtp.Simulation.Tests.BadDialogues;

/// <summary>
/// Generated dialogues with the whole server on one thread in virtual time, several at once. What a seed says is the same every time.
/// </summary>
internal static class BadDialogueRuns
{
    /// <summary>Dialogues to a server's life.</summary>
    public const int PerSeed = 100;

    private const int AtOnce = 5;
    private static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(60);

    /// <summary>Runs the dialogues of one seed; answers what they met.</summary>
    /// <exception cref="InvariantException">One went wrong; the message holds it.</exception>
    public static Dictionary<string, int> Run(int seed)
    {
        var simulation = new Testing.Simulation.Simulation(seed);
        var met = new Dictionary<string, int>(StringComparer.Ordinal);
        simulation.Run(async () =>
        {
            var world = new MailWorld(simulation, Calm(simulation.Random));
            await MailWorld.CreateAccountsAsync(world.Disk, world.Simulation);
            var server = new SimulatedServer(world, 1, TestMailServer.Settings([
                "listeners.mx.auth=offered", "listeners.sub.bind=127.0.0.1:0", "listeners.sub.role=submission", "listeners.sub.auth=required",
                "data-dir=/data", "storage.journal.segment-size=1MiB", "storage.journal.preallocate=3MiB", "storage.memory-budget=1MiB", "storage.free-space-floor=64KiB",
                "limits.message-size=1MiB", "logging.level=info"]));
            await server.StartAsync();
            for (var first = 0; first < PerSeed; first += AtOnce)
            {
                await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(n => TalkAsync(world, server, seed, n, met)));
            }

            await server.StopAsync();
            server.Die();
        });
        return met;
    }

    private static async Task TalkAsync(MailWorld world, SimulatedServer server, int seed, int number, Dictionary<string, int> met)
    {
        var random = new Random((seed * 100_003) + number);
        var dialogue = BadDialogue.Make(random);
        var replies = new List<string>();
        var peer = new SimulatedPeer(world, $"d{number}");
        await peer.ConnectAsync(server.EndPoints[dialogue.Submission ? "sub" : "mx"]);
        var greeting = await peer.ReadReplyAsync("the greeting");
        var said = dialogue.Octets.AsMemory(0, dialogue.CutAt ?? dialogue.Octets.Length);
        var closed = false;
        try
        {
            for (var rest = said; rest.Length > 0;)
            {
                var piece = random.Next(4) switch { 0 => 1, 1 => random.Next(1, 40), _ => rest.Length };
                piece = Math.Min(piece, rest.Length);
                peer.Send(rest.Span[..piece]);
                rest = rest[piece..];
                if (random.Next(4) == 0)
                {
                    await world.Sleep(random.NextDouble());
                }
            }
        }
        catch (ConnectionLostException)
        {
            // The server has hung up; what it said before is read now.
        }

        if (dialogue.CutAt is not null && random.Next(2) == 0)
        {
            peer.Abort();
        }

        while (true)
        {
            var read = peer.ReadReplyAsync("a reply");
            if (await Task.WhenAny(read, world.Sleep(LongSilence.TotalSeconds)) != read)
            {
                peer.Abort();
                await read;
                break;
            }

            if (await read is not { } reply)
            {
                closed = true;
                break;
            }

            replies.Add(reply[^1]);
        }

        var model = new ReferenceModel(said.ToArray(), dialogue.Submission);
        try
        {
            if (greeting is null || !greeting[^1].StartsWith("220", StringComparison.Ordinal))
            {
                throw new InvariantException("there was no greeting");
            }

            model.Walk(replies, closed && peer.Closed == CloseReason.PeerClosed, dialogue.CutAt is not null);
        }
        catch (InvariantException wrong)
        {
            throw new InvariantException(string.Create(CultureInfo.InvariantCulture, $"""
                dialogue {number} of seed {seed} ({(dialogue.Submission ? "submission" : "mx")}{(dialogue.CutAt is null ? "" : ", cut")}): {wrong.Message}
                said: {Shown(said.Span)}
                heard: {string.Join(" | ", replies)}
                """));
        }

        foreach (var what in model.Met)
        {
            met[what] = met.GetValueOrDefault(what) + 1;
        }
    }

    private static Weather Calm(Random random) => Weather.From(random) with
    {
        NetworkDelay = TimeSpan.FromMilliseconds(random.Next(3) * 2),
        DiskDelay = TimeSpan.FromMilliseconds(random.Next(2) * 10),
        CutOneIn = 0,
        DiskErrorOneIn = 0,
        SyncErrorOneIn = 0,
        DiskFills = false,
        SmallBacklog = false,
    };

    private static string Shown(ReadOnlySpan<byte> octets) =>
        Encoding.Latin1.GetString(octets).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);
}
