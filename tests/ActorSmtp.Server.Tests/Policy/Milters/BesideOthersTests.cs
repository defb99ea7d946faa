using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>Milters as Debian has them, over Unix sockets: OpenDKIM signs and verifies, rspamd refuses and marks, libmilter (by pymilter) changes all there is to change.</summary>
public sealed class BesideOthersTests
{
    private const string OpenDkim = "/usr/sbin/opendkim";
    private const string Rspamd = "/usr/bin/rspamd";
    private const string Python = "/usr/bin/python3";

    [SkippableFact]
    public async Task OpenDKIM_signs_what_users_submit_and_verifies_what_comes_in()
    {
        Skip.IfNot(File.Exists(OpenDkim), "opendkim is not installed; ./test.sh installs it");
        await using var milter = new ForeignMilter();
        using var key = RSA.Create(2048);
        var keyFile = milter.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        var record = $"v=DKIM1; k=rsa; p={Convert.ToBase64String(key.ExportSubjectPublicKeyInfo())}";
        var keys = milter.Write("keys", $"s1._domainkey.mx.test {record}\n");
        var inside = milter.Write("inside", "192.0.2.1\n");
        await milter.StartAsync(OpenDkim, "-f", "-x", milter.Write("conf", $"""
            Socket local:{milter.Socket}
            Mode sv
            Domain mx.test
            Selector s1
            KeyFile {keyFile}
            RequireSafeKeys no
            TestPublicKeys {keys}
            InternalHosts {inside}
            MTA submission
            Canonicalization relaxed/relaxed
            AlwaysAddARHeader yes
            AuthservID mx.test
            Syslog no
            PidFile {Path.Combine(milter.Folder, "pid")}

            """));
        await using var server = await StartAsync(
            milter, "opendkim", "listeners.mx.milters=[opendkim]", "listeners.submission.bind=\"127.0.0.1:0\"", "listeners.submission.role=submission", "listeners.submission.auth=required",
            "listeners.submission.milters=[opendkim]");

        Assert.Equal(
            "220, 250, 235 2.7.0, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0",
            await TalkAsync(server, "submission", "EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\n" + Mail("bob@mx.test", "bob@mx.test", "From: Bob <bob@mx.test>\nSubject: signed\n\nHello\n")));
        var signed = await server.ReadOnlyMessageAsync("bob");
        Assert.Contains("\r\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mx.test; s=s1;", signed, StringComparison.Ordinal);

        var back = signed[signed.IndexOf("DKIM-Signature:", StringComparison.Ordinal)..];
        await TalkAsync(server, "mx", "EHLO c.test\n" + Mail("x@c.test", "ann@mx.test", back));
        Assert.Contains("Authentication-Results: mx.test;\r\n\tdkim=pass (2048-bit key", await server.ReadOnlyMessageAsync("ann"), StringComparison.Ordinal);

        await TalkAsync(server, "mx", "EHLO c.test\n" + Mail("x@c.test", "carol@mx.test", back.Replace("Hello", "Hell", StringComparison.Ordinal)));
        Assert.Contains("\tdkim=fail", await server.ReadOnlyMessageAsync("carol"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Rspamd_refuses_GTUBE_and_puts_its_fields_into_other_mail()
    {
        Skip.IfNot(File.Exists(Rspamd), "rspamd is not installed; ./test.sh installs it");
        await using var milter = new ForeignMilter();
        var suffixes = milter.Write("suffixes", "com\norg\ntest\n");    // of all there are it makes automata for a minute
        await milter.StartAsync(Rspamd, "-f", "-i", "-c", milter.Write("rspamd.conf", $$"""
            options {
              pidfile = "{{milter.Folder}}/pid"; cache_file = "{{milter.Folder}}/cache"; control_socket = "{{milter.Folder}}/control mode=0600";
              url_tld = "{{suffixes}}"; disable_hyperscan = true; filters = "";
              dns { nameserver = ["127.0.0.1:9:1"]; timeout = 0.1s; retransmits = 1; }
            }
            logging { type = "console"; level = "warning"; }
            metric { name = "default"; actions { reject = 15; add_header = 6; greylist = 100; } }
            milter_headers { use = ["x-spamd-result", "x-spam-status"]; skip_local = false; skip_authenticated = false; }
            modules { path = "/usr/share/rspamd/plugins/milter_headers.lua"; }
            worker "rspamd_proxy" { bind_socket = "{{milter.Socket}} mode=0666"; milter = yes; count = 1; timeout = 120s; upstream "local" { default = yes; self_scan = yes; } }

            """), $"--var=DBDIR={milter.Folder}", $"--var=RUNDIR={milter.Folder}");
        await using var server = await StartAsync(milter, "rspamd", "listeners.mx.milters=[rspamd]");
        const string Gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

        var heard = await TalkAsync(
            server, "mx", "EHLO c.test\n" + Mail("x@c.test", "ann@mx.test", $"Subject: spam\n\n{Gtube}\n", quits: false) + Mail("x@c.test", "bob@mx.test", "Subject: ham\n\nHello\n"));

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 354, 554 5.7.1, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", heard);
        var taken = await server.ReadOnlyMessageAsync("bob");
        Assert.Contains("\r\nX-Spamd-Result: default: False [", taken, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nHello\r\n", taken, StringComparison.Ordinal);
        Assert.Contains(server.Log.All, l => l.Contains("rspamd: rejected (554 5.7.1 Gtube pattern", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Libmilter_hears_the_dialogue_and_everything_that_it_changes_is_changed()
    {
        Skip.IfNot(await HasPymilterAsync(), "pymilter is not installed; ./test.sh installs it (python3-milter)");
        await using var milter = new ForeignMilter();
        await milter.StartAsync(Python, milter.Write("changes.py", """
            import sys, Milter

            class Changes(Milter.Base):
                def __init__(self):
                    self.heard = []
                def say(self, *words):
                    self.heard.append(" ".join(str(w) for w in words))
                    return Milter.CONTINUE
                @Milter.noreply
                def connect(self, name, family, address):
                    return self.say("connect", name, address[0], self.getsymval("{daemon_name}"), self.getsymval("j"))
                @Milter.noreply
                def hello(self, name):
                    return self.say("hello", name)
                def envfrom(self, sender, *parameters):
                    self.heard = self.heard[:2]
                    return self.say("mail", sender, *parameters, self.getsymval("{mail_addr}"))
                @Milter.noreply
                def envrcpt(self, to, *parameters):
                    return self.say("rcpt", to, *parameters, self.getsymval("{rcpt_addr}"))
                def header(self, name, value):
                    if value == "refuse":
                        self.setreply("554", "5.7.9", "99%% spam", "and more")
                        return Milter.REJECT
                    return self.say(name, repr(value))
                @Milter.noreply
                def eoh(self):
                    return self.say("eoh")
                def body(self, piece):
                    return self.say("body", len(piece))
                def eom(self):
                    self.say("eom", "i" if self.getsymval("i") else "no i")
                    self.progress()
                    self.addheader("X-Heard", "|".join(self.heard).replace("\n", "/"))
                    self.addheader("X-Top", "above all", 0)
                    self.chgheader("Subject", 1, "changed\n\ttwice")
                    self.chgheader("X-Gone", 1, None)
                    self.chgfrom("<y@c.test>", "RET=HDRS")
                    self.addrcpt("<ann@mx.test>", "NOTIFY=NEVER")
                    self.delrcpt("<bob@mx.test>")
                    self.replacebody("x" * 70000 + "\r\nAnother body\r\n")
                    return Milter.CONTINUE

            Milter.factory = Changes
            Milter.set_flags(Milter.ADDHDRS | Milter.CHGHDRS | Milter.CHGBODY | Milter.CHGFROM | Milter.ADDRCPT | Milter.ADDRCPT_PAR | Milter.DELRCPT)
            Milter.runmilter("changes", "unix:" + sys.argv[1], 60)

            """), milter.Socket);
        await using var server = await StartAsync(milter, "py", "listeners.mx.milters=[py]");

        var heard = await TalkAsync(
            server, "mx",
            "EHLO c.test\n" + Mail("x@c.test", "bob@mx.test", "Subject: refuse\n\nHello\n", quits: false) + "MAIL FROM:<z@c.test>\nRSET\n"
            + Mail("x@c.test", "bob@mx.test", "Subject: one\nX-Gone: a\nTo: Bob\n <bob@mx.test>\n\nHello\n"));

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 354, 554 5.7.9, 250 2.1.0, 250 2.0.0, 250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0", heard);
        var changed = await server.ReadOnlyMessageAsync("ann");
        Assert.StartsWith("Return-Path: <y@c.test>\r\nX-Top: above all\r\nReceived: from c.test", changed, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: changed\r\n\ttwice\r\nTo: Bob\r\n <bob@mx.test>\r\nX-Heard: ", changed, StringComparison.Ordinal);
        Assert.Contains(
            "connect [127.0.0.1] 127.0.0.1 mx mx.test|hello c.test|mail <x@c.test> x@c.test|rcpt <bob@mx.test> bob@mx.test|Subject 'one'|X-Gone 'a'|To 'Bob\\n <bob@mx.test>'|eoh|body 7|eom i",
            changed, StringComparison.Ordinal);
        Assert.EndsWith("x\r\nAnother body\r\n", changed, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Gone:", changed, StringComparison.Ordinal);
        Assert.Empty(await server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToArrayAsync());
    }

    private static async Task<bool> HasPymilterAsync()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(Python, ["-c", "import Milter"]) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    /// <summary>A server on real sockets, patient with a milter that has a busy machine.</summary>
    private static Task<TestMailServer> StartAsync(ForeignMilter milter, string name, params string[] sets) => TestMailServer.StartAsync(
        transport: Transports.Create(new TransportOptions()),
        sets: [$"gatekeeping.milters.{name}.address=\"unix:{milter.Socket}\"", "gatekeeping.milter-defaults.connect-timeout=2m", "gatekeeping.milter-defaults.command-timeout=2m", .. sets],
        users: [("bob", "secret"), ("ann", "secret"), ("carol", "secret"), ("postmaster", "secret")]);

    private static string Mail(string from, string to, string content, bool quits = true) =>
        $"MAIL FROM:<{from}>\nRCPT TO:<{to}>\nDATA\n{content.ReplaceLineEndings("\n")}.\n{(quits ? "QUIT\n" : "")}";

    private static async Task<string> TalkAsync(TestMailServer server, string listener, string said)
    {
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.Server.Listeners.First(l => l.Name == listener).Address, TimeSpan.FromMinutes(3));
        peer.Send(Encoding.Latin1.GetBytes(said.ReplaceLineEndings("\r\n")));
        return await PolicyServer.HearAsync(peer);
    }
}
