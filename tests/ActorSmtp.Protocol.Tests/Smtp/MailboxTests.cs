using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class MailboxTests
{
    [Theory]
    [InlineData("Ann@Example.COM", "ann@example.com")]
    [InlineData("\"ann\"@example.com", "ANN@example.com")]
    [InlineData("\"a\\nn\"@example.com", "ann@example.com")]
    [InlineData("ann@b\u00dccher.example", "ann@xn--bcher-kva.example")]
    [InlineData("J\u00d6rg@example.com", "j\u00f6rg@example.com")]
    [InlineData("ann@[192.0.2.1]", "ann@[192.000.002.001]")]
    [InlineData("ann@[IPv6:2001:DB8::1]", "ann@[ipv6:2001:db8:0:0::1]")]
    public void Two_spellings_are_one_mailbox(string one, string other)
    {
        var (a, b) = (Mailbox.Parse(one), Mailbox.Parse(other));
        Assert.Equal(a, b);
        Assert.Equal(a.Canonical, b.Canonical);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.True(a == b);
    }

    [Theory]
    [InlineData("ann@example.com", "ann@example.org")]
    [InlineData("ann@example.com", "an.n@example.com")]
    [InlineData("ann@192.0.2.1", "ann@[192.0.2.1]")]
    public void Others_are_not(string one, string other)
    {
        Assert.NotEqual(Mailbox.Parse(one), Mailbox.Parse(other));
        Assert.NotEqual(Mailbox.Parse(one).Canonical, Mailbox.Parse(other).Canonical);
    }

    [Theory]
    [InlineData("\"a b\"@example.com")]
    [InlineData("\"a\\\"b\\\\\"@example.com")]
    [InlineData("\"\"@example.com")]
    [InlineData("\".a\"@example.com")]
    [InlineData("\"a..b\"@example.com")]
    [InlineData("\"a@b\"@example.com")]
    public void What_needs_quotes_gets_them_again(string text) => Assert.Equal(text, Mailbox.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("ann")]
    [InlineData("<ann@example.com>")]
    [InlineData("@relay:ann@example.com")]
    [InlineData("ann@example.com>")]
    [InlineData("ann@example.com> SIZE=1")]
    [InlineData("ann@example.com\r\n")]
    [InlineData("an\nn@example.com")]
    [InlineData("postmaster")]
    public void What_is_no_mailbox_is_not_taken_for_one(string text)
    {
        Assert.Null(Mailbox.TryParse(text));
        Assert.Throws<FormatException>(() => Mailbox.Parse(text));
    }

    [Fact]
    public void Any_local_part_reads_back_as_it_was_written() => Wire.Holds(Prop.ForAll<string>(local =>
    {
        local = new string([.. (local ?? "").Where(c => c is >= ' ' and < '\u007f').Take(28)]);
        var quoted = "\"" + local.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"@example.com";
        var mailbox = Mailbox.Parse(quoted);
        return mailbox.LocalPart == local && Mailbox.Parse(mailbox.ToString()).LocalPart == local;
    }));

    [Theory]
    [InlineData("ann", "ann", null)]
    [InlineData("ann+news", "ann", "news")]
    [InlineData("ann+", "ann", "")]
    [InlineData("ann+a+b", "ann", "a+b")]
    [InlineData("+ann", "+ann", null)]
    [InlineData("+ann+x", "+ann", "x")]
    [InlineData("", "", null)]
    public void A_tag_follows_the_first_plus(string local, string name, string? tag) => Assert.Equal(new AddressTag(name, tag), AddressTag.Of(local));

    [Theory]
    [InlineData("ann-news", "+-", "ann", "news")]
    [InlineData("ann-a+b", "+-", "ann", "a+b")]
    [InlineData("-ann", "-", "-ann", null)]
    [InlineData("ann+x", "", "ann+x", null)]
    [InlineData("", "+", "", null)]
    public void A_tag_follows_the_first_of_the_delimiters(string local, string delimiters, string name, string? tag) =>
        Assert.Equal(new AddressTag(name, tag), AddressTag.Of(local, delimiters));

    [Theory]
    [InlineData("ann", "mx.test", "ann@mx.test")]
    [InlineData("a b", "mx.test", "\"a b\"@mx.test")]
    [InlineData("ann", "[192.0.2.1]", "ann@[192.0.2.1]")]
    public void A_mailbox_is_made_of_its_parts(string local, string domain, string expected) =>
        Assert.Equal(expected, Mailbox.TryMake(local, MailDomain.TryParse(domain)!)?.ToString());

    [Fact]
    public void Parts_too_long_make_no_mailbox() => Assert.Null(Mailbox.TryMake(new string('x', 65), MailDomain.TryParse("mx.test")!));

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("[192.0.2.1]", true)]
    [InlineData("b\u00fccher.example", true)]
    [InlineData("", false)]
    [InlineData("example.com ", false)]
    [InlineData("a..b", false)]
    [InlineData("[192.0.2.1]x", false)]
    public void A_domain_is_a_name_or_a_literal(string text, bool good) => Assert.Equal(good, MailDomain.TryParse(text) is not null);

    [Fact]
    public void A_literal_knows_its_address()
    {
        var literal = Assert.IsType<AddressLiteral>(MailDomain.TryParse("[IPv6:2001:db8::1]"));
        Assert.Equal(System.Net.IPAddress.Parse("2001:db8::1"), literal.Address);
        Assert.Null(Assert.IsType<AddressLiteral>(MailDomain.TryParse("[x:y]")).Address);
    }
}
