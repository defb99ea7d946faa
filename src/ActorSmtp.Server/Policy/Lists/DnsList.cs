using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Policy.Lists;

/// <summary>
/// One list of addresses in the DNS (RFC 5782). A list that does not serve us, lists everybody or answers what no list answers is left alone for a
/// while, and asked for its test entries (§5) before it counts again: a list that has died must not stop all mail.
/// </summary>
/// <param name="rest">How long it is left alone.</param>
internal sealed class DnsList(DnsListSettings settings, IResolver resolver, TimeSpan rest, TimeProvider time, Log log)
{
    /// <summary>So many peers listed one after another, and it is asked whether it lists everybody.</summary>
    private const int Suspicious = 5;

    private const string ListsAll = "it lists 127.0.0.1, and so probably everybody";

    private static readonly IPNetwork s_answers = IPNetwork.Parse("127.0.0.0/8");
    private static readonly IPNetwork s_errors = IPNetwork.Parse("127.255.255.0/24");
    private static readonly IPAddress s_listed = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress s_notListed = IPAddress.Parse("127.0.0.1");

    private long _restsUntil = long.MinValue;   // by the clock's stamps; long.MinValue: it counts
    private int _isTried;
    private int _inARow;                        // peers that were on it, and none between them that was not

    public DnsListSettings Settings => settings;

    /// <summary>Whether its answers count now. One whose rest is over is tried, and counts when that went well.</summary>
    public bool Counts
    {
        get
        {
            var until = Volatile.Read(ref _restsUntil);
            if (until == long.MinValue)
            {
                return true;
            }

            if (time.GetTimestamp() >= until && Interlocked.Exchange(ref _isTried, 1) == 0)
            {
                _ = TryAgainAsync();
            }

            return false;
        }
    }

    /// <summary>What it says of an address. Never throws but for cancellation.</summary>
    /// <returns>Null: it is not on the list.</returns>
    public async Task<Finding?> LookUpAsync(IPAddress address, CancellationToken cancellation)
    {
        var outcome = await AskAsync(address, cancellation);
        switch (outcome)
        {
            case DnsFailed failed:
                return new Finding(DnsListsCheck.Word, "unknown", $"{settings.Name}: {failed.Words}");

            case DnsFound when WhyNonsense(outcome) is { } why:
                Rest(why);
                return new Finding(DnsListsCheck.Word, "unknown", $"{settings.Name}: {why}");

            case DnsFound when await ListsEverybodyAsync(cancellation):
                return new Finding(DnsListsCheck.Word, "unknown", $"{settings.Name}: it lists everybody");

            case not DnsFound:
                Volatile.Write(ref _inARow, 0);
                break;
        }

        return outcome.Addresses.FirstOrDefault(a => settings.Codes.Any(c => c.Matches(a))) is { } code
            ? new Finding(DnsListsCheck.Word, settings.Score < 0 ? "known" : "listed", $"{settings.Name}: {address} is {code}", settings.Score)
            : null;
    }

    /// <summary>One that went bad while we run, by a wildcard in its zone, say, is found by that.</summary>
    private async Task<bool> ListsEverybodyAsync(CancellationToken cancellation) =>
        Interlocked.Increment(ref _inARow) % Suspicious == 0 && await AskAsync(s_notListed, cancellation) is DnsFound found && RestAs(WhyNonsense(found) ?? ListsAll);

    private bool RestAs(string why)
    {
        Rest(why);
        return true;
    }

    /// <summary>Asks for the test entries: 127.0.0.2 is on every list, 127.0.0.1 on none (RFC 5782 §5).</summary>
    /// <returns>Whether it can be believed.</returns>
    public async Task<bool> TestAsync(CancellationToken cancellation = default)
    {
        var (clean, listed) = (await AskAsync(s_notListed, cancellation), await AskAsync(s_listed, cancellation));
        if ((WhyNonsense(clean) ?? WhyNonsense(listed)) is { } why)
        {
            Rest(why);
            return false;
        }

        if (clean is DnsFound)
        {
            Rest(ListsAll);
            return false;
        }

        if (listed is not DnsFound)
        {
            log.ListHasNoTestEntry(settings.Name, settings.Zone.ToString(), listed is DnsFailed failed ? failed.Words : "it is not there");
        }

        return true;
    }

    private Task<DnsOutcome> AskAsync(IPAddress address, CancellationToken cancellation) =>
        resolver.ResolveAsync(new DnsQuestion(DnsName.ReverseOf(address, settings.Zone), DnsType.A), cancellation);

    private async Task TryAgainAsync()
    {
        try
        {
            if (await TestAsync())
            {
                Volatile.Write(ref _restsUntil, long.MinValue);
                log.ListCountsAgain(settings.Name);
            }
        }
        finally
        {
            Volatile.Write(ref _isTried, 0);
        }
    }

    private void Rest(string why)
    {
        var until = time.GetTimestamp() + (long)(rest.TotalSeconds * time.TimestampFrequency);
        if (Interlocked.Exchange(ref _restsUntil, until) == long.MinValue)
        {
            log.ListRests(settings.Name, rest, why);
        }
    }

    private static string? WhyNonsense(DnsOutcome outcome) => outcome switch
    {
        _ when outcome.Addresses.Any(s_errors.Contains) => $"it does not serve us ({outcome.Addresses.First(s_errors.Contains)})",
        _ when outcome.Addresses.Any(a => !s_answers.Contains(a)) => $"it answers {outcome.Addresses.First(a => !s_answers.Contains(a))}, which no list does",
        _ => null,
    };
}
