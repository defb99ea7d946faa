using System.Security.Cryptography;
using ActorSmtp.Harness.Composition;
using ActorSmtp.Server.Scenarios;

namespace ActorSmtp.Harness;

/// <summary>
/// Misbehaviour on request, for whom it is asked of: everybody (<see cref="Inbox.Scenarios"/> of the server), an inbox, or a recipient, sender or
/// client name (<see cref="ForRecipient"/>…). Occurrences are counted, never drawn by lot: <c>nth</c> is the first one on which it acts, from 1, and
/// <c>times</c> how often it acts from there on (null: always). Each counts every occurrence that it is for, also those at which another acts; of
/// several that are due the one that was made first acts, the others with the next.
/// </summary>
public sealed class MailScenarios
{
    private readonly HarnessHost _host;
    private readonly ScenarioTarget _target;

    internal MailScenarios(HarnessHost host, ScenarioTarget target) => (_host, _target) = (host, target);

    /// <summary>For mail to this address alone (RCPT TO).</summary>
    public MailScenarios ForRecipient(string address) => new(_host, new ScenarioTarget(Recipient: address));

    /// <summary>For mail from this address alone (MAIL FROM).</summary>
    public MailScenarios ForSender(string address) => new(_host, new ScenarioTarget(Sender: address));

    /// <summary>For the client that calls itself this in EHLO.</summary>
    public MailScenarios ForClient(string name) => new(_host, new ScenarioTarget(Helo: name));

    /// <summary>Answers so instead of the usual: <c>Refuse(SmtpStep.Rcpt, "452 4.2.2 Mailbox full", nth: 2)</c>.</summary>
    /// <param name="reply">A code of 400 to 599, maybe an enhanced code of the same class, a text.</param>
    /// <exception cref="ArgumentException">The reply is no refusal.</exception>
    public MailScenario Refuse(SmtpStep at, string reply, int nth = 1, int? times = 1)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var refusal = RefusalText.Parse(reply) ?? throw new ArgumentException($"\"{reply}\": expected {RefusalText.Expected}", nameof(reply));
        return Add(at, nth, times, new ScenarioEffect(refusal, TimeSpan.Zero, Drop: false, FailHandshake: false));
    }

    /// <summary>Closes the link without a word. At <see cref="SmtpStep.Content"/> nothing is kept; at <see cref="SmtpStep.Stored"/> the message is.</summary>
    public MailScenario Drop(SmtpStep at, int nth = 1, int? times = 1) =>
        Add(at, nth, times, new ScenarioEffect(null, TimeSpan.Zero, Drop: true, FailHandshake: false));

    /// <summary>Answers as usual, but so much later.</summary>
    public MailScenario Delay(SmtpStep at, TimeSpan delay, int nth = 1, int? times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.FromMilliseconds(1));
        return Add(at, nth, times, new ScenarioEffect(null, delay, Drop: false, FailHandshake: false));
    }

    /// <summary>The TLS handshake fails: behind STARTTLS, or at the connection where TLS comes first.</summary>
    /// <exception cref="InvalidOperationException">The server has no TLS.</exception>
    public MailScenario FailHandshake(int nth = 1, int? times = 1)
    {
        var at = _host.Options.Tls switch
        {
            SmtpTls.Off => throw new InvalidOperationException("This server has no TLS: start it with ActorSmtpOptions.Tls."),
            SmtpTls.Implicit => SmtpStep.Connect,
            _ => SmtpStep.StartTls,
        };
        return Add(at, nth, times, new ScenarioEffect(null, TimeSpan.Zero, Drop: false, FailHandshake: true));
    }

    /// <summary>Takes out all that were asked for whom this is.</summary>
    public void Clear() => _host.Server.Scenarios.Remove(s => s.For == _target);

    private MailScenario Add(SmtpStep at, int nth, int? times, ScenarioEffect effect)
    {
        ObjectDisposedException.ThrowIf(_host.IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(nth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(times ?? 1, 1, nameof(times));
        var scenario = new Scenario(RandomNumberGenerator.GetHexString(12, lowercase: true), null, _target, Enum.Parse<ScenarioStep>(at.ToString()), nth, times, effect, Expires: null);
        return _host.Server.Scenarios.TryAdd(scenario, _host.Settings.TestInbox.Scenarios)
            ? new MailScenario(_host, scenario.Id, at)
            : throw new InvalidOperationException($"There are {_host.Settings.TestInbox.Scenarios} scenarios already (test-inbox.scenarios): dispose those that are done.");
    }
}
