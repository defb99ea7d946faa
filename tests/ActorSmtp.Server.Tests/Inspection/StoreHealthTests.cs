using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Inspection;

/// <summary>What health says of the store: in its own words, where it has some.</summary>
public sealed class StoreHealthTests
{
    [Theory]
    [InlineData(PressureLevel.Normal, null, "ok", "takes mail")]
    [InlineData(PressureLevel.Normal, "sweeping fails: permission denied (42501)", "degraded", "takes mail, but sweeping fails: permission denied (42501)")]
    [InlineData(PressureLevel.Full, "the database is away: refused", "failed", "takes no mail: the database is away: refused")]
    [InlineData(PressureLevel.Full, null, "failed", "the store has failed: what was acknowledged is recovered at the next start")]
    public async Task Trouble_is_told_as_the_store_tells_it(PressureLevel level, string? trouble, string status, string detail)
    {
        var store = new ScriptedMailStore { Trouble = trouble, Pressure = level == PressureLevel.Full ? StorePressure.Full(PressureReason.Fault) : StorePressure.Normal };
        var report = await new ServerHealth(store, SyncPolicy.Always, new SessionRegister(), 10, () => 1, 1, () => false, "0").ReadAsync(default);
        var check = report.Checks.Single(c => c.Name == "store");
        Assert.Equal((status, status, detail), (report.Status, check.Status, check.Detail));
    }
}
