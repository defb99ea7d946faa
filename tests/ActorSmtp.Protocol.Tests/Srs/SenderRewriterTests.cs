using System.Text;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;

namespace ActorSmtp.Protocol.Tests.Srs;

/// <summary>
/// Rewritten senders: the published cases of postsrsd (which has libsrs2's rules), whatever addresses there may be, and what strangers make of them.
/// </summary>
public sealed class SenderRewriterTests
{
    private static readonly DateTimeOffset _now = new(2020, 1, 1, 0, 1, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("test@otherdomain.com", "SRS0=vmyz=2W=otherdomain.com=test@example.com")]
    [InlineData("sender@otherdomain.com", "SRS0=9KJ-=2W=otherdomain.com=sender@example.com")]
    [InlineData("hash234@somedomain.com", "SRS0=-3_5=2W=somedomain.com=hash234@example.com")]
    [InlineData("SRS0=opaque+string@otherdomain.com", "SRS1=chaI=otherdomain.com==opaque+string@example.com")]
    [InlineData("SRS1=X=thirddomain.com==opaque+string@otherdomain.com", "SRS1=JIBX=thirddomain.com==opaque+string@example.com")]
    public void A_sender_becomes_what_others_make_of_it(string sender, string rewritten) =>
        Assert.Equal(rewritten, Rewriter().Forward(Mailbox.Parse(sender), _now)!.ToString());

    [Theory]
    [InlineData("SRS0=XjO9=2V=otherdomain.com=test", "test@otherdomain.com")]
    [InlineData("SRS0+XjO9=2V=otherdomain.com=test", "test@otherdomain.com")]
    [InlineData("SRS0-XjO9=2V=otherdomain.com=test", "test@otherdomain.com")]
    [InlineData("srs0=xjo9=2v=otherdomain.com=test", "test@otherdomain.com")]
    [InlineData("SRS0=XJO9=2V=OTHERDOMAIN.COM=TEST", "TEST@OTHERDOMAIN.COM")]
    [InlineData("SRS0=-3_5=2W=somedomain.com=hash234", "hash234@somedomain.com")]
    [InlineData("SRS0=+3/5=2W=somedomain.com=hash234", "hash234@somedomain.com")]
    [InlineData("SRS1=JIBX=thirddomain.com==opaque+string", "SRS0=opaque+string@thirddomain.com")]
    public void A_rewritten_sender_leads_back(string localPart, string sender) =>
        Assert.Equal((sender, SrsFault.None), (Rewriter().Reverse(localPart, _now).Sender?.ToString(), Rewriter().Reverse(localPart, _now).Fault));

    [Theory]
    [InlineData("SRS0=te87=T7=otherdomain.com=test", SrsFault.Expired)]          // half a year ago
    [InlineData("SRS0=VcIb=7N=otherdomain.com=test", SrsFault.Expired)]          // in half a year
    [InlineData("SRS0=FAKE=2V=otherdomain.com=test", SrsFault.Forged)]
    [InlineData("SRS0=XjO=2V=otherdomain.com=test", SrsFault.Forged)]            // right, but too short
    [InlineData("SRS0=XjO9=2W=otherdomain.com=test", SrsFault.Forged)]
    [InlineData("SRS0=XjO9=2V=otherdomain.com=tesT2", SrsFault.Forged)]
    [InlineData("SRS0==2V=otherdomain.com=test", SrsFault.Forged)]
    [InlineData("SRS0=XjO9", SrsFault.Malformed)]
    [InlineData("SRS0=XjO9=2V", SrsFault.Malformed)]
    [InlineData("SRS0=XjO9=2V=otherdomain.com", SrsFault.Malformed)]
    [InlineData("SRS1=JIBX=thirddomain.com", SrsFault.Malformed)]
    [InlineData("SRS1=JIBX=thirddomain.com=", SrsFault.Malformed)]
    [InlineData("SRS1=JIBX=thirddomain.com==", SrsFault.Malformed)]
    [InlineData("SRS1=JIBX==thirddomain.com=x", SrsFault.Malformed)]
    [InlineData("SRS1=JIBX=fourthdomain.com==opaque+string", SrsFault.Forged)]
    [InlineData("SRS1=JIBX=thirddomain.com=-opaque+string", SrsFault.Forged)]
    public void Others_lead_nowhere(string localPart, SrsFault fault) => Assert.Equal(new SrsReturn(null, fault), Rewriter().Reverse(localPart, _now));

