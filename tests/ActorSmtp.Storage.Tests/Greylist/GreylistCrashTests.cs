using System.Net;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Greylist;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Greylist;

/// <summary>What the greylist in files keeps over stops, kills and power cuts, and what it does while the disk fails. Threads are stepped, time moves when told.</summary>
public sealed class GreylistCrashTests : IGreylistObserver
{
    private static readonly GreylistRules s_rules = new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(24), TimeSpan.FromDays(36), NetworkPasses: 2, Size: 20_000);

    private readonly SimulatedTime _time = new();
    private readonly List<string> _heard = [];
    private readonly Random _random = new(1);
    private SimulatedDisk _disk = new(1);
    private SteppedThreads _threads = null!;
    private GreylistStore _store = null!;

    void IGreylistObserver.OnGreylistTrouble(string reason) => _heard.Add(reason);

    void IGreylistObserver.OnGreylistKept() => _heard.Add("kept");

    [Fact]
    public async Task After_a_stop_everything_is_known()
    {
        await OpenAsync();
        await AskAsync("a");
        await PassAsync("b");
        await PassAsync("c");
        await _store.DisposeAsync();

        Assert.Equal(3, (await OpenAsync()).Entries);

        Assert.Equal((1, 2, 1, 1), (_store.Figures.Waiting, _store.Figures.Passed, _store.Figures.Networks, _store.Figures.Known));
        Assert.Equal(GreylistReason.NetworkKnown, (await AskAsync("a")).Why);
        Assert.Equal(GreylistReason.TooEarly, (await AskAsync("a", "198.51.100.0/24", first: true)).Why);
    }

    [Fact]
    public async Task A_process_that_is_killed_forgets_two_seconds_at_most()
    {
        await OpenAsync();
        await AskAsync("a");
        Run(TimeSpan.FromSeconds(2));
        await AskAsync("b");
        _disk.Kill();

        await OpenAsync();

        Assert.Equal(GreylistReason.TooEarly, (await AskAsync("a")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync("b")).Why);
    }

    [Fact]
    public async Task A_power_cut_takes_half_a_minute_at_most() => Assert.Equal(0, await LostByPowerCutsAsync());

    [Fact]
    public async Task Without_its_syncs_a_power_cut_would_take_more() => Assert.NotEqual(0, await LostByPowerCutsAsync("file", "directory", "all"));

    [Fact]
    public async Task Whatever_cuts_in_while_all_is_written_anew_nothing_that_was_synced_is_lost()
    {
        for (var seed = 1; seed <= 80; seed++)
        {
            _disk = new SimulatedDisk(seed);
            var random = new Random(seed);
            await OpenAsync();
            var cleared = "cleared";
            await AskAsync(cleared);
            for (var n = 0; n < 300; n++)
            {
                await AskAsync($"{seed}-{n}", $"10.{n / 250}.{n % 250}.0/24");
            }

            Run(TimeSpan.FromSeconds(40));
            Assert.Equal(1, await _store.ClearAsync(new GreylistFilter(Sender: cleared), default));
            Run(TimeSpan.FromSeconds(40));
            var calls = random.Next(1, 40);
            _disk.Fault = (_, _, _) =>
            {
                if (--calls == 0)
                {
                    throw new PowerCutException();
                }

                return null;
            };
            try
            {
                await _store.DisposeAsync();            // the next opening writes all of it anew
                await OpenAsync();
                await AskAsync("more");
                Run(TimeSpan.FromSeconds(40));
            }
            catch (PowerCutException)
            {
            }

            _disk.Fault = null;
            _disk.PowerCut();

            Assert.Null((await OpenAsync()).Damage);
            for (var n = 0; n < 300; n++)
            {
                Assert.NotEqual(GreylistReason.New, (await AskAsync($"{seed}-{n}", $"10.{n / 250}.{n % 250}.0/24")).Why);
            }

            Assert.Equal(GreylistReason.New, (await AskAsync(cleared)).Why);
        }
    }

    [Theory]
    [InlineData(DiskError.Io)]
    [InlineData(DiskError.NoSpace)]
    [InlineData(DiskError.ReadOnly)]
    public async Task While_the_disk_fails_it_goes_on_in_memory_and_afterwards_nothing_is_missing(DiskError error)
    {
        await OpenAsync();
        await AskAsync("a");
        Run(TimeSpan.FromSeconds(40));
        _disk.Fault = (operation, _, _) => operation is "write" or "fsync" or "create" or "open" ? error : null;
        await PassAsync("b");
        Run(TimeSpan.FromMinutes(1));
        Assert.Single(_heard);
        Assert.NotNull(_store.Figures.Trouble);
        Assert.Equal(GreylistReason.Known, (await AskAsync("b")).Why);

        _disk.Fault = null;
        Run(TimeSpan.FromSeconds(15));
        Assert.Equal("kept", _heard[^1]);
        Assert.Null(_store.Figures.Trouble);
        _disk.PowerCut();

        await OpenAsync();
        Assert.Equal(GreylistReason.Known, (await AskAsync("b")).Why);
        Assert.Equal(GreylistReason.CameBack, (await AskAsync("a")).Why);
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_and_forgotten_and_the_server_goes_on()
    {
        await OpenAsync();
        for (var n = 0; n < 100; n++)
        {
            await AskAsync($"{n}");
        }

        await _store.DisposeAsync();
        Spoil("table", at: 3000);

        var report = await OpenAsync();

        Assert.Contains("cannot be read from octet", report.Damage, StringComparison.Ordinal);
        Assert.InRange(report.Entries!.Value, 1, 99);
        Assert.Equal(GreylistReason.New, (await AskAsync("99")).Why);
        Run(TimeSpan.FromSeconds(40));
        await _store.DisposeAsync();
        Assert.Null((await OpenAsync()).Damage);
    }

    [Fact]
    public async Task A_file_that_is_none_of_ours_is_no_end()
    {
        await OpenAsync();
        await AskAsync("a");
        await _store.DisposeAsync();
        Spoil("table", at: 0);

        Assert.Contains("no file of ours", (await OpenAsync()).Damage, StringComparison.Ordinal);
        Assert.Equal(GreylistReason.New, (await AskAsync("a")).Why);
    }

    [Fact]
    public async Task Where_nothing_can_be_opened_it_begins_empty_and_keeps_once_it_can()
    {
        _disk.Fault = (_, _, _) => DiskError.Denied;
        Assert.NotNull((await OpenAsync()).Damage);
        await AskAsync("a");
        Run(TimeSpan.FromSeconds(5));
        Assert.Single(_heard);

        _disk.Fault = null;
        Run(TimeSpan.FromSeconds(15));
        _disk.PowerCut();
        await OpenAsync();
        Assert.Equal(GreylistReason.TooEarly, (await AskAsync("a")).Why);
    }

    [Fact]
    public async Task Files_stay_in_proportion_to_what_is_remembered_however_often_it_changes()
    {
        await OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            for (var n = 0; n < 2000; n++)
            {
                await AskAsync($"{round}-{n}-{new string('x', 60)}", $"10.{n % 250}.0.0/24");
            }

            Run(TimeSpan.FromHours(25));                // and all of it is over
        }

        Assert.InRange(_disk.Used, 0, 16 << 20);
        Assert.InRange(_store.Figures.Waiting, 0, 2000);
    }

    /// <summary>How much of what was asked half a minute before a power cut is not known afterwards, over many of them.</summary>
    /// <param name="forgotten">Syncs that do nothing.</param>
    private async Task<int> LostByPowerCutsAsync(params string[] forgotten)
    {
        var lost = 0;
        for (var seed = 1; seed <= 60; seed++)
        {
            _disk = new SimulatedDisk(seed);
            _disk.Forgotten.UnionWith(forgotten);
            await OpenAsync();
            var asked = new List<string>();
            for (var n = 0; n < seed; n++)
            {
                asked.Add($"{seed}-{n}");
                await AskAsync(asked[^1]);
                Run(TimeSpan.FromSeconds(n % 5));
            }

            Run(TimeSpan.FromSeconds(33));
            await AskAsync("later");
            Run(TimeSpan.FromSeconds(3));
            _disk.PowerCut();
            _disk.Forgotten.Clear();

            await OpenAsync();
            foreach (var sender in asked)
            {
                lost += (await AskAsync(sender)).Why == GreylistReason.New ? 1 : 0;
            }
        }

        return lost;
    }

    private async Task<GreylistReport> OpenAsync()
    {
        _threads = new SteppedThreads(_time);
        _store = new GreylistStore(TestMail.Settings("/data"), _disk, _threads, _time);
        return await _store.OpenAsync(s_rules, this, CancellationToken.None);
    }

    private ValueTask<GreylistAnswer> AskAsync(string sender, string network = "192.0.2.0/24", bool first = false)
    {
        var triplet = new GreylistTriplet(IPNetwork.Parse(network), sender, "b@y.test");
        if (first)
        {
            _ = _store.AskAsync(triplet, CancellationToken.None);
        }

        return _store.AskAsync(triplet, CancellationToken.None);
    }

    private async Task PassAsync(string sender)
    {
        await AskAsync(sender);
        Run(TimeSpan.FromMinutes(1));
        Assert.Equal(GreylistReason.CameBack, (await AskAsync(sender)).Why);
    }

    /// <summary>So much time passes, and who has something to do meanwhile does it.</summary>
    private void Run(TimeSpan time)
    {
        var until = _time.GetTimestamp() + time.Ticks;
        while (true)
        {
            while (_threads.Step(_random))
            {
            }

            if (_threads.NextDue is not { } due || due > until)
            {
                break;
            }

            _time.Advance(TimeSpan.FromTicks(Math.Max(1, due - _time.GetTimestamp())));
        }

        _time.Advance(TimeSpan.FromTicks(Math.Max(0, until - _time.GetTimestamp())));
        while (_threads.Step(_random))
        {
        }
    }

    private void Spoil(string name, long at)
    {
        using var directory = _disk.OpenDirectory("/data/greylist");
        using var file = directory.Open(name, DiskAccess.Write);
        file.Write("spoilt"u8, at);
    }

    private sealed class PowerCutException : Exception;
}
