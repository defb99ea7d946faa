using System.Text;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>
/// Every form in which an address has been smuggled past a relay check: those which nmap's smtp-open-relay tries (its first seventeen), those of
/// the old abuse.net test, and some of our own. On a listener for mail from others, none of them is taken.
/// </summary>
public sealed class OpenRelayTests
{
    public static TheoryData<string> Forms => new(
        "<relaytest@nmap.scanme.org>",
        "<\"relaytest@nmap.scanme.org\">",
        "<\"relaytest%nmap.scanme.org\">",
        "<relaytest@nmap.scanme.org@[127.0.0.1]>",
        "<\"relaytest@nmap.scanme.org\"@[127.0.0.1]>",
        "<relaytest@nmap.scanme.org@mx.test>",
        "<\"relaytest@nmap.scanme.org\"@mx.test>",
        "<@mx.test:relaytest@nmap.scanme.org>",
        "<@[127.0.0.1]:relaytest@nmap.scanme.org>",
        "<nmap.scanme.org!relaytest>",
        "<nmap.scanme.org!relaytest@[127.0.0.1]>",
        "<nmap.scanme.org!relaytest@mx.test>",
        "<relaytest%nmap.scanme.org@[127.0.0.1]>",
        "<relaytest%nmap.scanme.org@mx.test>",
        "<relaytest%nmap.scanme.org>",
        "<relaytest>",
        "<relaytest@>",
        "<\"relaytest\"@nmap.scanme.org>",
        "<\"relaytest%nmap.scanme.org\"@mx.test>",
        "<\"nmap.scanme.org!relaytest\"@mx.test>",
        "<@mx.test,@nmap.scanme.org:relaytest@nmap.scanme.org>",
        "<@nmap.scanme.org:bob%nmap.scanme.org@mx.test>",
        "<@mx.test:\"relaytest@nmap.scanme.org\"@mx.test>",
        "<mx.test!nmap.scanme.org!relaytest@mx.test>",
        "<relaytest%nmap.scanme.org%mx.test@mx.test>",
        "<relaytest%mx.test@nmap.scanme.org>",
        "<relaytest%nmap.scanme.org@localhost>",
        "<relaytest@localhost>",
        "<bob@localhost>",
        "<relaytest@nmap.scanme.org.>",
        "<bob@mx.test.>",
        "<bob@mx.test.nmap.scanme.org>",
        "<bob@xmx.test>",
        "<bob@[192.0.2.99]>",
        "<bob@[IPv6:::ffff:192.0.2.99]>",
        "<bob@[mx.test]>",
        "<bob@127.0.0.1>",
        "<bob@2130706433>",
        "<bob@mx.test@nmap.scanme.org>",
        "<bob@mx.test:relaytest@nmap.scanme.org>",
        "<bob@mx.test,relaytest@nmap.scanme.org>",
        "<bob@mx.test><relaytest@nmap.scanme.org>",
        "<bob@mx.test> <relaytest@nmap.scanme.org>",
        "<bob@mx.test>,<relaytest@nmap.scanme.org>",
        "<bob@mx.test\\0@nmap.scanme.org>",
        "<bob@mx.test%0Arelaytest@nmap.scanme.org>",
        "<relaytest(@mx.test)@nmap.scanme.org>",
        "<relaytest@nmap.scanme.org(@mx.test)>",
        "<\"relaytest@nmap.scanme.org\\\"@mx.test>",
        "<\"relaytest@nmap.scanme.org\\\\\"@mx.test>",
        "<relaytest\\@nmap.scanme.org@mx.test>",
        "<|relaytest@nmap.scanme.org>",
        "<\"|/bin/sh\"@mx.test>",
        "</var/mail/relaytest@mx.test>",
        "<../../etc/passwd@mx.test>",
        "<:include:/etc/passwd@mx.test>",
        "relaytest@nmap.scanme.org",
        "\"relaytest@nmap.scanme.org\"",
        "bob@mx.test",
        "<relaytest@nmap.scanme.org",
        "relaytest@nmap.scanme.org>",
        "<<relaytest@nmap.scanme.org>>",
        "<>",
        "<@>",
        "<@mx.test>",
        "<@mx.test:>",
        "<relaytest@nmap.scanme.org>@mx.test",
        "SMTP:relaytest@nmap.scanme.org",
        "<IMCEASMTP-relaytest+40nmap+2Escanme+2Eorg@mx.test>",
        "<smtp:relaytest@nmap.scanme.org@mx.test>");

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task It_is_refused_from_strangers_whatever_the_sender(string form)
    {
        await using var at = await StartAsync();
        foreach (var sender in new[] { "<spam@client.test>", "<>", "<bob@mx.test>", "<spam@mx.test>", "<spam@localhost>", "<spam@[127.0.0.1]>" })
        {
            var peer = await at.ConnectAsync();
            await Expect(peer, "220");
            peer.Send("HELO client.test\r\n"u8);
            await Expect(peer, "250 mx.test");
            peer.Send(Encoding.ASCII.GetBytes($"MAIL FROM:{sender}\r\n"));
            await Expect(peer, "250 2.1.0");
            peer.Send(Encoding.Latin1.GetBytes($"RCPT TO:{form.Replace("\\0", "\0", StringComparison.Ordinal)}\r\nDATA\r\n"));
            await Expect(peer, "5");
            await Expect(peer, "503 5.5.1");
            peer.Abort();
        }
    }

    [Theory]
    [InlineData("<bob@mx.test>")]
    [InlineData("<BOB+tag@MX.TEST>")]
    [InlineData("<@relay.example,@mx.test:bob@mx.test>")]
    [InlineData("<\"bob\"@mx.test>")]
    [InlineData("<postmaster>")]
    [InlineData("<bob@[127.0.0.1]>")]
    public async Task Those_that_are_ours_are_taken_on_the_same_listener(string form)
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync($"RCPT TO:{form}\r\n");
        await Expect(peer, "250 2.1.5");
    }
}
