using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy.Hooks;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Policy;

/// <summary>Whose message is tried, and what of the outside world may be asked about it.</summary>
/// <param name="Listener">The name of the one it comes in by.</param>
/// <param name="Client">Its peer.</param>
/// <param name="Helo">What that calls itself.</param>
/// <param name="Sender">Of MAIL; null: nobody.</param>
/// <param name="Recipients">Of RCPT, as if each were taken.</param>
/// <param name="User">The account that logged in; null: none did.</param>
public sealed record PolicyQuestion(string Listener, IPAddress Client, string Helo, Mailbox? Sender, ImmutableArray<Mailbox> Recipients, string? User)
{
    /// <summary>Its milters are asked too, which hear of the message like of any other.</summary>
    public bool AsksMilters { get; init; }

    /// <summary>Its HTTP hooks are asked too, likewise.</summary>
    public bool AsksHooks { get; init; }
}

/// <summary>What a listener's checks said.</summary>
/// <param name="Listener">Which it was.</param>
/// <param name="Checks">Those it names, as they were asked.</param>
/// <param name="Steps">In the order of the dialogue.</param>
/// <param name="Verdict">What the peer hears first that is no, and where; or <c>accepted</c>, <c>discarded</c>.</param>
/// <param name="Score">The sum of what counts, recipients aside.</param>
/// <param name="Fields">The header lines that would go in front of the message; empty: none.</param>
public sealed record PolicyTrialReport(string Listener, ImmutableArray<string> Checks, ImmutableArray<PolicyTrialStep> Steps, string Verdict, double Score, string Fields);

/// <summary>One step.</summary>
/// <param name="Step">connect, helo, mail, rcpt or content.</param>
/// <param name="About">Whom or what it is about.</param>
/// <param name="Action">pass, tag, defer, reject or discard.</param>
/// <param name="Reply">What the peer is told where that is no; else null.</param>
/// <param name="Findings">What was found, in order.</param>
public sealed record PolicyTrialStep(string Step, string About, string Action, string? Reply, ImmutableArray<PolicyTrialFinding> Findings);

/// <summary>Something that was found.</summary>
/// <param name="Score">What it adds to the sum.</param>
public sealed record PolicyTrialFinding(string Check, string Result, string Reason, double Score);

/// <summary>
/// A message that does not come in: the checks of a listener are asked about it as a session would ask them, step by step, and all of them, also behind a no. The same code as in a
/// session; only greylisting learns nothing, nobody is held back, and milters and hooks are asked only where that is wanted.
/// </summary>
public sealed class PolicyTrial : IMailWriterObserver, IAsyncDisposable
{
    private readonly ListenerSettings _listener;
    private readonly PolicyQuestion _question;
    private readonly SessionFacts _session;
    private readonly SessionPolicy? _policy;
    private readonly ScoreSettings _scores;
    private readonly Func<Task> _close;
    private readonly ImmutableArray<PolicyTrialStep>.Builder _steps = ImmutableArray.CreateBuilder<PolicyTrialStep>();
    private readonly SemaphoreSlim _room = new(0);
    private Transaction _transaction;
    private GateWriter? _gate;
    private string? _verdict;
    private long _octets;
    private double _score;

    internal PolicyTrial(PolicyBook book, ListenerSettings listener, string hostname, PolicyQuestion question, MailServerPorts ports, Func<Task> close)
    {
        (_listener, _question, _close, _scores) = (listener, question, close, book.Settings.Scores);
        var peer = new IPEndPoint(question.Client, 0);
        var now = ports.Time.GetUtcNow();
        _session = new SessionFacts("test", hostname, listener.Name, listener.Role, peer, null, null, now)
        {
            IsNeighbour = listener.Peers.RelayFrom.Contain(peer),
            MustLogIn = listener.Auth == ListenerAuth.Required,
        };
        _transaction = new Transaction(new MailIdGenerator(ports.Seed).Next(now), new SmtpCommand.Mail(new ReversePath(question.Sender), MailParameters.None), null);
        _policy = book.ChainOf(listener)?.Begin(_session);
    }

