using System.Net.Http.Json;

namespace ActorSmtp.Examples.Tests.OverHttp;

/// <summary>All that a test suite needs of the API, in forty lines: in any other language it is as short.</summary>
public sealed class MailApi(HttpClient http)
{
    /// <summary>An inbox for one test; what is to go wrong for it comes along.</summary>
    public async Task<Lease> LeaseAsync(params object[] scenarios)
    {
        var answer = await http.PostAsJsonAsync("/api/leases", new { ttl = "5m", scenarios });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<Lease>())!;
    }

    /// <summary>Waits until so many messages are there; fewer come back where they have not come in half a minute.</summary>
    public async Task<IReadOnlyList<Mail>> WaitAsync(Lease lease, string subject, int count = 1) =>
        (await http.GetFromJsonAsync<Mails>($"/api/leases/{lease.Id}/messages?wait=30s&count={count}&subject={Uri.EscapeDataString(subject)}"))!.Messages;

    /// <summary>How often each scenario has acted.</summary>
    public async Task<IReadOnlyList<int>> HitsAsync(Lease lease) =>
        [.. (await http.GetFromJsonAsync<Scenarios>($"/api/scenarios?lease={lease.Id}"))!.Items.Select(s => s.Hits)];

    /// <summary>Gives it back. A lease that is not expires by itself.</summary>
    public async Task GiveBackAsync(Lease lease) => (await http.DeleteAsync($"/api/leases/{lease.Id}")).EnsureSuccessStatusCode();

    public sealed record Lease(string Id, string Address, string User, string Password, Door[] Smtp);

    public sealed record Door(string Host, int Port);

    public sealed record Mail(string Subject, string? Text, string? Html, Link[] Links, Code[] Codes);

    public sealed record Link(string Url, string? Text);

    public sealed record Code([property: System.Text.Json.Serialization.JsonPropertyName("code")] string Value);

    private sealed record Mails(Mail[] Messages);

    private sealed record Scenarios(Scenario[] Items);

    private sealed record Scenario(int Hits);
}