    [Theory]
    [InlineData("SRS0=x", true)]
    [InlineData("srs1+x", true)]
    [InlineData("SRS0=", false)]
    [InlineData("SRS0", false)]
    [InlineData("SRS2=x", false)]
    [InlineData("SRS0.x", false)]
    [InlineData("xSRS0=x", false)]
    [InlineData("", false)]
    public void It_is_known_by_its_beginning(string localPart, bool isMade) => Assert.Equal(isMade, SenderRewriter.IsMade(localPart));

    [Fact]
    public void Whatever_the_sender_is_it_comes_back_or_is_left_alone()
    {
        var random = new Random(20200101);
        const string Any = "abzAZ019.!#$%&'*+-/=?^_`{|}~ @\"\\(),:;<>[]äß日\u212A";
        string[] domains = ["far.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "münchen.example", "a.b.c.d.example", "x"];
        var (rewritten, left) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var local = string.Concat(Enumerable.Range(0, random.Next(0, 50)).Select(_ => Any[random.Next(Any.Length)]));
            local = random.Next(8) switch { 0 => "SRS0=" + local, 1 => "SRS1=" + local, 2 => "SRS1=x=y.example=+" + local, _ => local };
            if (Mailbox.TryMake(local, MailDomain.TryParse(domains[random.Next(domains.Length)])!) is not { } sender)
            {
                continue;
            }

            if (Rewriter().Forward(sender, _now) is not { } ours)
            {
                left++;
                continue;
            }

            rewritten++;
            Assert.Equal("example.com", ours.Domain.Canonical);
            Assert.Equal(ours, Mailbox.TryParse(ours.ToString()));
            Assert.InRange(Encoding.UTF8.GetByteCount(ours.ToString()), 1, 64 + "@example.com".Length);
            var back = Rewriter().Reverse(ours.LocalPart, _now + TimeSpan.FromDays(random.Next(0, 22)));
            if (SenderRewriter.IsMade(sender.LocalPart) && ours.LocalPart.StartsWith("SRS1", StringComparison.Ordinal))
            {
                Assert.StartsWith("SRS0", back.Sender!.LocalPart, StringComparison.Ordinal);
                continue;
            }

            Assert.Equal(sender.ToString(), back.Sender?.ToString());
        }

        Assert.True(rewritten > 5_000 && left > 500, $"{rewritten} rewritten, {left} left alone");
    }

    [Fact]
    public void What_is_changed_in_an_address_makes_it_lead_nowhere()
    {
        var ours = Rewriter().Forward(Mailbox.Parse("kim@far.example"), _now)!.LocalPart;
        for (var at = 5; at < ours.Length; at++)
        {
            foreach (var other in "abQ9=+.\u0130\u017F\u212A\u0000")
            {
                var changed = ours[..at] + other + ours[(at + 1)..];
                if (!changed.Replace('+', '-').Equals(ours, StringComparison.OrdinalIgnoreCase))
                {
                    Assert.Null(Rewriter().Reverse(changed, _now).Sender);
                }
            }
        }
    }

    [Fact]
    public void What_strangers_make_up_is_no_more_than_refused()
    {
        var random = new Random(1);
        const string Any = "SR01=+-2Wab.@\"\\ \u0000\u212Aé=====";
        for (var i = 0; i < 50_000; i++)
        {
            var local = string.Concat("SRS", random.Next(2), "=+-"[random.Next(3)], string.Concat(Enumerable.Range(0, random.Next(0, 300)).Select(_ => Any[random.Next(Any.Length)])));
            var back = Rewriter().Reverse(local, _now);
            Assert.True(back.Sender is null && back.Fault != SrsFault.None, local);
        }
    }

