using System.Text.Json;
using System.Text.Json.Serialization;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Storage;

namespace ActorSmtp.Web.Leases;

/// <summary>A lease's scenario as nodes tell it to each other. What a newer program says besides is passed over; what this one cannot read it does not do.</summary>
internal sealed record KeptScenario(string? Name, ScenarioStep At, string? Reply, TimeSpan Delay, bool Drop, bool FailHandshake, DateTimeOffset? Expires)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(allowIntegerValues: false) } };

    public static LeaseScenarioRow RowOf(Scenario scenario) => new(
        scenario.Id,
        scenario.For.Lease!,
        JsonSerializer.Serialize(
            new KeptScenario(scenario.Name, scenario.At, scenario.Then.Reply?.ToString(), scenario.Then.Delay, scenario.Then.Drop, scenario.Then.FailHandshake, scenario.Expires), s_json),
        scenario.Nth,
        scenario.Times,
        IsGone: false);

    /// <summary>Null: it cannot be read.</summary>
    public static Scenario? Of(LeaseScenarioRow row, string address)
    {
        try
        {
            if (JsonSerializer.Deserialize<KeptScenario>(row.Spec, s_json) is not { } kept)
            {
                return null;
            }

            var reply = kept.Reply is null ? null : RefusalText.Parse(kept.Reply);
            return kept.Reply is not null && reply is null
                ? null
                : new Scenario(
                    row.Id, kept.Name, new ScenarioTarget(Lease: row.Lease, LeaseAddress: address), kept.At, row.Nth, row.Times,
                    new ScenarioEffect(reply, kept.Delay, kept.Drop, kept.FailHandshake), kept.Expires);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
