using Akka.Actor;
using ActorSmtp.Protocol.Tokens;
using ActorSmtp.Server.Auth.Tokens;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Tokens (RFC 7628): verified by the issuer's keys on a worker. One that is signed by a key we do not have waits until the issuer was asked
/// once more, then it is judged by what there is.
/// </summary>
internal sealed partial class AuthActor
{
    private static readonly TimeSpan LongestForKeys = TimeSpan.FromSeconds(30);

    private readonly List<Attempt> _forKeys = [];

    private void OnVerifyToken(VerifyToken m)
    {
        if (_at.Tokens is null)
        {
            Sender.Tell(new Denied(DenialReason.Unavailable));
            return;
        }

        // Without a name it counts for itself alone: others' bad tokens are no reason to slow it.
        var name = m.Token.User is { } user ? _directory.Spelling(user) : $"token from {m.From}";
        Admit(new Attempt(m, m.From, name, Sender));
    }

    private void StartToken(Attempt attempt, VerifyToken asked)
    {
        var (keys, rules, now) = (_at.Tokens!.Board.Current, _at.Tokens.Rules, _at.Time.GetUtcNow());
        Work(attempt, () => new Checked(attempt, false, null) { Token = AccessToken.Verify(asked.Token.Token, keys, rules, now) });
    }

    private void OnTokenChecked(Checked m, VerifyToken asked)
    {
        var attempt = m.Attempt;
        switch (m.Token)
        {
            case TokenVerdict.Good good:
                var account = _directory.FindLogin(good.Account);
                Settle(attempt.Name, attempt.From, attempt.Asker, VerdictOn(account, good.Account, asked.Token.User, null, attempt.From));
                break;

            case TokenVerdict.UnknownKey when !attempt.HasNewKeys:
                WaitForKeys(attempt);
                break;

            case TokenVerdict.UnknownKey when _at.Tokens!.Board.Current.Count == 0:
                Refuse(attempt, DenialReason.Unavailable);          // nobody could say: a good one must not be called bad
                break;

            default:
                var why = m.Token is TokenVerdict.Bad bad ? bad.Why : "it is signed by a key that is not the issuer's";
                _at.Log.TokenRefused(_path, attempt.From, why);
                Settle(attempt.Name, attempt.From, attempt.Asker, VerdictOn(null, attempt.Name, null, DenialReason.BadToken, attempt.From));
                break;
        }
    }

    private void WaitForKeys(Attempt attempt)
    {
        if (_forKeys.Count >= _at.Settings.WaitingVerifications)
        {
            Refuse(attempt, DenialReason.Unavailable);
            return;
        }

        _forKeys.Add(attempt with { HasNewKeys = true });
        if (_forKeys.Count == 1)
        {
            _at.Tokens!.Keys.Tell(IssuerKeysMessages.Want.Instance, Self);
            Context.System.Scheduler.ScheduleTellOnce(LongestForKeys, Self, IssuerKeysMessages.Refreshed.Instance, ActorRefs.NoSender);
        }
    }

    private void OnKeysRefreshed(IssuerKeysMessages.Refreshed m)
    {
        var waited = _forKeys.ToArray();
        _forKeys.Clear();
        foreach (var attempt in waited)
        {
            Take(attempt);
        }
    }
}

/// <summary>What logins by token need.</summary>
/// <param name="Rules">What a token has to be like.</param>
/// <param name="Board">Where the issuer's keys are.</param>
/// <param name="Keys">Who keeps them.</param>
internal sealed record TokenContext(TokenRules Rules, IssuerKeyBoard Board, IActorRef Keys);
