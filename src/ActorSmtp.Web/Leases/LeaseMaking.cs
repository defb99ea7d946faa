using System.Security.Cryptography;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Leases;

/// <summary>What a new lease is made of.</summary>
internal static class LeaseMaking
{
    private const string Letters = "23456789abcdefghjkmnpqrstuvwxyz";
    private const int IdLength = 12;

    /// <summary>Random, and not to be guessed.</summary>
    public static string Id() => RandomNumberGenerator.GetString(Letters, IdLength);

    public static string Password() => RandomNumberGenerator.GetString(Letters, 24);

    /// <summary>What a password is compared with: it has 118 bits, rounds add nothing.</summary>
    public static string VerifierOf(string password) => StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format();

    /// <summary>The domain of leases that name none.</summary>
    public static string DomainOf(ServerSettings settings) =>
        settings.TestInbox.Domain.Length > 0 ? settings.TestInbox.Domain : settings.Domains.FirstOrDefault(d => d != "*") ?? "inbox.test";

    public static string AddressOf(string id, string? prefix, string domain) => $"{(prefix is null ? "" : prefix.ToLowerInvariant() + "-")}{id}@{domain}";

    /// <summary>The id in an address.</summary>
    public static string IdOf(string address) => address[..address.IndexOf('@', StringComparison.Ordinal)] is var local && local.Length > IdLength ? local[^IdLength..] : local;

    /// <summary>What is tried by a test sends as its users do, from any address.</summary>
    public static UserAccount AccountOf(string address, string verifier) => new(address, verifier, [], Disabled: false, Admin: false) { SendsAs = ["*"] };

    public static Scenario For(Scenario scenario, Lease lease) => scenario with { For = new ScenarioTarget(Lease: lease.Id, LeaseAddress: lease.Address) };

    public static ProblemException AllTaken(int leases) =>
        new(Problem.Limit($"All {leases} leases are taken (actorsmtp.test-inbox.leases); give one back, or wait until one expires"));

    public static ProblemException IsOver { get; } = new(Problem.Gone("The lease is over; its mail is gone"));
}
