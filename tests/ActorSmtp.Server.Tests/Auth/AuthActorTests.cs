using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Auth;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>Verdicts, what they cost, and where the table of accounts comes from.</summary>
public sealed class AuthActorTests : AuthTestKit
{
    [Theory]
    [InlineData("bob", "secret", null, null)]
    [InlineData("BOB@MX.TEST", "secret", "", null)]
    [InlineData("bob", "secret", "bob@mx.test", null)]
    [InlineData("bob", "Secret", null, DenialReason.WrongPassword)]
    [InlineData("nobody", "secret", null, DenialReason.UnknownUser)]
    [InlineData("bob@elsewhere.test", "secret", null, DenialReason.UnknownUser)]
    [InlineData("mute", "", null, DenialReason.WrongPassword)]
    [InlineData("eve", "secret", null, DenialReason.Disabled)]
    [InlineData("eve", "wrong", null, DenialReason.WrongPassword)]
    [InlineData("bob", "secret", "ann", DenialReason.MayNotActAs)]
    [InlineData("bob", "secret", "nobody", DenialReason.MayNotActAs)]
    public void Each_login_gets_its_verdict_for_one_hash(string user, string password, string? actAs, DenialReason? denied)
    {
        var auth = StartAuth();
        Sys.EventStream.Subscribe(TestActor, typeof(LoginFailed));

        auth.Tell(new Verify(new Credentials(user, password, actAs), Here), TestActor);

        if (denied is { } reason)
        {
            Assert.Equal(new LoginFailed(user, reason, Here), ExpectMsg<LoginFailed>());
            Assert.Equal(new Denied(reason), ExpectMsg<Verdict>());
        }
        else
        {
            Assert.Equal(new Granted("bob"), ExpectMsg<Verdict>());
        }

        Assert.Equal(1, Background.Runs);
    }

    [Theory]
    [InlineData("bob", null, null)]
    [InlineData("bob", "ann", DenialReason.MayNotActAs)]
    [InlineData("eve", null, DenialReason.Disabled)]
    [InlineData("nobody", null, DenialReason.UnknownUser)]
    public void Who_has_proved_a_name_may_still_be_denied(string user, string? actAs, DenialReason? denied)
    {
        var auth = StartAuth();
        auth.Tell(new FindVerifier(user, Here), TestActor);
        var against = ExpectMsg<Verifier>();

        auth.Tell(new Judge(user, actAs, IsRight: true, Here, against), TestActor);

        Assert.Equal(denied is { } reason ? new Denied(reason) : new Granted("bob"), ExpectMsg<Verdict>());
        Assert.Equal(0, Background.Runs);
    }

    [Fact]
    public void One_login_more_than_may_wait_is_put_off_and_the_others_get_their_turn()
    {
        Background.Holds = true;
        var auth = StartAuth(parallel: 1, waiting: 1);

        auth.Tell(new Verify(new Credentials("bob", "secret"), Here), TestActor);
        auth.Tell(new Verify(new Credentials("ann", "secret"), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.Unavailable), Verify(auth, "bob", "secret"));
        Assert.Equal(1, Background.Runs);

        Background.LetOneGo();
        Assert.Equal(new Granted("bob"), ExpectMsg<Verdict>());
        AwaitCondition(() => Background.Runs == 2);
        Background.LetOneGo();
        Assert.Equal(new Granted("ann"), ExpectMsg<Verdict>());
    }

    [Fact]
    public void Where_nobody_may_wait_a_login_that_need_not_wait_is_verified()
    {
        var auth = StartAuth(parallel: 1, waiting: 0);

        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
    }

    [Fact]
    public void A_verification_that_fails_is_put_off_and_leaves_room_for_the_next()
    {
        var auth = StartAuth(parallel: 1, waiting: 0);
        Background.Fault = new InvalidOperationException("no memory");
        Assert.Equal(new Denied(DenialReason.Unavailable), Verify(auth, "bob", "secret"));
        Background.Fault = null;

        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
        Assert.Contains(Lines.All, l => l.StartsWith("Error a password could not be verified: no memory", StringComparison.Ordinal));
    }

    [Fact]
    public void Good_credentials_are_hashed_once_in_their_time_and_no_others_pass_by_them()
    {
        var auth = StartAuth();
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
        Assert.Equal(new Granted("bob"), Verify(auth, "Bob@mx.test", "secret"));
        Assert.Equal(new Denied(DenialReason.MayNotActAs), Verify(auth, "bob", "secret", "ann"));
        Assert.Equal(1, Background.Runs);

        Assert.Equal(new Denied(DenialReason.WrongPassword), Verify(auth, "bob", "wrong"));
        Assert.Equal(new Denied(DenialReason.WrongPassword), Verify(auth, "bob", "wrong"));
        Assert.Equal(3, Background.Runs);

        Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
        Assert.Equal(4, Background.Runs);
    }