    /// <summary>Asks about all that goes before the content.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await AskAsync(PolicySteps.Connect, _question.Client.ToString(), new PolicyFacts(_session, null, null, null, null, 0), cancellation);
        await AskAsync(PolicySteps.Hello, _question.Helo, Facts with { Transaction = null, User = null }, cancellation);
        await AskAsync(PolicySteps.Mail, new ReversePath(_question.Sender).ToString(), Facts, cancellation);
        foreach (var recipient in _question.Recipients)
        {
            _transaction = _transaction.With(new Recipient(recipient));
            await AskAsync(PolicySteps.Rcpt, recipient.ToString(), Facts, cancellation);
        }

        _gate = _policy?.Receive(Facts, this)?.Over(new Nowhere(_transaction.Id));
    }

    /// <summary>The next of the content, with CRLF at each line's end; done when all who look on have room for more.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        _octets += content.Length;
        if (_gate is { } gate && !content.IsEmpty && !gate.Write(content.Span))
        {
            await _room.WaitAsync(cancellation);
        }
    }

    /// <summary>All of it has come.</summary>
    public async Task<PolicyTrialReport> EndAsync(CancellationToken cancellation)
    {
        _gate?.Complete();
        await AskAsync(PolicySteps.Content, string.Create(CultureInfo.InvariantCulture, $"{_octets} octets"), Facts, cancellation);
        return new PolicyTrialReport(
            _listener.Name,
            [.. _listener.Checks.Concat(_listener.Milters).Select(c => c.Most == CheckLimit.Reject ? c.Name : $"{c.Name}={c.Most.ToString().ToLowerInvariant()}")],
            _steps.ToImmutable(), _verdict ?? "accepted", _score, _policy?.FieldsInFront ?? "");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _policy?.Dispose();
        await _close();
        _room.Dispose();
    }

    void IMailWriterObserver.OnReady(MailId id) => _room.Release();

    void IMailWriterObserver.OnStored(MailId id)
    {
    }

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure)
    {
    }

    /// <summary>The listener as it is tried: without those who are not to be asked.</summary>
    internal static ListenerSettings Tried(ServerSettings settings, PolicyQuestion question)
    {
        var listener = settings.Listeners.FirstOrDefault(l => l.Name == question.Listener && l.TakesMail)
            ?? throw new ArgumentException($"there is no listener {question.Listener} that takes mail: {string.Join(", ", settings.Listeners.Where(l => l.TakesMail).Select(l => l.Name))}", nameof(question));
        return listener with
        {
            Milters = question.AsksMilters ? listener.Milters : [],
            Checks = question.AsksHooks ? listener.Checks : listener.Checks.RemoveAll(c => c.Name == HttpHookCheck.Word),
        };
    }

    private PolicyFacts Facts => new(_session, new Hello(_question.Helo, Extended: true), _question.User, null, _transaction, _octets);

    private async Task AskAsync(PolicySteps step, string about, PolicyFacts facts, CancellationToken cancellation)
    {
        if (_policy is not { } policy || !policy.Asks(step, facts.User))
        {
            return;
        }

        cancellation.ThrowIfCancellationRequested();
        var answer = await policy.AskAsync(step, facts);
        if (step != PolicySteps.Rcpt)
        {
            _score += answer.Findings.Sum(f => f.Score);
        }

        var word = step switch { PolicySteps.Hello => "helo", _ => step.ToString().ToLowerInvariant() };
        var reply = answer.Action is PolicyAction.Defer or PolicyAction.Reject ? step == PolicySteps.Connect ? PolicyLimits.AtConnect(answer.Reply!.Value) : answer.Reply : null;
        _steps.Add(new PolicyTrialStep(
            word, about, answer.Action.ToString().ToLowerInvariant(), reply?.ToString(), [.. answer.Findings.Select(f => new PolicyTrialFinding(f.Check, f.Result, f.Reason, f.Score))]));
        _verdict ??= reply is { } no ? $"{no} (at {word})" : answer.Action == PolicyAction.Discard ? "discarded" : null;
    }

    /// <summary>Where the message would be stored.</summary>
    private sealed class Nowhere(MailId id) : IMailWriter
    {
        public MailId Id => id;

        public long Length { get; private set; }

        public bool Write(ReadOnlySpan<byte> content)
        {
            Length += content.Length;
            return true;
        }

        public void Commit(Envelope envelope)
        {
        }

        public void Abort()
        {
        }
    }
}
