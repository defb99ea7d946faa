using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Auth;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>What a guesser sees, what it costs us, and what it costs those whom it guesses at.</summary>
public sealed class GuessingTests : AuthTestKit
{
    private const string There = "198.51.100.7";

    private static readonly string[] Quick = ["guesses.free-per-address=2", "guesses.first-delay=100ms", "guesses.longest-delay=100ms", "guesses.waiting-per-address=1"];

    [Fact]
    public void Names_that_exist_and_names_that_do_not_cost_the_same_and_are_answered_alike()
    {
        Users.Table = Users.Table.With(new UserAccount("mute", "", [], Disabled: false, Admin: false));
        var auth = StartAuth(sets: "guesses.free-per-address=100");
        var answers = new List<(string Name, int Hashes, Type Verdict, int Salt, int Iterations)>();
        foreach (var name in new[] { "bob", "eve", "mute", "nobody", "Bob@MX.test", "nobody@mx.test", "x@elsewhere.test" })
        {
            var before = Background.Runs;
            var verdict = Verify(auth, name, "wrong");
            var hashes = Background.Runs - before;
            auth.Tell(new FindVerifier(name, Here), TestActor);
            var verifier = ExpectMsg<Verifier>();
            answers.Add((name, hashes, verdict.GetType(), verifier.Stored.Salt.Length, verifier.Stored.Iterations));
            auth.Tell(new Judge(name, null, IsRight: false, Here, verifier), TestActor);
            Assert.IsType<Denied>(ExpectMsg<Verdict>());
        }

        var first = answers[0] with { Name = "" };
        Assert.Equal((1, typeof(Denied), StoredPassword.MinIterations), (first.Hashes, first.Verdict, first.Iterations));
        Assert.All(answers, a => Assert.Equal(first, a with { Name = "" }));
    }

    [Fact]
    public void Nor_do_they_differ_in_when_they_are_slowed()
    {
        var auth = StartAuth(sets: ["guesses.free-per-account=3", "guesses.free-per-address=1000", "guesses.first-delay=1m", "guesses.longest-delay=1m"]);
        foreach (var name in new[] { "bob", "eve", "mute", "nobody" })
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.NotEqual(new Denied(DenialReason.Slowed), Verify(auth, name, "wrong", from: $"{i}"));
            }

            for (var i = 0; i < 2; i++)
            {
                auth.Tell(new Verify(new Credentials(name, "wrong"), $"{name}'s"), TestActor);     // these two wait for minutes
            }

