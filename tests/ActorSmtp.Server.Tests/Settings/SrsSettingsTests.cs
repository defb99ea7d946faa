using System.Text;
using ActorSmtp.Protocol.Srs;
using ActorSmtp.Server.Addresses;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>Rewritten senders as they are configured, and the file of their secrets.</summary>
public sealed class SrsSettingsTests
{
    private const string Secret = "a-secret-that-is-long-enough";
    private const string Rest = "actorsmtp { domains = [here.test, there.test], outbound.routes { \"*\" = mx }, listeners.mx.bind = \"127.0.0.1:0\", data-dir = data, srs.enabled = on";

    [Fact]
    public void Off_nothing_is_read() => Assert.Null(new Configuration().Config("actorsmtp { domains = [here.test], listeners.mx.bind = \"127.0.0.1:0\" }").Load().Server.Addresses.Senders);

    [Theory]
    [InlineData("", "here.test", "data/srs-secrets")]
    [InlineData(", srs.domain = There.test, srs.secret-file = s", "There.test", "s")]
    public void The_domain_and_the_file_have_a_default(string more, string domain, string file)
    {
        var settings = new Configuration().Config(Rest + more + " }").File(file, Secret).Load().Server;
        Assert.Equal((domain, file), (settings.Addresses.Senders!.Domain.Text, settings.Srs.SecretFile));
    }

    [Theory]
    [InlineData(", srs.domain = far.test", "far.test is no domain of ours, so that no bounce would come back: add it to domains, or name one of those")]
    [InlineData(", srs.domain = \"a b\"", "expected a domain name")]
    [InlineData(", domains = [\"*\"]", "expected a domain of ours, to which bounces come back")]
    [InlineData(", outbound.routes = null, outbound.routes = {}", "without outbound.routes nothing is passed on")]
    [InlineData(", srs.secret-file = none", "there is no file none; `actorsmtp srs rotate` makes it")]
    [InlineData(", srs.secret-file = short", "short: line 2: a secret has 16 to 1024 characters")]
    [InlineData(", srs.secret-file = empty", "empty: there is no secret in it")]
    [InlineData(", srs.secret-file = time", "time: line 1: expected a time such as 2026-01-31T12:00:00Z behind Active-From:")]
    [InlineData(", srs.secret-file = many", "many: it has 21 secrets; expected at most 20")]
    [InlineData(", srs.hash-length = 3", "from 4 to 16")]
    [InlineData(", srs.max-age = 12h", "from 1d to 365d")]
    [InlineData(", srs.secret = x", "unknown key")]
    public void A_mistake_says_what_to_do(string more, string problem)
    {
        var configuration = new Configuration().Config(Rest + more + " }").File("data/srs-secrets", Secret)
            .File("short", "# one\ntoo short\n").File("empty", "# nothing\n\n").File("time", $"# Active-From: soon\n{Secret}\n")
            .File("many", string.Concat(Enumerable.Repeat(Secret + "\n", 21)));
        var mistake = configuration.Mistake();
        Assert.Contains(problem, mistake, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_reads_back_and_postsrsd_s_is_one()
    {
        var now = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        var old = SrsSecretFile.TryRead(Encoding.UTF8.GetBytes($"\n{Secret}\r\n"), out _)!.Value;
        Assert.Equal((Secret, DateTimeOffset.MinValue), Shown(Assert.Single(old)));

        var both = SrsSecretFile.Rotate(old, "the-next-one-of-them", now + TimeSpan.FromDays(1), now, TimeSpan.FromDays(21));
        var back = SrsSecretFile.TryRead(SrsSecretFile.Write(both), out var problem)!.Value;
        Assert.Equal("", problem);
        Assert.Equal([("the-next-one-of-them", now + TimeSpan.FromDays(1)), (Secret, DateTimeOffset.MinValue)], back.Select(Shown));
    }

    [Fact]
    public void A_secret_goes_when_none_of_its_addresses_leads_back_any_more()
    {
        var (day, age) = (TimeSpan.FromDays(1), TimeSpan.FromDays(21));
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var secrets = SrsSecretFile.Rotate([], "the-first-one-of-all", now, now, age);
        secrets = SrsSecretFile.Rotate(secrets, "the-second-one-of-all", now + day, now, age);
        Assert.Equal(3, SrsSecretFile.Rotate(secrets, "the-third-one-of-all", now + (22 * day), now + (22 * day), age).Length);
        Assert.Equal(["the-third-one-of-all", "the-second-one-of-all"], SrsSecretFile.Rotate(secrets, "the-third-one-of-all", now + (24 * day), now + (24 * day), age).Select(s => Shown(s).Item1));
    }

    private static (string, DateTimeOffset) Shown(SrsSecret secret) => (Encoding.UTF8.GetString(secret.Key.Span), secret.ActiveFrom);
}
