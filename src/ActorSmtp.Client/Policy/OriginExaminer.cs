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

/// <summary>What is found out. DMARC needs SPF and signatures; whoever wants it wants those.</summary>
[Flags]
public enum OriginParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The names of the client's address.</summary>
    Names = 1,

    /// <summary>SPF of HELO and of the sender.</summary>
    Spf = 2,

    /// <summary>The signatures.</summary>
    Dkim = 4,

    /// <summary>The chain of those who passed the message on.</summary>
    Arc = 8,

    /// <summary>What the author's domain says of it.</summary>
    Dmarc = 16,

    /// <summary>Everything.</summary>
    All = Names | Spf | Dkim | Arc | Dmarc,
}

/// <summary>What is known of a sender before there is a message; what was not looked at is null.</summary>
/// <param name="Names">Of the client's address.</param>
/// <param name="Helo">SPF of the name of HELO.</param>
/// <param name="Spf">SPF of the sender; of HELO where there is none.</param>
public sealed record SenderFindings(ReverseNamesResult? Names, SpfResult? Helo, SpfResult? Spf);

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
    /// <summary>What is found out of a message that is there.</summary>
    /// <param name="subject">Who sent it.</param>
    /// <param name="message">Whole.</param>
    /// <param name="cancellation">As if the deadline had come.</param>
    public async Task<OriginFindings> ExamineAsync(OriginSubject subject, SignedMessage message, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(message);
        return await WithinDeadlineAsync(cancellation, deadline => ExamineAsync(OriginParts.All, subject, SenderAsync(OriginParts.All, subject, deadline), message, deadline));
    }

    /// <summary>What is found out of a sender, before the message comes.</summary>
    /// <param name="parts">What is wanted of it.</param>
    /// <param name="subject">Who sends.</param>
    /// <param name="cancellation">As if the deadline had come.</param>
    public Task<SenderFindings> ExamineSenderAsync(OriginParts parts, OriginSubject subject, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return WithinDeadlineAsync(cancellation, deadline => SenderAsync(parts, subject, deadline));
    }

    /// <summary>What is found out of a message whose sender is being examined, or was. Ends with the later deadline of the two, not with both one after the other.</summary>
    /// <param name="parts">What is wanted; of the sender it is taken from <paramref name="sender"/>.</param>
    /// <param name="subject">Who sent it.</param>
    /// <param name="sender">What is known of that, or will be.</param>
    /// <param name="message">Whole.</param>
    /// <param name="cancellation">As if the deadline had come.</param>
    public Task<OriginFindings> ExamineMessageAsync(OriginParts parts, OriginSubject subject, Task<SenderFindings> sender, SignedMessage message, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(sender);
        ArgumentNullException.ThrowIfNull(message);
        return WithinDeadlineAsync(cancellation, deadline => ExamineAsync(parts, subject, sender, message, deadline));
    }

    private async Task<T> WithinDeadlineAsync<T>(CancellationToken cancellation, Func<CancellationToken, Task<T>> examine)
    {
        using var late = new CancellationTokenSource(options.Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        return await examine(either.Token);
    }

    private async Task<SenderFindings> SenderAsync(OriginParts parts, OriginSubject subject, CancellationToken deadline)
    {
        var now = time.GetUtcNow();
        var names = parts.HasFlag(OriginParts.Names) ? resolver.DecideAsync(new ReverseNames(subject.Client), deadline) : null;
        var (helo, spf) = (Task.FromResult<SpfResult?>(null), Task.FromResult<SpfResult?>(null));
        if ((parts & (OriginParts.Spf | OriginParts.Dmarc)) != 0)
        {
            helo = CheckAsync(SpfSubject.OfHelo(subject.Client, subject.Helo, options.Server, now), deadline);
            spf = subject.Sender is null ? helo : CheckAsync(SpfSubject.OfSender(subject.Client, subject.Helo, subject.Sender, options.Server, now), deadline);
        }

        return new SenderFindings(names is null ? null : await names, await helo, await spf);
    }

    private async Task<SpfResult?> CheckAsync(SpfSubject subject, CancellationToken deadline) => await resolver.DecideAsync(new SpfCheck(subject), deadline);

    /// <summary>
    /// What the author's domain publishes, asked for beside all else: names that a stranger chose (of signatures, of the sender) may take all the time there is, and it is none of theirs.
    /// </summary>
    private async Task<Told> PoliciesAsync(SignedMessage message, CancellationToken deadline)
    {
        var told = new Told(resolver);
        await told.DecideAsync(new DmarcCheck(message.Header, null, [], PublicSuffixes.Own, 0, message.HiddenAuthor), deadline);
        return told.End();
    }

    private async Task<OriginFindings> ExamineAsync(OriginParts parts, OriginSubject subject, Task<SenderFindings> sending, SignedMessage message, CancellationToken deadline)
    {
        var now = time.GetUtcNow();
        var policies = parts.HasFlag(OriginParts.Dmarc) && !message.IsTooLong ? PoliciesAsync(message, deadline) : null;
        var chain = parts.HasFlag(OriginParts.Arc) ? resolver.DecideAsync(new ArcCheck(message, options.Dkim, now), deadline) : null;
        ImmutableArray<DkimResult> signatures = default;
        if ((parts & (OriginParts.Dkim | OriginParts.Dmarc)) != 0)
        {
            signatures = [.. await Task.WhenAll(DkimCheck.Of(message, options.Dkim, now).Select(check => resolver.DecideAsync(check, deadline)))];
        }

        var sender = await sending;
        var dmarc = !parts.HasFlag(OriginParts.Dmarc) ? null
            : policies is null ? DmarcResult.OfTooLong
            : await (await policies).DecideAsync(new DmarcCheck(message.Header, sender.Spf, signatures, PublicSuffixes.Own, (int)(entropy() % 100), message.HiddenAuthor), CancellationToken.None);
        return new OriginFindings(
            subject.Client, subject.Sender, sender.Names, sender.Helo, sender.Spf, signatures, message.Surplus, dmarc, chain is null ? null : await chain);
    }

    /// <summary>Keeps what it was told for one message: asked again, it answers the same without asking anybody.</summary>
    private sealed class Told(IResolver resolver) : IResolver
    {
        private readonly Dictionary<DnsQuestion, DnsOutcome> _answers = [];
        private bool _isOver;

        /// <summary>What is not known now was not told in time.</summary>
        public Told End()
        {
            _isOver = true;
            return this;
        }

        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            if (!_answers.TryGetValue(question, out var answer) && !_isOver)
            {
                _answers.Add(question, answer = await resolver.ResolveAsync(question, cancellation));
            }

            return answer ?? new DnsFailed(DnsFailure.NoAnswer, $"the time for {question} is over", TimeSpan.Zero) { Name = question.Name };
        }
    }
}
