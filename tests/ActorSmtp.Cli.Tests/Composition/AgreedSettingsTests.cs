using ActorSmtp.Cli.Composition;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>What nodes of one database have to be told alike.</summary>
public sealed class AgreedSettingsTests
{
    [Theory]
    [InlineData("domains=[\"example.org\"]", "actorsmtp.domains", "example.org")]
    [InlineData("unknown-recipients=reject", "actorsmtp.unknown-recipients", "reject")]
    [InlineData("outbound.expire=36h", "actorsmtp.outbound.expire", "36h")]
    [InlineData("storage.sync=never", "actorsmtp.storage.sync", "never")]
    [InlineData("storage.shared.lease=7s", "actorsmtp.storage.shared.lease", "7s")]
    public void What_makes_nodes_contradict_each_other_must_be_the_same(string set, string key, string value)
    {
        var (usual, other) = (Agreed(), Agreed(set));
        Assert.NotEqual(usual.Settings[key], other.Settings[key]);
        Assert.Equal(value, other.Settings[key]);
        Assert.DoesNotContain(key, other.MayDiffer);
    }

    [Theory]
    [InlineData("aliases.team=[ann, bob]", "actorsmtp.aliases")]
    [InlineData("recipient-delimiter=\"-\"", "actorsmtp.recipient-delimiter")]
    [InlineData("limits.message-size=1MiB", "actorsmtp.limits.message-size")]
    [InlineData("outbound.retry=[2m, 90s]", "actorsmtp.outbound.retry")]
    [InlineData("outbound.routes.\"far.example\"=\"smtp://127.0.0.1:2526\"", "actorsmtp.outbound.routes (where they lead)")]
    [InlineData("gatekeeping.greylisting.ipv4-prefix=32", "actorsmtp.gatekeeping.greylisting")]
    [InlineData("dkim.sign=true", "actorsmtp.dkim.sign")]
    [InlineData("auth.guesses.half-forgotten=7m", "actorsmtp.auth.guesses.half-forgotten")]
    public void What_changes_how_mail_is_handled_may_differ_for_a_while(string set, string key)
    {
        var (usual, other) = (Agreed(), Agreed(set));
        Assert.NotEqual(usual.Settings[key], other.Settings[key]);
        Assert.Contains(key, other.MayDiffer);
        Assert.All(other.Settings.Where(s => s.Key != key && usual.Settings.ContainsKey(s.Key)), s => Assert.Equal(usual.Settings[s.Key], s.Value));
    }

    [Fact]
    public void Nodes_that_rewrite_senders_by_other_secrets_are_told_apart_and_no_secret_is_shown()
    {
        string Srs(string file) => Agreed("srs.enabled=on", $"srs.secret-file={file}").Settings["actorsmtp.srs"];
        Assert.Equal("off", Agreed().Settings["actorsmtp.srs"]);
        Assert.Equal(Srs("srs-one"), Srs("srs-one"));
        Assert.NotEqual(Srs("srs-one"), Srs("srs-two"));
        Assert.DoesNotContain("the secret of", Srs("srs-one"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_secret_is_among_it_and_what_is_long_is_short_and_still_differs()
    {
        string[] login = ["outbound.routes.\"far.example\"=\"smtp://127.0.0.1:2526\"", "outbound.logins.\"far.example\".user=joe"];
        var one = Agreed([.. login, "outbound.logins.\"far.example\".password=\"a long secret\"", "storage.connection=\"Host=db;Password=hidden\""]);
        Assert.Contains("joe", one.Settings["actorsmtp.outbound.logins"], StringComparison.Ordinal);
        Assert.DoesNotContain(one.Settings.Values, v => v.Contains("secret", StringComparison.Ordinal) || v.Contains("hidden", StringComparison.Ordinal));

        string Domains(string last) => Agreed($"domains=[{string.Join(", ", Enumerable.Range(0, 200).Select(n => $"\"d{n}.example\""))}, \"{last}\"]").Settings["actorsmtp.domains"];
        Assert.InRange(Domains("z.example").Length, 1, 300);
        Assert.NotEqual(Domains("z.example"), Domains("zz.example"));
    }

    [Fact]
    public void The_order_in_which_things_are_written_is_no_difference() => Assert.Equal(
        Agreed("domains=[\"a.example\", \"b.example\"]", "outbound.expire=48h").Settings, Agreed("domains=[\"b.example\", \"a.example\"]", "outbound.expire=2d").Settings);

    [Fact]
    public void One_that_is_being_changed_says_so()
    {
        Assert.False(Agreed().IsChanging);
        Assert.True(Agreed("storage.shared.agreement=warn").IsChanging);
    }

    private static NodeAgreement Agreed(params string[] sets) => AgreedSettings.Of(
        SettingsLoader.Load(new SettingsSources
        {
            ReadFile = name => name.StartsWith("srs-", StringComparison.Ordinal) ? System.Text.Encoding.ASCII.GetBytes($"the secret of {name}") : null,
            MachineName = "mx.test",
            Sets =
            [
                "domains=[\"example.com\"]", "outbound.routes.\"*\"=\"mx\"", "listeners.smtp.checks=[greylisting]", .. sets,
            ],
        }).Server,
        "1.0",
        SigningKeys.None);
}
