using System.Text;
using System.Text.Json;
using ActorSmtp.Cli.Tests.Composition;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>journal show</c> and <c>journal verify</c> on journals that are whole, in use, harmed, cut off, of another version, or not there.</summary>
public sealed class JournalCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MailIdGenerator _ids = new(7);

    private string Journal => Path.Combine(_folder.Path, "data", "journal");

    [Theory]
    [InlineData("show")]
    [InlineData("verify")]
    public async Task No_journal_is_69_and_none_is_made(string verb)
    {
        var typed = await Typed.Run(["journal", verb, .. _folder.AsData]);

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Equal($"there is no journal in {_folder.Path}/data; give --config, or --set data-dir=…", typed.Complaint);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data")));
    }

    [Fact]
    public async Task A_journal_that_is_at_rest_shows_every_record_and_what_waits()
    {
        var (waits, large, _) = await Write();

        var lines = (await Ran("show")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, l => l.Contains(" message ", StringComparison.Ordinal) && l.Contains($"{waits} 1000 octets from <ann@example.com> for bob@example.com, carol@example.com", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(" chunk ", StringComparison.Ordinal) && l.Contains(large.ToString(), StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(" commit ", StringComparison.Ordinal) && l.Contains($"{large} ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(" done ", StringComparison.Ordinal));
        Assert.Contains(" clean ", lines[^1] + " ", StringComparison.Ordinal);

        var verified = await Ran("verify");
        Assert.Contains(": 2 messages wait (", verified.Out, StringComparison.Ordinal);
        Assert.Contains(", 1 delivered; last run ended in order; 0 octets torn", verified.Out, StringComparison.Ordinal);
        Assert.Equal("", verified.Error);
    }

    [Fact]
    public async Task As_JSON_each_record_is_an_object_a_line_and_the_verdict_one_document()
    {
        var (waits, _, done) = await Write();

        var records = (await Ran("show", "--json")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var message = Assert.Single(records, r => Text(r, "kind") == "message" && Text(r, "id") == waits.ToString());
        Assert.Equal((1000, "<ann@example.com>"), (message.GetProperty("contentLength").GetInt64(), Text(message, "from")));
        Assert.Equal(["bob@example.com", "carol@example.com"], message.GetProperty("recipients").EnumerateArray().Select(r => r.GetString()));
        Assert.EndsWith(".seg", Text(message, "segment"), StringComparison.Ordinal);
        var delivered = Assert.Single(records, r => Text(r, "id") == done.ToString()).GetProperty("sequence").GetInt64();
        Assert.Contains(records, r => Text(r, "kind") == "done" && r.GetProperty("done").EnumerateArray().Any(d => d.GetProperty("sequence").GetInt64() == delivered && d.GetProperty("recipient").GetInt32() == -1));
        Assert.Equal(records.Select(r => r.GetProperty("sequence").GetInt64()).Order(), records.Select(r => r.GetProperty("sequence").GetInt64()));

        var verdict = (await Ran("verify", "--json")).Json;
        Assert.True(verdict.GetProperty("ok").GetBoolean());
        var summary = verdict.GetProperty("summary");
        Assert.Equal((2, 1, true, 0, records.Count), (
            summary.GetProperty("waiting").GetInt32(), summary.GetProperty("delivered").GetInt32(), summary.GetProperty("clean").GetBoolean(), summary.GetProperty("damage").GetInt32(), summary.GetProperty("records").GetInt32()));
        Assert.Empty(verdict.GetProperty("damage").EnumerateArray());
    }

    [Fact]
    public async Task While_a_server_writes_it_the_journal_is_read_and_the_server_does_not_mind()
    {
        await using var server = await RunningServer.StartAsync();
        string[] data = ["--set", $"data-dir={server.Data}"];
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("", (await Typed.Run("send", "--server", server.Address, "--from", "bob@example.org", "--to", "ann@example.com", "--subject", $"{i}", "--body", "x")).Error);
            var seen = await Typed.Run(["journal", "verify", .. data]);
            Assert.Equal((ExitCodes.Ok, ""), (seen.ExitCode, seen.Error));
            Assert.Contains("last run did not end in order, or goes on", seen.Out, StringComparison.Ordinal);
        }

        await server.UntilMail("ann@example.com");
        Assert.Equal(ExitCodes.Ok, (await Typed.Run(["journal", "show", .. data])).ExitCode);
        Assert.Equal(ExitCodes.Ok, await server.StopAsync());
        Assert.Contains("last run ended in order", (await Typed.Run(["journal", "verify", .. data])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_was_stable_and_cannot_be_read_back_is_65_with_file_and_offset_and_what_follows_is_shown()
    {
        var (waits, _, done) = await Write();
        var (segment, offset) = await Place(waits);
        Spoil(segment, offset + 200);

        var verified = await Run("verify");
        Assert.Equal(ExitCodes.BadData, verified.ExitCode);
        Assert.Matches($"^{segment}: [0-9]+ octets at {offset} cannot be read back$", verified.Complaint);
        Assert.Contains(": 1 messages wait (", verified.Out, StringComparison.Ordinal);

        var asJson = await Run("verify", "--json");
        Assert.Equal(ExitCodes.BadData, asJson.ExitCode);
        Assert.False(asJson.Json.GetProperty("ok").GetBoolean());
        var place = Assert.Single(asJson.Json.GetProperty("damage").EnumerateArray());
        Assert.Equal((segment, offset), (Text(place, "segment"), place.GetProperty("offset").GetInt64()));

        var shown = (await Ran("show")).Out;
        Assert.Contains(" damage ", shown, StringComparison.Ordinal);
        Assert.Contains(done.ToString(), shown, StringComparison.Ordinal);
        Assert.DoesNotContain($"{waits} ", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_last_batch_that_was_cut_off_is_no_damage()
    {
        MailId last = default;
        await Write(isDelivered: false, whileOpen: async store =>
        {
            last = await Add(store, 1000);
            Copy(Journal, Journal + ".then");
        });
        Directory.Delete(Journal, recursive: true);
        Directory.Move(Journal + ".then", Journal);
        var (segment, offset) = await Place(last);
        Spoil(segment, offset + 200);

        var verified = await Ran("verify");
        Assert.Contains("last run did not end in order, or goes on; ", verified.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(" 0 octets torn", verified.Out, StringComparison.Ordinal);
        Assert.Contains(" torn ", (await Ran("show")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("verify")]
    public async Task A_journal_of_another_version_is_65_and_says_so(string verb)
    {
        await Write();
        var segment = Directory.GetFiles(Journal, "*.seg").Order(StringComparer.Ordinal).First();
        var page = File.ReadAllBytes(segment);
        page[8] = 2;
        Seal(page);
        File.WriteAllBytes(segment, page);

        var typed = await Run(verb);
        Assert.Equal(ExitCodes.BadData, typed.ExitCode);
        Assert.Contains(Path.GetFileName(segment), typed.Complaint, StringComparison.Ordinal);
        Assert.Contains("version", typed.Complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("verify")]
    public async Task A_file_where_the_journal_should_be_is_74(string verb)
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "data"));
        await File.WriteAllTextAsync(Journal, "not a folder");

        var typed = await Run(verb);
        Assert.Equal(ExitCodes.InputOutput, typed.ExitCode);
        Assert.Contains("The journal cannot be read", typed.Complaint, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("show")]
    [InlineData("verify")]
    public async Task A_journal_that_must_not_be_read_is_77(string verb)
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "this user may read everything");
        await Write();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Journal, UnixFileMode.None);
            var typed = await Run(verb);
            File.SetUnixFileMode(Journal, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Assert.Equal(ExitCodes.Permission, typed.ExitCode);
            Assert.Contains("check its owner and permissions", typed.Complaint, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetString() : null;

    private Task<Typed> Run(params string[] words) => Typed.Run(["journal", .. words, .. _folder.AsData]);

    private async Task<Typed> Ran(params string[] words)
    {
        var typed = await Run(words);
        Assert.Equal((ExitCodes.Ok, ""), (typed.ExitCode, typed.Error));
        return typed;
    }

    /// <summary>Three messages: a small and a large one that wait, and one that was delivered, unless told otherwise.</summary>
    private async Task<(MailId Waits, MailId Large, MailId Done)> Write(bool isDelivered = true, Func<IMailStore, Task>? whileOpen = null)
    {
        await using var stores = Stores.OnDisk(RunningServer.Load(_folder, "storage.burst-delay=0s").Server.Storage.Files, null, TimeProvider.System);
        await stores.Mail.OpenAsync(default);
        var waits = await Add(stores.Mail, 1000);
        var large = await Add(stores.Mail, 200_000);
        var done = await Add(stores.Mail, 50);
        var mails = new StoredMail[3];
        for (var (taken, began) = (0, DateTime.UtcNow); taken < mails.Length; await Task.Delay(5))          // handed out behind the 250
        {
            taken += stores.Mail.Deliveries.Take(mails.AsSpan(taken));
            Assert.True(DateTime.UtcNow - began < TimeSpan.FromSeconds(60), $"{taken} of {mails.Length} are handed out");
        }

        if (isDelivered)
        {
            stores.Mail.Deliveries.Complete(mails[2]);
        }

        if (whileOpen is not null)
        {
            await whileOpen(stores.Mail);
        }

        return (waits, large, done);
    }

    private async Task<MailId> Add(IMailStore store, int octets)
    {
        var stored = new Stored();
        var id = _ids.Next(DateTimeOffset.UnixEpoch);
        var writer = store.Begin(id, stored);
        var piece = Encoding.ASCII.GetBytes(new string('x', 1000));
        for (var left = octets; left > 0; left -= piece.Length)
        {
            if (!writer.Write(piece.AsSpan(0, Math.Min(left, piece.Length))))
            {
                await stored.Ready.WaitAsync(TimeSpan.FromSeconds(60));
            }
        }

        writer.Commit(new Envelope
        {
            Id = id,
            ReceivedAt = DateTimeOffset.UnixEpoch,
            From = new ReversePath(Mailbox.Parse("ann@example.com")),
            Recipients = [new Recipient(Mailbox.Parse("bob@example.com")), new Recipient(Mailbox.Parse("carol@example.com"))],
        });
        await stored.End.WaitAsync(TimeSpan.FromSeconds(60));
        return id;
    }

    /// <summary>Where a message's record lies.</summary>
    private async Task<(string Segment, long Offset)> Place(MailId of)
    {
        var record = (await Ran("show", "--json")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement).Single(r => Text(r, "kind") == "message" && Text(r, "id") == of.ToString());
        return (Text(record, "segment")!, record.GetProperty("offset").GetInt64());
    }

    private void Spoil(string segment, long at)
    {
        using var file = File.Open(Path.Combine(Journal, segment), FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var octet = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)~octet);
    }

    /// <summary>docs/journal-format.md: the first page ends with the CRC-32C of its first 24 octets.</summary>
    private static void Seal(byte[] page)
    {
        var crc = uint.MaxValue;
        foreach (var octet in page.AsSpan(0, 24))
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, octet);
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(24), ~crc);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*.seg"))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private sealed class Stored : IMailWriterObserver
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _ready = new(0);

        public Task End => _end.Task;

        public Task Ready => _ready.WaitAsync();

        public void OnReady(MailId id) => _ready.Release();

        public void OnStored(MailId id) => _end.TrySetResult();

        public void OnStoreFailed(MailId id, StoreFailure failure) => _end.TrySetException(new InvalidOperationException($"{failure}"));
    }
}
