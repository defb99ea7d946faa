using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Client.Policy;

/// <summary>How origins are examined.</summary>
/// <param name="Server">This server's name.</param>
/// <param name="Deadline">For all of it; what is not known then has failed for now.</param>
/// <param name="Dkim">Which signatures are verified.</param>
public sealed record OriginOptions(string Server, TimeSpan Deadline, DkimOptions Dkim);

/// <summary>Who is examined.</summary>
/// <param name="Client">The client's address.</param>
/// <param name="Helo">What it called itself.</param>
/// <param name="Sender">Of MAIL; null: nobody.</param>
public sealed record OriginSubject(IPAddress Client, string Helo, Mailbox? Sender);

/// <summary>
/// Finds out where a message comes from: the client's names, SPF of HELO and of the sender, every signature, the chain of ARC, then DMARC. All but the last at once. Holds no thread while the
/// DNS is asked; ends with the deadline at the latest, whatever strangers publish.
/// </summary>
/// <param name="resolver">Knows.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock of the deadline and of signatures.</param>
/// <param name="entropy">Chance, for the percentages of DMARC; from any thread.</param>
public sealed class OriginExaminer(IResolver resolver, OriginOptions options, TimeProvider time, Func<ulong> entropy)
{
    /// <summary>What is found out.</summary>
    /// <param name="subject">Who sent it.</param>
    /// <param name="message">Whole.</param>
    /// <param name="cancellation">As if the deadline had come.</param>
    public async Task<OriginFindings> ExamineAsync(OriginSubject subject, SignedMessage message, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(message);
        using var late = new CancellationTokenSource(options.Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        var (deadline, now) = (either.Token, time.GetUtcNow());
        var names = resolver.DecideAsync(new ReverseNames(subject.Client), deadline);
        var helo = resolver.DecideAsync(new SpfCheck(SpfSubject.OfHelo(subject.Client, subject.Helo, options.Server, now)), deadline);
        var spf = subject.Sender is null ? helo : resolver.DecideAsync(new SpfCheck(SpfSubject.OfSender(subject.Client, subject.Helo, subject.Sender, options.Server, now)), deadline);
        var chain = resolver.DecideAsync(new ArcCheck(message, options.Dkim, now), deadline);
        ImmutableArray<DkimResult> signatures = [.. await Task.WhenAll(DkimCheck.Of(message, options.Dkim, now).Select(check => resolver.DecideAsync(check, deadline)))];
        var sender = await spf;
        var dmarc = await resolver.DecideAsync(new DmarcCheck(message.Header, sender, signatures, PublicSuffixes.Own, (int)(entropy() % 100)), deadline);
        return new OriginFindings(subject.Client, subject.Sender, await names, await helo, sender, signatures, message.Surplus, dmarc, await chain);
    }
}
