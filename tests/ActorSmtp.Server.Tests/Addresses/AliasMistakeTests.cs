using System.Text;
using ActorSmtp.Server.Addresses;
using ActorSmtp.Server.Tests.Settings;

namespace ActorSmtp.Server.Tests.Addresses;

/// <summary>Aliases that can never be right are told, with the place, and stop the start.</summary>
public sealed class AliasMistakeTests
{
    private const string Rest = "domains = [\"a.test\", \"b.test\"], outbound.routes.\"far.test\" = mx\n";

    [Theory]
    [InlineData("\"bob@far.test\" = ann", "actorsmtp.aliases.\"bob@far.test\" = \"ann\" (test.conf:*): far.test is no domain of ours: add it to domains, or leave this out")]
    [InlineData("\"a b\" = ann", "actorsmtp.aliases.\"a b\" = *: \"a b\" is no address: expected NAME, NAME@DOMAIN, @DOMAIN or \"*\" *")]
    [InlineData("\"bob@[127.0.0.1]\" = ann", "actorsmtp.aliases.\"bob@[127.0.0.1]\" = *: \"bob@[127.0.0.1]\" is no address: *")]
    [InlineData("\"@\" = ann", "actorsmtp.aliases.\"@\" = *: \"@\" is no address: *")]
    [InlineData("x = \"bob@\"", "actorsmtp.aliases.x = *: \"bob@\": expected a name, an address or @DOMAIN")]
    [InlineData("x = []", "actorsmtp.aliases.x = *: expected at least one target")]
    [InlineData("x = {}", "actorsmtp.aliases.x = *: expected a list of texts")]
    [InlineData("x = \"|/bin/sh\"", "actorsmtp.aliases.x = *: \"|/bin/sh\": expected a name, an address or @DOMAIN")]
    [InlineData("x = \"bob@near.test\"", "actorsmtp.aliases.x = *: \"bob@near.test\": no mail goes there; give near.test a route in outbound.routes, or add it to domains")]
    [InlineData("\"@a.test\" = \"@near.test\"", "actorsmtp.aliases.\"@a.test\" = *: \"@near.test\": no mail goes there; *")]
    [InlineData("x = ann, \"X\" = bob", "actorsmtp.aliases.X = *: x has an alias already, in the configuration: put all targets into one")]
    [InlineData("x = [ann, y], y = [z], z = [x]", "actorsmtp.aliases.x = *: goes in a circle: x@a.test → y@a.test → z@a.test → x@a.test", 3)]
    [InlineData("x = \"y@b.test\", \"y@b.test\" = x", "actorsmtp.aliases.x = *: goes in a circle: x@b.test → y@b.test → x@b.test", 2)]
    [InlineData("x = \"x+t@a.test\"", null)]
    [InlineData("x = [x, \"x@far.test\"]", null)]
    [InlineData("\"@a.test\" = \"@b.test\", \"@b.test\" = \"@a.test\"", "actorsmtp.aliases.\"@a.test\" = *: goes in a circle: *@a.test → *@b.test → *@a.test", 2)]
    [InlineData("\"@a.test\" = \"who@b.test\", \"@b.test\" = \"who@a.test\"", null)]
    [InlineData("x = [u1, u2, u3, u4, u5, u6]", "actorsmtp.aliases.x = *: leads to 6 recipients; limits.alias-recipients allows 5")]
    [InlineData("x = [u1, u2, y], y = [u3, u4, \"u5@far.test\"]", null)]
    [InlineData("x = [u1, u2, y, u6], y = [u3, u4, \"u5@far.test\"]", "actorsmtp.aliases.x = *: leads to 6 recipients; *")]
    public void A_wrong_alias_is_told_exactly(string aliases, string? expected, int mistakes = 1)
    {
        var configuration = Configuration.With($"{Rest}limits.alias-recipients = 5\naliases {{ {aliases} }}");
        if (expected is null)
        {
            Assert.NotNull(configuration.Load());
            return;
        }

        var told = configuration.Mistakes();
        Assert.Equal(mistakes, told.Count);
        AssertLike(expected, told[0]);
    }