    [Fact]
    public void An_address_leads_back_for_so_many_days_and_at_midnight_everywhere()
    {
        var ours = Rewriter().Forward(Mailbox.Parse("ann@far.example"), _now)!.LocalPart;
        Assert.Equal(SrsFault.None, Rewriter().Reverse(ours, _now - TimeSpan.FromMinutes(2)).Fault);         // by a clock that is behind
        Assert.Equal(SrsFault.None, Rewriter().Reverse(ours, _now + TimeSpan.FromDays(21)).Fault);
        Assert.Equal(SrsFault.Expired, Rewriter().Reverse(ours, _now + TimeSpan.FromDays(22)).Fault);
        Assert.Equal(SrsFault.Expired, Rewriter().Reverse(ours, _now + TimeSpan.FromDays(1000)).Fault);
        Assert.Equal(SrsFault.Expired, Rewriter().Reverse(ours, _now - TimeSpan.FromDays(2)).Fault);
    }

    [Fact]
    public void A_new_secret_makes_addresses_when_its_time_has_come_and_the_old_one_is_still_known()
    {
        var (old, next) = (Secret("tops3cr3t"), Secret("another secret", _now + TimeSpan.FromDays(1)));
        var both = Rewriter(next, old);
        var sender = Mailbox.Parse("test@otherdomain.com");

        Assert.Equal("SRS0=vmyz=2W=otherdomain.com=test", both.Forward(sender, _now)!.LocalPart);
        var later = both.Forward(sender, _now + TimeSpan.FromDays(1))!.LocalPart;
        Assert.Equal(later, Rewriter(next).Forward(sender, _now + TimeSpan.FromDays(1))!.LocalPart);
        Assert.Equal(sender, both.Reverse("SRS0=vmyz=2W=otherdomain.com=test", _now + TimeSpan.FromDays(1)).Sender);
        Assert.Equal(sender, both.Reverse(later, _now).Sender);                                               // by a node at which it is not active yet
        Assert.Equal(SrsFault.Forged, Rewriter(next).Reverse("SRS0=vmyz=2W=otherdomain.com=test", _now).Fault);
    }

    [Theory]
    [InlineData(46, true)]
    [InlineData(47, false)]
    public void A_local_part_has_64_octets_at_most(int length, bool fits) =>
        Assert.Equal(fits, Rewriter().Forward(Mailbox.Parse($"{new string('a', length)}@b.ch"), _now) is not null);

    [Fact]
    public void A_longer_hash_is_asked_for_and_shorter_ones_are_refused()
    {
        var strict = new SenderRewriter(MailDomain.TryParse("example.com")!, [Secret("tops3cr3t")], 12, 21);
        var ours = strict.Forward(Mailbox.Parse("test@otherdomain.com"), _now)!.LocalPart;
        Assert.StartsWith("SRS0=vmyz", ours, StringComparison.Ordinal);
        Assert.Equal("test@otherdomain.com", strict.Reverse(ours, _now).Sender!.ToString());
        Assert.Equal(SrsFault.Forged, strict.Reverse("SRS0=vmyz=2W=otherdomain.com=test", _now).Fault);
    }

    [Fact]
    public void A_secret_is_not_written_into_logs() => Assert.DoesNotContain("tops3cr3t", $"{Secret("tops3cr3t")}", StringComparison.Ordinal);

    private static SrsSecret Secret(string text, DateTimeOffset activeFrom = default) => new(Encoding.ASCII.GetBytes(text), activeFrom);

    private static SenderRewriter Rewriter(params SrsSecret[] secrets) =>
        new(MailDomain.TryParse("example.com")!, secrets.Length > 0 ? [.. secrets] : [Secret("tops3cr3t")], SenderRewriter.ShortestHash, 21);
}
