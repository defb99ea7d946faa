using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

public class AddressParserTests
{
    [Theory]
    [InlineData("ann@example.org", null, "ann", "example.org")]
    [InlineData("Ann Ö <ann@x>", "Ann Ö", "ann", "x")]
    [InlineData("<ann@example.org>", null, "ann", "example.org")]
    [InlineData("\"Ö, Ann\" <ann@example.org>", "Ö, Ann", "ann", "example.org")]
    [InlineData("J. R. Smith <j@example.org>", "J. R. Smith", "j", "example.org")]
    [InlineData("Ann @ Home <ann@example.org>", "Ann @ Home", "ann", "example.org")]
    [InlineData("\"a b\"@example.org", null, "a b", "example.org")]
    [InlineData("ann+tag@[192.0.2.1]", null, "ann+tag", "[192.0.2.1]")]
    [InlineData("ann@[IPv6:2001:db8::1]", null, "ann", "[IPv6:2001:db8::1]")]
    [InlineData("ünï@exämple.org", null, "ünï", "exämple.org")]
    [InlineData("ann@example.org (Ann)", "Ann", "ann", "example.org")]
    [InlineData("  Ann   B  <ann@example.org>  ", "Ann B", "ann", "example.org")]
    public void What_a_user_types_is_read(string text, string? name, string local, string domain)
    {
        Assert.True(MailboxAddress.TryParse(text, out var mailbox, out var problem), problem);
        Assert.Equal(new MailboxAddress(name, local, domain), mailbox);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("  ", "empty")]
    [InlineData("ann", "has no '@'")]
    [InlineData("@example.org", "'@'")]
    [InlineData("ann@", "no '@' and domain")]
    [InlineData("ann@@example.org", "cannot stand before")]
    [InlineData("a..b@example.org", "cannot stand before")]
    [InlineData(".a@example.org", "cannot stand before")]
    [InlineData("ann smith@example.org", "angle brackets")]
    [InlineData("O'Brien, J <j@example.org>", "has no '@'")]
    [InlineData("Ann <ann@example.org", "never closed")]
    [InlineData("Ann <>", "nothing stands between")]
    [InlineData("\"Ann <ann@example.org>", "never closed")]
    [InlineData("Ann <ann@example.org> x", "after the '>'")]
    [InlineData("Ann (x <ann@example.org>", "comment is never closed")]
    [InlineData("a@example.org b@example.org", "")]
    [InlineData("a@x, b@x", "not one address")]
    [InlineData("g: a@x;", "not one address")]
    [InlineData("a@exa mple.org", "")]
    [InlineData("a@-x.org", "not a domain")]
    [InlineData("a@x..org", "not a domain")]
    [InlineData("a@x_.!", "not a domain")]
    [InlineData("a@[1.2.3.4", "never closed")]
    [InlineData("a@[]", "not an address literal")]
    [InlineData("a\r\n@x", "line break")]
    [InlineData("\"a\0\"@x", "control character")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x", "64 bytes")]
    public void What_is_no_address_is_refused_with_a_reason(string text, string reason)
    {
        Assert.False(MailboxAddress.TryParse(text, out _, out var problem));
        Assert.Contains(reason, problem);
        Assert.DoesNotContain(problem, char.IsControl);
    }

    [Fact]
    public void A_list_with_groups_is_read_strictly()
    {
        Assert.True(AddressParser.TryParseStrict("a@x, Friends: B <b@x>, c@x;, none:;", out var list, out var problem), problem);
        Assert.Equal("a@x | Friends: B <b@x>, c@x; | none: ;", string.Join(" | ", list));
        Assert.Equal(["a@x", "b@x", "c@x"], AddressParser.Flatten(list).Select(m => m.Address));
    }

    [Fact]
    public void No_more_addresses_are_kept_than_the_limit() =>
        Assert.Equal(AddressParser.MaxAddresses, AddressParser.Parse(string.Concat(Enumerable.Repeat("a@b,", 20_000))).Count);
}
