using ActorSmtp.Server.Addresses;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Tests.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Addresses;

/// <summary>Where addresses lead, by accounts and aliases.</summary>
public sealed class AliasTests
{
    private const string Rest = "domains = [\"a.test\", \"b.test\"], outbound.routes.\"*\" = mx\n";

    [Theory]
    [InlineData("sales = ann", "sales@a.test", "ann")]
    [InlineData("sales = ann", "sales@b.test", "ann")]
    [InlineData("\"sales@a.test\" = ann", "sales@b.test", "unknown")]
    [InlineData("\"Sales@A.test\" = [\"Ann\", bob]", "SALES@a.test", "ann bob")]
    [InlineData("sales = [ann, bob, ann, \"ann@a.test\", \"ann+x@b.test\"]", "sales@a.test", "ann bob")]
    [InlineData("sales = [\"x@far.test\", \"X@FAR.test\", \"y@far.test\"]", "sales@a.test", "x@far.test y@far.test")]
    [InlineData("sales = [\"team@a.test\"], team = [ann, all], all = [bob, sales2], sales2 = \"x@far.test\"", "sales@a.test", "ann bob x@far.test")]
    [InlineData("ann = [ann, \"ann@far.test\"]", "ann@a.test", "ann ann@far.test")]
    [InlineData("ann = [\"ann@a.test\", \"ann@far.test\"]", "ann+tag@a.test", "ann ann@far.test")]
    [InlineData("ann = \"ann@far.test\"", "ann@a.test", "ann@far.test")]
    [InlineData("ann = bob, \"ann+keep\" = \"ann+keep@a.test\"", "ann+keep@a.test", "bob")]
    [InlineData("\"sales+eu\" = bob, sales = ann", "sales+eu@a.test", "bob")]
    [InlineData("\"sales+eu\" = bob, sales = ann", "sales+us@a.test", "ann")]
    [InlineData("\"@a.test\" = bob", "who@a.test", "bob")]
    [InlineData("\"@a.test\" = bob", "who+x@a.test", "bob")]
    [InlineData("\"@a.test\" = bob", "ann@a.test", "in ann")]
    [InlineData("\"@a.test\" = bob", "ann+x@a.test", "in ann")]
    [InlineData("\"@a.test\" = bob", "who@b.test", "unknown")]
    [InlineData("\"@a.test\" = \"@b.test\"", "only-b@a.test", "only-b@b.test")]
    [InlineData("\"@a.test\" = \"@far.test\"", "Who+x@a.test", "Who+x@far.test")]
    [InlineData("\"@a.test\" = \"ghost@a.test\"", "who@a.test", "unknown")]
    [InlineData("\"*\" = bob", "who@b.test", "bob")]
    [InlineData("\"*\" = bob, \"@b.test\" = ann", "who@b.test", "ann")]
    [InlineData("\"*\" = bob", "ann@b.test", "in ann")]
    [InlineData("\"*\" = bob", "*@b.test", "bob")]
    [InlineData("\"*\" = bob", "who@far.test", "foreign")]
    [InlineData("postmaster = ann", "postmaster@b.test", "ann")]
    [InlineData("postmaster = ghost", "postmaster@b.test", "in postmaster")]
    [InlineData("\"@a.test\" = ann", "postmaster@a.test", "ann")]
    [InlineData("sales = [ghost, ann, eve]", "sales@a.test", "ann")]
    [InlineData("sales = [ghost, eve]", "sales@a.test", "disabled")]
    [InlineData("sales = ghost", "sales@a.test", "unknown")]
    [InlineData("ann = eve", "ann@a.test", "disabled")]
    [InlineData("sales = ann", "ann@a.test", "in ann")]
    [InlineData("sales = \"bob@[192.0.2.1]\"", "sales@a.test", "bob@[192.0.2.1]")]
    [InlineData("sales = \"\\\"b b\\\"@far.test\"", "sales@a.test", "\"b b\"@far.test")]
    public void An_address_leads(string aliases, string address, string expected) => Assert.Equal(expected, Lead(aliases, address));

    [Theory]
    [InlineData("+", "ann+x@a.test", "in ann")]
    [InlineData("", "ann+x@a.test", "unknown")]
    [InlineData("-", "ann+x@a.test", "unknown")]
    [InlineData("-+", "ann-x+y@a.test", "in ann")]
    [InlineData("-", "-ann@a.test", "unknown")]
    public void A_tag_begins_where_the_settings_say(string delimiter, string address, string expected) =>
        Assert.Equal(expected, Lead("", address, $"recipient-delimiter = \"{delimiter}\""));