    [Fact]
    public void What_is_remembered_ends_with_the_password_and_with_the_account()
    {
        var auth = StartAuth();
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
        Users.Table = Users.Table.With(Account("bob", "another"));
        Users.Change();
        ExpectMsg<AccountsChanged>();
        Assert.Equal(new Denied(DenialReason.WrongPassword), Verify(auth, "bob", "secret"));
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "another"));

        Users.Table = Users.Table.With(Account("bob", "another") with { Disabled = true });
        Users.Change();
        ExpectMsg<AccountsChanged>();
        Assert.Equal(new Denied(DenialReason.Disabled), Verify(auth, "bob", "another"));
    }

    [Fact]
    public void A_table_that_changes_is_read_again_and_published()
    {
        StartAuth();
        Assert.Equal(4, Board.Current.Count);
        Users.Table = Users.Table.With(Account("new", "secret"));
        Users.Change();

        Assert.Equal(5, ExpectMsg<AccountsChanged>().Accounts);
        Assert.IsType<Residence.Mailbox>(Board.Current.Find("new", "mx.test"));
    }

    [Fact]
    public void A_table_that_cannot_be_read_leaves_the_last_one_in_force_until_it_can()
    {
        var auth = StartAuth();
        Users.Instead = Task.FromException<UserTable>(new StoreException("line 3 is wrong"));
        Users.Change();
        AwaitCondition(() => Lines.All.Any(l => l.StartsWith("Error the accounts cannot be read", StringComparison.Ordinal) && l.Contains("line 3 is wrong", StringComparison.Ordinal)));
        Assert.Equal(4, Board.Current.Count);
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));

        (Users.Instead, Users.Table) = (null, Users.Table.Without("bob"));
        Users.Change();
        Assert.Equal(3, ExpectMsg<AccountsChanged>().Accounts);
        Assert.Equal(new Denied(DenialReason.UnknownUser), Verify(auth, "bob", "secret"));
    }

    [Fact]
    public void Changes_while_the_table_is_read_have_it_read_once_more()
    {
        var auth = StartAuth();
        var reading = new TaskCompletionSource<UserTable>(TaskCreationOptions.RunContinuationsAsynchronously);
        Users.Instead = reading.Task;
        Users.Change();
        Users.Change();
        Users.Change();
        auth.Tell(new Identify(1), TestActor);
        ExpectMsg<ActorIdentity>();
        Assert.Equal(2, Users.Loads);

        Users.Instead = null;
        reading.SetResult(UserTable.Empty);

        Assert.Equal(0, ExpectMsg<AccountsChanged>().Accounts);
        Assert.Equal(4, ExpectMsg<AccountsChanged>().Accounts);
        Assert.Equal(3, Users.Loads);
    }

    [Fact]
    public void A_verifier_is_the_accounts_own_and_for_nobody_one_that_stays_the_same()
    {
        var auth = StartAuth();

        Assert.Equal(Bob.Password, Find("bob").Format());
        var decoy = Find("nobody");
        Assert.Equal(decoy, Find("nobody"));
        Assert.Equal(decoy, Find("NoBody"));                    // as the spellings of a name that exists have one salt
        Assert.NotEqual(decoy, Find("nobody@elsewhere.test"));
        Assert.NotEqual(decoy, Find("somebody"));
        Assert.Equal(Find("bob").Salt.Length, decoy.Salt.Length);
        Assert.Equal(Find("bob").Iterations, decoy.Iterations);

        StoredPassword Find(string user)
        {
            auth.Tell(new FindVerifier(user, Here), TestActor);
            return ExpectMsg<Verifier>().Stored;
        }
    }

    [Fact]
    public void One_that_is_stopped_listens_no_more()
    {
        var auth = StartAuth();
        Assert.True(Users.IsListenedTo);
        Watch(auth);
        Sys.Stop(auth);

        ExpectTerminated(auth);
        Assert.False(Users.IsListenedTo);
    }

    [Fact]
    public void Whether_a_name_and_its_address_have_one_salt_tells_nothing()
    {
        var auth = StartAuth();

        var shared = Enumerable.Range(0, 40).Count(i => Find($"nobody{i}").Format() == Find($"nobody{i}@mx.test").Format());

        Assert.InRange(shared, 8, 32);                          // an account NAME has one, an account NAME@DOMAIN another than NAME, whom nobody is

        StoredPassword Find(string user)
        {
            auth.Tell(new FindVerifier(user, Here), TestActor);
            return ExpectMsg<Verifier>().Stored;
        }
    }

    [Fact]
    public void A_lent_account_logs_in_by_password_while_it_is_lent()
    {
        var lent = new LentAccounts();
        lent.TryLend(Account("t-1@mx.test", "once"));
        var auth = StartAuth(lent: lent);

        Assert.Equal(new Granted("t-1@mx.test"), Verify(auth, "t-1@mx.test", "once"));
        Assert.IsType<Denied>(Verify(auth, "t-1@mx.test", "twice", from: "other"));
        lent.TakeBack("t-1@mx.test");
        Assert.IsType<Denied>(Verify(auth, "t-1@mx.test", "once", from: "third"));
    }
}
