using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Tokens;
using ActorSmtp.Server.Auth.Guesses;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// The way of an attempt: admitted at once, after a wait, or not; then its turn on a worker; then a verdict. What was right a short while ago
/// (<see cref="VerifiedCredentials"/>) goes past all of it.
/// </summary>
internal sealed partial class AuthActor
{
    private readonly VerifiedCredentials _verified;
    private readonly GuessLimits _limits;
    private readonly VerificationQueue<Attempt> _queue;
    private int _working;

    private void OnVerify(Verify m)
    {
        var account = _directory.FindLogin(m.Credentials.User);
        if (_verified.Knows(account?.Name ?? "", account?.Password ?? "", m.Credentials.Password))
        {
            Sender.Tell(VerdictOn(account, m.Credentials.User, m.Credentials.AuthorizeAs, null, m.From));
            return;
        }

        Admit(new Attempt(m, m.From, _directory.Spelling(m.Credentials.User), Sender));
    }

    private void OnFindVerifier(FindVerifier m) => Admit(new Attempt(m, m.From, _directory.Spelling(m.User), Sender));

    /// <summary>
    /// A proof is compared in the session for next to nothing; whether it counts is decided here, also whether it comes too late: of many
    /// exchanges that were begun before any had failed, the later ones are not answered.
    /// </summary>
    private void OnJudge(Judge m)
    {
        var name = _directory.Spelling(m.User);
        if (!m.Against.HasWaited && _limits.IsSlowed(m.From, name))
        {
            Refuse(new Attempt(m, m.From, name, Sender), DenialReason.Slowed);
            return;
        }

        var account = _directory.FindLogin(m.User);
        var isRight = m.IsRight && m.Against.Stored.Equals(StoredOf(account));              // and it is still the password
        Settle(name, m.From, Sender, VerdictOn(account, m.User, m.ActAs, isRight ? null : WrongOf(account), m.From));
    }

    private void Admit(Attempt attempt)
    {
        var admission = _limits.Admit(attempt.From, attempt.Name);
        if (admission.IsRefused)
        {
            Refuse(attempt, DenialReason.Slowed);
            return;
        }

        attempt = attempt with { Admission = admission };
        if (admission.IsImmediate)
        {
            Take(attempt);
            return;
        }

        Context.System.Scheduler.ScheduleTellOnce(admission.Delay, Self, new WaitOver(attempt), ActorRefs.NoSender);
    }

    private void OnWaitOver(Attempt attempt)
    {
        _limits.WaitIsOver(attempt.Admission);
        Take(attempt);
    }

    /// <summary>It is looked at: what costs nothing at once, the rest in its turn.</summary>
    private void Take(Attempt attempt)
    {
        if (attempt.Asked is FindVerifier find)
        {
            attempt.Asker.Tell(new Verifier(StoredOrDecoy(_directory.FindLogin(find.User), find.User), HasWaited: !attempt.Admission.IsImmediate));
            return;
        }

        if (_working >= _at.Settings.ParallelVerifications && _queue.Add(attempt, attempt.Admission.Rank) is { } pushedOut)
        {
            _at.Log.TooManyLogins(_path, _queue.Count);
            Refuse(pushedOut, DenialReason.Unavailable);
        }
        else if (_working < _at.Settings.ParallelVerifications)
        {
            Start(attempt);
        }
    }

    private void StartNext()
    {
        while (_working < _at.Settings.ParallelVerifications && _queue.TryTake(out var next))
        {
            if (next.Admission.IsImmediate && _limits.IsSlowed(next.From, next.Name))
            {
                Admit(next);                                // what came before it from there was wrong: now it waits like any other
            }
            else
            {
                Start(next);
            }
        }
    }

    private void Start(Attempt attempt)
    {
        _working++;
        switch (attempt.Asked)
        {
            case Verify { Credentials: var credentials }:
                var account = _directory.FindLogin(credentials.User);
                var verifier = StoredOrDecoy(account, credentials.User);
                Work(attempt, () => new Checked(attempt, verifier.Verify(credentials.Password) && StoredOf(account) is not null, account));
                break;

            case VerifyToken token:
                StartToken(attempt, token);
                break;

            default:
                throw new InvalidOperationException($"Nothing is verified for {attempt.Asked.GetType().Name}.");
        }
    }

    private void Work(Attempt attempt, Func<Checked> work) => _at.Background.Run(work)
        .PipeTo(Self, success: done => done, failure: e => new Checked(attempt, false, null) { Fault = e.Message });

    private void OnChecked(Checked m)
    {
        _working--;
        if (m.Fault is not null)
        {
            _at.Log.VerificationFailed(_path, m.Fault);
            Refuse(m.Attempt, DenialReason.Unavailable);
        }
        else if (m.Attempt.Asked is VerifyToken token)
        {
            OnTokenChecked(m, token);
        }
        else
        {
            OnPasswordChecked(m, ((Verify)m.Attempt.Asked).Credentials);
        }

        StartNext();
    }

    private void OnPasswordChecked(Checked m, Credentials credentials)
    {
        var account = _directory.Account(m.Account?.Name ?? "");
        if (m.Account is not null && account?.Password != m.Account.Password)
        {
            account = null;                                 // changed or removed while it was verified
        }

        if (m.IsRight && account is not null)
        {
            _verified.Remember(account.Name, account.Password, credentials.Password);
        }

        var wrong = m.IsRight && account is not null ? (DenialReason?)null : WrongOf(account);
        Settle(m.Attempt.Name, m.Attempt.From, m.Attempt.Asker, VerdictOn(account, credentials.User, credentials.AuthorizeAs, wrong, m.Attempt.From));
    }

    private static DenialReason WrongOf(UserAccount? account) => account is null ? DenialReason.UnknownUser : DenialReason.WrongPassword;

    /// <summary>Says the verdict, and remembers what it tells of where it came from.</summary>
    private void Settle(string name, string from, IActorRef asker, Verdict verdict)
    {
        if (verdict is Granted)
        {
            _limits.Succeeded(from, name);
        }
        else
        {
            _limits.Failed(from, name);
        }

        asker.Tell(verdict);
        TellSoon();
    }

    /// <summary>It is not looked at, so it counts for nothing.</summary>
    private void Refuse(Attempt attempt, DenialReason reason)
    {
        Context.System.EventStream.Publish(new LoginFailed(attempt.Name, reason, attempt.From));
        attempt.Asker.Tell(new Denied(reason));
    }

    /// <summary>One attempt on its way. Prints without what it holds.</summary>
    private sealed record Attempt(object Asked, string From, string Name, IActorRef Asker) : INoSerializationVerificationNeeded
    {
        public Admission Admission { get; init; }

        /// <summary>The issuer's keys were asked for once more on its behalf.</summary>
        public bool HasNewKeys { get; init; }
    }

    private sealed record WaitOver(Attempt Attempt) : INoSerializationVerificationNeeded;

    /// <param name="Account">As it was when the work began; null: nobody, or not known yet.</param>
    private sealed record Checked(Attempt Attempt, bool IsRight, UserAccount? Account) : INoSerializationVerificationNeeded
    {
        /// <summary>The work itself failed.</summary>
        public string? Fault { get; init; }

        /// <summary>What was found of a token.</summary>
        public TokenVerdict? Token { get; init; }
    }
}