    [Fact]
    public void What_one_alias_leads_to_is_bounded_when_it_is_followed_too()
    {
        var targets = Enumerable.Range(0, 50).Select(i => AliasTarget.Parse($"u{i}@far.test")!);
        var rules = new AddressRules("+", new AliasTable([new Alias("all", [.. targets])]), MostRecipients: 10);
        var found = new AccountDirectory(["a.test"], acceptUnknown: false, UserTable.Empty, rules: rules).Find("all", "a.test");
        Assert.Equal(10, Assert.IsType<Residence.Alias>(found).Leads.Length);
    }

    [Fact]
    public void Aliases_that_fan_out_at_every_step_are_followed_once_each()
    {
        // 2 to the power of 19 ways from the first to the last.
        var all = Enumerable.Range(0, 19).Select(i => new Alias($"n{i}", [AliasTarget.Parse($"n{i + 1}")!, AliasTarget.Parse($"n{i + 1}@a.test")!]))
            .Append(new Alias("n19", [AliasTarget.Parse("ann")!]));
        var found = Directory(new AddressRules("+", new AliasTable(all), 1000)).Find("n0", "a.test");
        Assert.Equal("ann", Assert.Single(Assert.IsType<Residence.Alias>(found).Leads).Account);
    }

    [Fact]
    public void A_circle_that_nobody_refused_ends_all_the_same()
    {
        var table = new AliasTable([new Alias("x", [AliasTarget.Parse("y")!]), new Alias("y", [AliasTarget.Parse("x")!, AliasTarget.Parse("ann")!])]);
        var found = Directory(new AddressRules("+", table, 1000)).Find("x", "a.test");
        Assert.Equal("ann", Assert.Single(Assert.IsType<Residence.Alias>(found).Leads).Account);
    }

    [Theory]
    [InlineData("info = ann", "info@a.test", true)]
    [InlineData("info = [ann, ghost]", "info@a.test", true)]
    [InlineData("info = [ann, bob]", "info@a.test", false)]
    [InlineData("ann = \"ann@far.test\"", "ann@a.test", true)]
    [InlineData("ann = [ann, \"ann@far.test\"]", "ann+x@b.test", true)]
    [InlineData("\"bob@a.test\" = ann", "bob@a.test", true)]
    [InlineData("", "bob@a.test", false)]
    [InlineData("info = \"ann@far.test\"", "ann@far.test", false)]
    public void An_account_sends_as_an_alias_all_of_whose_mail_is_its_own(string aliases, string from, bool may)
    {
        var at = from.Split('@');
        Assert.Equal(may, Directory(Rules(aliases)).MaySendAs("ann", at[0], at[1]));
    }

    [Fact]
    public void What_leads_to_nobody_is_named()
    {
        var lost = Directory(Rules("good = ann, half = [ann, ghost, eve], deep = [half], ann = [ann, \"x@far.test\"], \"@b.test\" = [\"who@a.test\", \"@a.test\"]")).LostAliases(10);
        Assert.Equal(
            ["@b.test: who@a.test", "deep: ghost@a.test eve@a.test", "half: ghost@a.test eve@a.test"],
            lost.Select(l => $"{l.Alias.Key}: {string.Join(' ', l.Lost)}"));
    }

    [Fact]
    public void A_mailbox_is_found_past_its_aliases() =>
        Assert.Equal("ann", Directory(Rules("ann = \"ann@far.test\"")).MailboxOf("Ann+x", "A.test"));

    private static string Lead(string aliases, string address, string more = "")
    {
        var at = address.LastIndexOf('@');
        return Directory(Rules(aliases, more)).Find(address[..at], address[(at + 1)..]) switch
        {
            Residence.Alias alias => string.Join(' ', alias.Leads),
            Residence.Mailbox mailbox => $"in {mailbox.Account}",
            var other => other.GetType().Name.ToLowerInvariant(),
        };
    }

    private static AddressRules Rules(string aliases, string more = "") => Configuration.With($"{Rest}{more}\naliases {{ {aliases} }}").Load().Server.Addresses;

    private static AccountDirectory Directory(AddressRules rules) => new(
        ["a.test", "b.test"], acceptUnknown: false,
        UserTable.Empty.With(User("ann")).With(User("bob")).With(User("only-b@b.test")).With(User("eve") with { Disabled = true }), rules: rules);

    private static UserAccount User(string name) => new(name, "", [], Disabled: false, Admin: false);
}