            Assert.Equal(new Denied(DenialReason.Slowed), Verify(auth, name, "wrong", from: $"{name}'s"));
            auth.Tell(new Verify(new Credentials(name, "wrong"), $"{name}'s other"), TestActor);
            ExpectNoMsg(TimeSpan.FromMilliseconds(20));
        }
    }

    [Fact]
    public void A_decoy_is_the_same_after_a_restart_of_the_actor()
    {
        var auth = StartAuth();
        auth.Tell(new FindVerifier("nobody", Here), TestActor);
        var before = ExpectMsg<Verifier>().Stored;
        Watch(auth);
        Sys.Stop(auth);
        ExpectTerminated(auth);

        StartAuth().Tell(new FindVerifier("nobody", Here), TestActor);
        Assert.Equal(before, ExpectMsg<Verifier>().Stored);
    }

    [Fact]
    public void Decoys_have_iterations_and_salts_as_the_accounts_have()
    {
        var other = StoredPassword.Create("x", new byte[24], 5000).Format();
        Users.Table = Enumerable.Range(0, 10).Aggregate(UserTable.Empty, (t, i) => t.With(new UserAccount($"o{i}", other, [], Disabled: false, Admin: false))).With(Bob);
        var auth = StartAuth();
        var shapes = Enumerable.Range(0, 220).Select(i =>
        {
            auth.Tell(new FindVerifier($"nobody{i}", $"{i}"), TestActor);
            var stored = ExpectMsg<Verifier>().Stored;
            return (stored.Iterations, stored.Salt.Length);
        }).GroupBy(s => s).ToDictionary(g => g.Key, g => g.Count());

        Assert.Equal([(4096, 16), (5000, 24)], shapes.Keys.Order());
        Assert.InRange(shapes[(4096, 16)], 5, 45);              // about 20: one account of eleven
    }

    [Fact]
    public void Wrong_passwords_have_the_next_wait_and_the_one_beside_it_is_put_off_unseen()
    {
        var auth = StartAuth(sets: Quick);
        Assert.Equal(new Denied(DenialReason.WrongPassword), Verify(auth, "bob", "1"));
        Assert.Equal(new Denied(DenialReason.WrongPassword), Verify(auth, "bob", "2"));

        auth.Tell(new Verify(new Credentials("bob", "3"), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.Slowed), Verify(auth, "bob", "4"));
        Assert.Equal(2, Background.Runs);
        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());         // the third, after its wait
        Assert.Equal(3, Background.Runs);
    }

    [Fact]
    public void An_owner_logs_in_from_where_it_did_before_whatever_strangers_do()
    {
        var auth = StartAuth(parallel: 1, sets: [.. Quick, "guesses.free-per-account=2", "guesses.longest-delay=1m", "guesses.first-delay=1m", "remember-for=0s"]);
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
        for (var i = 0; i < 5; i++)
        {
            auth.Tell(new Verify(new Credentials("bob", "wrong"), $"203.0.113.{i}"), TestActor);
        }

        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());
        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
    }

    [Fact]
    public void Of_many_that_wait_for_their_turn_those_behind_the_failures_are_slowed()
    {
        Background.Holds = true;
        var auth = StartAuth(parallel: 1, waiting: 100, sets: [.. Quick, "guesses.first-delay=1m", "guesses.longest-delay=1m"]);
        for (var i = 0; i < 50; i++)
        {
            auth.Tell(new Verify(new Credentials("bob", $"{i}"), Here), TestActor);
        }

        AwaitCondition(() => Background.Runs == 1);
        Background.LetOneGo();
        AwaitCondition(() => Background.Runs == 2);
        Background.LetOneGo();
        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());
        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());
        for (var i = 0; i < 47; i++)
        {
            Assert.Equal(new Denied(DenialReason.Slowed), ExpectMsg<Verdict>());            // one of the 48 waits
        }

        Assert.Equal(2, Background.Runs);
    }

    [Fact]
    public void Of_many_exchanges_begun_at_once_those_behind_the_failures_are_not_judged()
    {
        var auth = StartAuth(sets: Quick);
        var verifiers = Enumerable.Range(0, 5).Select(_ =>
        {
            auth.Tell(new FindVerifier("bob", Here), TestActor);
            return ExpectMsg<Verifier>();
        }).ToArray();

        var verdicts = verifiers.Select((against, i) =>
        {
            auth.Tell(new Judge("bob", null, IsRight: i == 4, Here, against), TestActor);
            return ExpectMsg<Verdict>();
        }).ToArray();

        Assert.Equal(
            [DenialReason.WrongPassword, DenialReason.WrongPassword, DenialReason.Slowed, DenialReason.Slowed, DenialReason.Slowed],
            verdicts.Select(v => Assert.IsType<Denied>(v).Reason));
    }

    [Fact]
    public void A_proof_by_a_password_that_was_changed_meanwhile_does_not_count()
    {
        var auth = StartAuth();
        auth.Tell(new FindVerifier("bob", Here), TestActor);
        var against = ExpectMsg<Verifier>();
        Users.Table = Users.Table.With(Account("bob", "another"));
        Users.Change();
        ExpectMsg<AccountsChanged>();

        auth.Tell(new Judge("bob", null, IsRight: true, Here, against), TestActor);
        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());
    }

    [Fact]
    public void Who_is_known_gets_its_turn_before_a_crowd_that_is_not()
    {
        var auth = StartAuth(parallel: 1, waiting: 2, sets: "remember-for=0s");
        Assert.Equal(new Granted("bob"), Verify(auth, "bob", "secret"));
        Background.Holds = true;
        for (var i = 0; i < 3; i++)
        {
            auth.Tell(new Verify(new Credentials("ann", "wrong"), $"{There}{i}"), TestActor);
        }

        auth.Tell(new Verify(new Credentials("bob", "secret"), Here), TestActor);
        Assert.Equal(new Denied(DenialReason.Unavailable), ExpectMsg<Verdict>());           // the youngest of the crowd
        Background.LetOneGo();
        Assert.Equal(new Denied(DenialReason.WrongPassword), ExpectMsg<Verdict>());
        AwaitCondition(() => Background.Runs == 3);
        Background.LetOneGo();
        Assert.Equal(new Granted("bob"), ExpectMsg<Verdict>());
    }

    [Fact]
    public void A_session_that_asks_to_have_the_accounts_read_gets_them_read()
    {
        var auth = StartAuth();
        Users.Table = Users.Table.Without("bob");
        auth.Tell(Reload.Instance, TestActor);
        Assert.Equal(3, ExpectMsg<AccountsChanged>().Accounts);
    }
}
