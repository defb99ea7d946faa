using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Leases;
using ActorSmtp.Web.Tests.Events;
using ActorSmtp.Web.Tests.Reading;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>What leases leave behind when they are over, whatever the disk and restarts do.</summary>
public sealed class LeaseRemainsTests
{
    private const string Mail = "Subject: x\n\nx\n";

    [Fact]
    public async Task A_mailbox_that_hangs_keeps_no_other_lease_from_expiring_and_goes_in_the_end()
    {
        var disk = new HangsAtDelete();
        await using var console = await RunningConsole.StartWithAsync(parts => parts with { Mailboxes = disk.Over(parts.Mailboxes) }, null);
        var first = await console.PostAsync("/api/leases", new { ttl = "1s" });
        await console.SubmitAsync(Address(first), Mail);
        await disk.Asked.WaitAsync(TimeSpan.FromSeconds(60));
        var second = await console.PostAsync("/api/leases", new { ttl = "1s" });
        var third = await console.PostAsync("/api/leases");
        await console.SubmitAsync(Address(second), Mail);
        await RunningConsole.UntilAsync(async () => (await console.GetAsync("/api/leases")).GetProperty("items").GetArrayLength() == 1 ? "" : null);
        await UntilGoneAsync(console, second);
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.DeleteAsync($"/api/leases/{Id(third)}")).StatusCode);

        disk.Release();
        await UntilGoneAsync(console, first);
    }

    [Fact]
    public async Task Mailboxes_that_hang_hold_no_places_of_others_until_there_are_very_many()
    {
        var store = new HangsForSome();
        var mailboxes = new StoreWithOwnDelete(null!, store.DeleteAsync);                // nothing else is asked of it
        var remains = new LeaseRemains(mailboxes, new MailboxIndex(new ManyMailboxes(1), TimeProvider.System), SteeredTime.WithQuickBeats(), NullLogger.Instance);
        const int Most = LeaseRemains.AtOnce + LeaseRemains.MostHanging;
        Add([.. Enumerable.Range(0, LeaseRemains.AtOnce).Select(n => $"hangs-{n}")]);
        await Until(() => store.Hanging == LeaseRemains.AtOnce);
        Add("well");
        await Until(() => store.IsGone("well"));

        Add([.. Enumerable.Range(LeaseRemains.AtOnce, Most).Select(n => $"hangs-{n}")]);
        await Until(() => store.Hanging == Most);
        Add("late");
        store.Release();
        await Until(() => store.IsGone("late") && Enumerable.Range(0, Most + LeaseRemains.AtOnce).All(n => store.IsGone($"hangs-{n}")));
        Assert.Equal(Most, store.MostHanging);
        await remains.DisposeAsync();

        void Add(params string[] addresses)
        {
            foreach (var address in addresses)
            {
                remains.Add(address, DateTimeOffset.UtcNow);
                remains.Arrived(address);
            }
        }

        static Task Until(Func<bool> so) => RunningConsole.UntilAsync(() => Task.FromResult(so() ? "so" : null));
    }

    [Fact]
    public async Task Mail_that_comes_behind_a_restart_for_a_lease_that_is_over_goes_too()
    {
        var before = await RunningConsole.StartAsync();
        var lease = await before.PostAsync("/api/leases");
        await before.Http.DeleteAsync($"/api/leases/{Id(lease)}");
        await using var console = await RunningConsole.StartInAsync(await before.StopAsync(), parts => parts, null);
        Assert.Empty((await console.GetAsync("/api/leases")).GetProperty("items").EnumerateArray());
        await RunningConsole.ProblemAsync(await console.Http.GetAsync($"/api/leases/{Id(lease)}"), 410, "gone");

        await console.SubmitAsync(Address(lease), Mail);
        await RunningConsole.UntilAsync(() => Task.FromResult(console.Log.All.FirstOrDefault(l => l.Contains($" to {Address(lease)}, ", StringComparison.Ordinal))));
        await UntilGoneAsync(console, lease);
    }

    [Fact]
    public async Task A_file_that_cannot_be_understood_is_kept_aside_and_told()
    {
        var before = await RunningConsole.StartAsync();
        var file = Path.Combine(before.Data, "leases");
        var folder = await before.StopAsync();
        await File.WriteAllTextAsync(file, "[{\"id\":\"of a later version");
        await using var console = await RunningConsole.StartInAsync(folder, parts => parts, null);
        Assert.Contains(console.Log.All, l => l.Contains("it is kept as leases.unreadable-1", StringComparison.Ordinal));
        await console.PostAsync("/api/leases");
        Assert.Contains("of a later version", await File.ReadAllTextAsync(file + ".unreadable-1"), StringComparison.Ordinal);
        Assert.DoesNotContain("of a later version", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_can_be_neither_read_nor_renamed_is_not_written_over()
    {
        var documents = new StuckDocuments();
        await using var console = await RunningConsole.StartWithAsync(parts => parts with { Documents = documents }, null);
        Assert.Contains(console.Log.All, l => l.Contains("leases: the file cannot be read", StringComparison.Ordinal));
        var lease = await console.PostAsync("/api/leases");
        await console.Http.DeleteAsync($"/api/leases/{Id(lease)}");
        Assert.False(documents.WasSaved);
    }

    private static Task UntilGoneAsync(RunningConsole console, JsonElement lease) =>
        RunningConsole.UntilAsync(() => Task.FromResult(Directory.Exists(Path.Combine(console.Data, "mail", Address(lease))) ? null : "gone"));

    private static string Id(JsonElement lease) => lease.GetProperty("id").GetString()!;

    private static string Address(JsonElement lease) => lease.GetProperty("address").GetString()!;

    /// <summary>The first mailbox that is to be removed hangs until it is released; nothing else does.</summary>
    private sealed class HangsAtDelete
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public void Release() => _released.TrySetResult();

        public IMailboxStore Over(IMailboxStore store) => new StoreWithOwnDelete(store, async (inner, account, cancellation) =>
        {
            if (_asked.TrySetResult())
            {
                await _released.Task;
            }

            return await inner.DeleteMailboxAsync(account, cancellation);
        });
    }

    /// <summary>Removals of mailboxes whose names say so hang, whoever tells them to end, until all are released.</summary>
    private sealed class HangsForSome
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentDictionary<string, bool> _gone = new(StringComparer.Ordinal);
        private readonly Lock _gate = new();
        private int _hanging;

        public int Hanging => Volatile.Read(ref _hanging);

        public int MostHanging { get; private set; }

        public bool IsGone(string account) => _gone.ContainsKey(account);

        public void Release() => _released.TrySetResult();

        public async Task<bool> DeleteAsync(IMailboxStore inner, string account, CancellationToken cancellation)
        {
            if (account.StartsWith("hangs", StringComparison.Ordinal) && !_released.Task.IsCompleted)
            {
                lock (_gate)
                {
                    MostHanging = Math.Max(MostHanging, ++_hanging);
                }

                await _released.Task;
            }

            return _gone[account] = true;
        }
    }

    private sealed class StuckDocuments : IKeptDocuments
    {
        public bool WasSaved { get; private set; }

        public Task<byte[]?> ReadAsync(string name, CancellationToken cancellation) => throw new StoreException("the disk is sick.");

        public Task SaveAsync(string name, byte[]? content, CancellationToken cancellation)
        {
            WasSaved = true;
            return Task.CompletedTask;
        }

        public Task<string> SetAsideAsync(string name, CancellationToken cancellation) => throw new StoreException("the disk is sick.");
    }
}