    [Fact]
    public void Aliases_nested_too_deep_are_told()
    {
        var chain = string.Join(", ", Enumerable.Range(0, 25).Select(i => $"n{i} = n{i + 1}"));
        AssertLike("actorsmtp.aliases.n0 = *: more than 20 aliases behind each other: n0@a.test → n1@a.test → n2@a.test → …",
            Configuration.With($"{Rest}aliases {{ {chain} }}").Mistakes()[0]);
    }

    [Theory]
    [InlineData("recipient-delimiter = \"a\"", "actorsmtp.recipient-delimiter = \"a\" *: expected some of + - = _ . # ~ !, or nothing for no tags")]
    [InlineData("limits.alias-recipients = 0", "actorsmtp.limits.alias-recipients = 0 *: expected a whole number from 1 to 10000")]
    [InlineData("alias-files = [gone]", "actorsmtp.alias-files = *: there is no file gone")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", relay-from = [10.0.0.1/8] } }", "actorsmtp.listeners.x.relay-from = *: \"10.0.0.1/8\": expected a network such as 10.0.0.0/8 *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", role = lmtp, relay-from = [10.0.0.0/8] } }",
        "actorsmtp.listeners.x.relay-from = *: expected []: with role = lmtp nobody sends mail to other domains without a login; use a listener with *")]
    public void Other_wrong_values_are_told(string settings, string expected) => AssertLike(expected, Configuration.With(settings).Mistake());

    [Fact]
    public void A_file_of_aliases_counts_like_the_configuration_and_its_mistakes_have_their_lines()
    {
        var good = Configuration.With(Rest + "alias-files = [\"/etc/aliases\"], aliases { x = ann }").File("/etc/aliases", "root: ann\nsales: ann,\n\tbob@far.test\n");
        Assert.Equal(["root", "sales", "x"], good.Load().Server.Addresses.Aliases.All.Select(a => a.Key).Order());

        var bad = Configuration.With(Rest + "alias-files = [\"/etc/aliases\"], aliases { x = ann }")
            .File("/etc/aliases", "# mine\nroot: ann\nX: bob\nprog: |/bin/vacation\nnothing\ny: bob@near.test\nroot@a.test: \"\n").Mistakes();
        Assert.Equal(5, bad.Count);
        AssertLike("actorsmtp.alias-files (/etc/aliases:4:1): \"|/bin/vacation\": commands, files and :include: are no targets here; *", bad[0]);
        AssertLike("actorsmtp.alias-files (/etc/aliases:5:1): \"nothing\": expected NAME: TARGET, TARGET", bad[1]);
        AssertLike("actorsmtp.alias-files (/etc/aliases:3:1): X: x has an alias already, in the configuration: put all targets into one", bad[2]);
        AssertLike("actorsmtp.alias-files (/etc/aliases:6:1): y: \"bob@near.test\": no mail goes there; *", bad[3]);
        AssertLike("actorsmtp.alias-files (/etc/aliases:7:1): root@a.test: \"\"\": expected a name, an address or @DOMAIN", bad[4]);
    }

    [Theory]
    [InlineData("a: b", "a=b")]
    [InlineData("\uFEFFa : b , c\r\n", "a=b,c")]
    [InlineData("a:\n b,\n# between\n\n\tc\nd: e", "a=b,c d=e")]
    [InlineData("\"a b\": \"c\"", "a b=c")]
    [InlineData("\"a b\"@x: \"c, d\"@y, e", "\"a b\"@x=\"c, d\"@y,e")]
    [InlineData(" a: b", "a=b")]
    [InlineData("", "")]
    [InlineData("# a: b", "")]
    [InlineData("a: b, :include:/etc/list", "!1")]
    [InlineData("a: b\nb: /var/mail/x", "a=b !2")]
    [InlineData(": b\na:", "!1 !2")]
    public void A_file_is_read_as_sendmail_reads_it(string text, string expected)
    {
        var (entries, mistakes) = AliasFile.Read(Encoding.UTF8.GetBytes(text));
        Assert.Equal(expected, string.Join(' ', entries.Select(e => $"{e.Key}={string.Join(',', e.Targets)}").Concat(mistakes.Select(m => $"!{m.Line}"))));
    }

    [Fact]
    public void A_file_that_is_no_text_is_told() => Assert.Single(AliasFile.Read([0xff, 0xfe, (byte)':', (byte)'a']).Mistakes);

    private static void AssertLike(string expected, string told) => MistakeTests.AssertLike(expected, told);
}
