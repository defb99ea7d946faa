namespace ActorSmtp.Server.Tests.Settings;

/// <summary>Every mistake is told with full path, value, file and line, and what was expected.</summary>
public sealed class MistakeTests
{
    [Theory]
    [InlineData("limits { recipients = many }", "actorsmtp.limits.recipients = \"many\" (test.conf:3:23): expected a whole number from 100 to 100000")]
    [InlineData("limits { recipients = 99 }", "actorsmtp.limits.recipients = 99 (test.conf:3:23): expected a whole number from 100 to 100000")]
    [InlineData("limits { message-size = 25MB }", null)]
    [InlineData("limits { message-size = 25mb }",
        "actorsmtp.limits.message-size = \"25mb\" (test.conf:3:25): expected a size such as 25MiB, from 64KiB to 4GiB")]
    [InlineData("limits { command-timeout = 300 }",
        "actorsmtp.limits.command-timeout = 300 (test.conf:3:28): expected a duration with its unit, such as 30s or 5m, from 1s to 1h")]
    [InlineData("unknown-recipients = drop", "actorsmtp.unknown-recipients = \"drop\" (test.conf:3:22): expected one of reject, accept")]
    [InlineData("inspection.memory = 100KiB", "actorsmtp.inspection.memory = \"100KiB\" (test.conf:*): expected 0 (nothing is kept) or a size from 256KiB to 1GiB")]
    [InlineData("inspection.lines-per-session = 0", "actorsmtp.inspection.lines-per-session = 0 (test.conf:*): expected a whole number from 1 to 10000000")]
    [InlineData("telemetry.otlp = \"collector:4318\"", "actorsmtp.telemetry.otlp = \"collector:4318\" (test.conf:*): expected the address of an OTLP collector: *")]
    [InlineData("telemetry.trace-percent = 101", "actorsmtp.telemetry.trace-percent = 101 (test.conf:*): expected a whole number from 0 to 100")]
    [InlineData("webhooks { crm { url = \"https://crm.test/x?key=1\", secret = 0123456789abcdef, events = [message, lease], retry = [1s], mailboxes = [\"bob@a.test\"] } }", null)]
    [InlineData("webhooks { crm { } }", "actorsmtp.webhooks.crm.url: missing; expected an address such as https://hooks.example.com/mail, without a user or a #")]
    [InlineData("webhooks { crm { url = \"ftp://crm.test/\" } }", "actorsmtp.webhooks.crm.url = \"ftp://crm.test/\" (test.conf:*): expected an address such as *")]
    [InlineData("webhooks { crm { url = \"https://u:p@crm.test/\" } }", "actorsmtp.webhooks.crm.url = *: expected an address such as *")]
    [InlineData("webhooks { crm { url = \"https://crm.test/\", events = [mesage] } }",
        "actorsmtp.webhooks.crm.events = [\"mesage\"] (test.conf:*): expected some of message, message-changed, message-removed, lease, scenario")]
    [InlineData("webhooks { crm { url = \"https://crm.test/\", secret = short } }",
        "actorsmtp.webhooks.crm.secret = \"***\" (test.conf:*): expected at least 16 characters, or none for bodies without a signature")]
    [InlineData("webhooks { crm { url = \"https://crm.test/\", sceret = 0123456789abcdef } }",
        "actorsmtp.webhooks.crm.sceret = \"***\" (test.conf:*): unknown key; did you mean secret?")]
    [InlineData("webhooks { crm { url = \"https://crm.test/\", queue = 0 } }", "actorsmtp.webhooks.crm.queue = 0 (test.conf:*): expected a whole number from 1 to 100000")]
    [InlineData("webhooks { crm { url = \"https://crm.test/\", retry = [] } }", "actorsmtp.webhooks.crm.retry = *: expected at least one duration")]
    [InlineData("webhooks { \"a b\" { url = \"https://crm.test/\" } }", "actorsmtp.webhooks.\"a b\".url = *the webhook's name \"a b\" is none: *")]
    [InlineData("outbound { routes { \"*\" = \"smtp://h.test:587\" }, logins { \"*\" { user = us, password = hunter2, mechanism = scram-sha-256 } } }", null)]
    [InlineData("outbound { logins { \"*\" { user = us, password = hunter2 } } }", "actorsmtp.outbound.logins.\"*\".user = \"us\" (test.conf:*): there is no route \"*\" (outbound.routes)")]
    [InlineData("outbound { routes { \"*\" = mx }, logins { \"*\" { user = us, password = hunter2 } } }",
        "actorsmtp.outbound.logins.\"*\".user = \"us\" (test.conf:*): the route \"*\" goes by MX records, and a password is not for whoever they name; expected a route to a fixed server")]
    [InlineData("outbound { routes { \"*\" = \"smtp://h.test:587\" }, logins { \"*\" { password = hunter2 } } }", "actorsmtp.outbound.logins.\"*\".user = *: expected the name of an account at that server")]
    [InlineData("outbound { routes { \"*\" = \"smtp://h.test:587\" }, logins { \"*\" { user = us } } }", "actorsmtp.outbound.logins.\"*\".password-file = *: expected either this or password")]
    [InlineData("outbound { routes { \"*\" = \"smtp://h.test:587\" }, logins { \"*\" { user = us, password-file = gone } } }", "actorsmtp.outbound.logins.\"*\".password-file = \"gone\" (test.conf:*): there is no such file")]
    [InlineData("outbound { tls-reports { enabled = on, from = nobody } }", "actorsmtp.outbound.tls-reports.from = \"nobody\" (test.conf:*): expected an address such as tls-reports@example.com, or nothing for postmaster")]
    [InlineData("outbound { tls-reports { spread = 13h } }", "actorsmtp.outbound.tls-reports.spread = \"13h\" (test.conf:*): expected a duration *")]
    [InlineData("webhook-defaults { timeout = 1h }", "actorsmtp.webhook-defaults.timeout = \"1h\" (test.conf:*): expected a duration with its unit, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [dnsbl] } }", "actorsmtp.listeners.x.checks = [\"dnsbl\"] (test.conf:*): \"dnsbl\": expected one of dns-lists, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [\"rates=never\"] } }", "actorsmtp.listeners.x.checks = *: \"rates=never\": expected one of *, with =log, =tag, =defer or =reject behind or nothing")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [rates, \"rates=log\"] } }, gatekeeping.rates.messages-per-sender = 5", "actorsmtp.listeners.x.checks = *: \"rates=log\": rates is named twice")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", milters = [one] } }", "actorsmtp.gatekeeping.milters = *listener x asks milter one, and there is none: add one { address = *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", milters = [one] } }, gatekeeping.milters.one { address = \"inet:127.0.0.1:9\", enabled = false }", "actorsmtp.gatekeeping.milters = *listener x asks milter one, and there is none: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", milters = [\"one=maybe\"] } }, gatekeeping.milters.one.address = \"unix:/a\"", "actorsmtp.listeners.x.milters = *: \"one=maybe\": expected a name of gatekeeping.milters, with =log, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", role = pop3, auth = required, milters = [one] } }, auth.allow-plaintext = true, gatekeeping.milters.one.address = \"unix:/a\"", "actorsmtp.listeners.x.milters = *: expected []: with role = pop3 no mail comes in")]
    [InlineData("gatekeeping.milters.one.address = \"rspamd:11332\"", "actorsmtp.gatekeeping.milters.one.address = \"rspamd:11332\" (test.conf:*): expected where the milter listens: unix:PATH, *")]
    [InlineData("gatekeeping.milters.one { address = \"inet:8891@localhost\", default-action = discard }", "actorsmtp.gatekeeping.milters.one.default-action = *: expected one of accept, tempfail, reject")]
    [InlineData("gatekeeping.milters.one { address = \"unix:/a\", end-timeout = 20m }", "actorsmtp.gatekeeping.milters.one.end-timeout = *: expected a duration with its unit, such as 30s or 5m, from 10ms to 9m")]
    [InlineData("gatekeeping.milters.one { address = \"unix:/a\", timeout = 1s }", "actorsmtp.gatekeeping.milters.one.timeout = *: unknown key; did you mean end-timeout?")]
    [InlineData("gatekeeping.milters.\"o/ne\" { address = \"unix:/a\" }", "*the milter's name \"o/ne\" is none*")]
    [InlineData("gatekeeping.quarantine = \"no one\"", "actorsmtp.gatekeeping.quarantine = \"no one\" (test.conf:*): expected an address of this server*")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [rates] } }", "actorsmtp.gatekeeping.rates = *listener x asks the rates, and none is limited: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [dns-lists] } }", "actorsmtp.gatekeeping.dns-lists = *listener x asks the lists, and there is none for it: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [dns-lists, \"rates=log\"] } }, gatekeeping { rates.messages-per-sender = 5, dns-lists { a { zone = \"list.test\", score = 2, listeners = [x] } } }", null)]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [spf, \"dmarc=defer\", \"dkim=tag\", \"arc=log\", iprev] } }", null)]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [spf] } }, origin.deadline = 20s", "actorsmtp.origin.deadline = \"20s\" (test.conf:*): expected less than gatekeeping.timeout, *")]
    [InlineData("origin.deadline = 20s", null)]
    [InlineData("origin.authserv-id = \"not a name\"", "actorsmtp.origin.authserv-id = \"not a name\" (test.conf:*): expected a domain name, or nothing *")]
    [InlineData("origin.trusted-sealers = [lists.example.org, \"@\"]", "actorsmtp.origin.trusted-sealers[1] = \"@\" (test.conf:*): expected a list, each a domain name, *")]
    [InlineData("origin.rsa-bits = 512", "actorsmtp.origin.rsa-bits = 512 (test.conf:*): expected *1024*")]
    [InlineData("origin.signatures = 0", "actorsmtp.origin.signatures = 0 (test.conf:*): expected *")]
    [InlineData("gatekeeping.dns-lists { a { zone = \"\" } }", "actorsmtp.gatekeeping.dns-lists.a.zone = \"\" (test.conf:*): expected the list's domain, such as zen.spamhaus.org, of at most 180 characters")]
    [InlineData("gatekeeping.dns-lists { a { zone = \"list.test\", codes = [\"127.0.0\"] } }", "actorsmtp.gatekeeping.dns-lists.a.codes[0] = \"127.0.0\" (test.conf:*): expected a list, each an address such as 127.0.0.2, *")]
    [InlineData("gatekeeping.dns-lists { a { zone = \"list.test\", codes = [] } }", "actorsmtp.gatekeeping.dns-lists.a.codes = [] (test.conf:*): expected at least one, such as *")]
    [InlineData("gatekeeping.dns-lists { \"a b\" { zone = \"list.test\" } }", "actorsmtp.gatekeeping.dns-lists.\"a b\".zone = *the list's name \"a b\" is none: *")]
    [InlineData("gatekeeping.dns-lists { a { zone = \"list.test\", listeners = [y] } }", "actorsmtp.gatekeeping.dns-lists = *list a is for listener y, and there is no such listener")]
    [InlineData("gatekeeping { dns-list-wait = 20s, dns-lists { a { zone = \"list.test\" } } }", "actorsmtp.gatekeeping.dns-list-wait = \"20s\" (test.conf:*): expected less than gatekeeping.timeout, *")]
    [InlineData("gatekeeping.scores { defer = 6, reject = 5 }", "actorsmtp.gatekeeping.scores.defer = 6 (test.conf:*): expected no more than scores.reject, *")]
    [InlineData("gatekeeping.helo.ours = refuse", "actorsmtp.gatekeeping.helo.ours = \"refuse\" (test.conf:*): expected a score from -1000 to 1000, or tag, defer or reject")]
    [InlineData("gatekeeping.helo.unconfirmed = reject", "actorsmtp.gatekeeping.helo.unconfirmed = \"reject\" (test.conf:*): expected a score from -1000 to 1000: mail must not be refused for this alone (RFC 5321 §4.1.4)")]
    [InlineData("gatekeeping.reverse-dns { none = 2.5, generic = -1, unconfirmed = defer }", null)]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [reverse-dns] } }, gatekeeping.reverse-dns.wait = 20s", "actorsmtp.gatekeeping.reverse-dns = *wait: expected less than gatekeeping.timeout, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [helo] } }, gatekeeping.timeout = 4s", "actorsmtp.gatekeeping.helo = *wait: expected less than gatekeeping.timeout, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [early-talkers] } }", "actorsmtp.gatekeeping.early-talkers = *listener x asks early-talkers, and nobody would be found: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [early-talkers], greeting-delay = 3s, early-talkers = log } }", null)]
    [InlineData("gatekeeping.greylisting { delay = 1h, retry-window = 90m }", "actorsmtp.gatekeeping.greylisting.retry-window = \"90m\" (test.conf:*): expected at least twice gatekeeping.greylisting.delay: *")]
    [InlineData("gatekeeping.greylisting.exempt-recipients = [\"a b@c.test\"]", "actorsmtp.gatekeeping.greylisting.exempt-recipients[0] = \"a b@c.test\" (test.conf:*): expected a list, each an address such as abuse@example.com, or a domain")]
    [InlineData("gatekeeping.greylisting.size = 10", "actorsmtp.gatekeeping.greylisting.size = 10 (test.conf:*): expected a whole number from 100 to 10000000")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", role = lmtp, checks = [greylisting] } }", "actorsmtp.gatekeeping.greylisting = *listener x has role = lmtp: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [http-hook] } }", "actorsmtp.gatekeeping.http-hooks = *listener x asks http-hook, and there is none for it: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", checks = [http-hook] } }, gatekeeping.http-hooks { a { url = \"http://a.test/x\", headers = [\"X-Key: 1\"], steps = [rcpt] } }", null)]
    [InlineData("gatekeeping.http-hooks { a { } }", "actorsmtp.gatekeeping.http-hooks.a.url: missing; expected an address such as http://127.0.0.1:8080/mail, *")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", steps = [helo] } }", "actorsmtp.gatekeeping.http-hooks.a.steps[0] = \"helo\" (test.conf:*): expected a list, each one of mail, rcpt, content")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", steps = [] } }", "actorsmtp.gatekeeping.http-hooks.a.steps = [] (test.conf:*): expected some of mail, rcpt, content")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", headers = [secret] } }", "actorsmtp.gatekeeping.http-hooks.a.headers[0] = \"***\" (test.conf:*): expected a list, each a header such as \"Authorization: Bearer …\"")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", haeders = [\"X: secret\"] } }", "actorsmtp.gatekeeping.http-hooks.a.haeders = \"***\" (test.conf:*): unknown key; did you mean headers?")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", timeout = 20s } }", "actorsmtp.gatekeeping.http-hooks = *hook a has timeout = 20s: expected less than gatekeeping.timeout, *")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", content-limit = 32MiB, memory = 16MiB } }", "actorsmtp.gatekeeping.http-hooks.a.memory = \"16MiB\" (test.conf:*): expected at least content-limit: no message would fit")]
    [InlineData("gatekeeping.http-hooks { a { url = \"http://a.test/\", listeners = [y] } }", "actorsmtp.gatekeeping.http-hooks = *hook a is for listener y, and there is no such listener")]
    [InlineData("gatekeeping.http-hooks { \"a b\" { url = \"http://a.test/\" } }", "actorsmtp.gatekeeping.http-hooks.\"a b\".url = *the hook's name \"a b\" is none: *")]
    [InlineData("gatekeeping.tarpit.delay = 2m", "actorsmtp.gatekeeping.tarpit.delay = \"2m\" (test.conf:*): expected a duration with its unit, such as 30s or 5m, from 10ms to 1m")]
    [InlineData("limits = 5", "actorsmtp.limits = 5 (test.conf:3:10): expected an object: { … }")]
    [InlineData("hostname = []", "actorsmtp.hostname = [] (test.conf:3:12): expected a text")]
    [InlineData("hostname = null", "actorsmtp.hostname = null (test.conf:3:12): expected a text")]
    [InlineData("limits { recipents = 200 }", "actorsmtp.limits.recipents = 200 (test.conf:3:22): unknown key; did you mean recipients?")]
    [InlineData("tls { certificate = a.pem }",
        "actorsmtp.tls.key = \"\" (reference.conf:*): expected both certificate and key, each the name of a PEM file, or neither")]
    [InlineData("tls { certificates = x }", "actorsmtp.tls.certificates = \"x\" (test.conf:3:22): expected a list of objects: [{ … }, { … }]")]
    [InlineData("tls { certificates = [x] }", "actorsmtp.tls.certificates.0 = \"x\" (test.conf:3:23): expected an object: { … }")]
    [InlineData("tls { certificates = [{ certificate = a.pem }] }", "actorsmtp.tls.certificates.0.key: missing; expected the name of a PEM file")]
    [InlineData("tls { certificates = [{ certificate = a.pem, key = \"\" }] }",
        "actorsmtp.tls.certificates.0.key = \"\" (test.conf:3:52): expected the name of a PEM file")]
    [InlineData("tls { certificates = [{ certificate = a.pem, key = b, kez = c }] }",
        "actorsmtp.tls.certificates.0.kez = \"c\" (test.conf:3:61): unknown key; did you mean key?")]
    [InlineData("tls { certificates = [{ certificate = a.pem, key = b }] }", null)]
    [InlineData("tls { min-version = \"1.1\" }", "actorsmtp.tls.min-version = \"1.1\" (test.conf:3:21): expected one of 1.2, 1.3")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", tls = starttls, tls-key = k } }",
        "actorsmtp.listeners.x.tls-certificate = \"\" (reference.conf:*): expected both certificate and key, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", tls = starttls, tls-min-version = \"1.0\" } }",
        "actorsmtp.listeners.x.tls-min-version = \"1.0\" (test.conf:3:*): expected one of 1.2, 1.3, *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:99\", client-ca = ca.pem } }",
        "actorsmtp.listeners.x.client-ca = \"ca.pem\" (test.conf:3:*): clients can show no certificate here: set tls, or leave this empty")]
    [InlineData("outbound { retry = [1m, soon] }",
        "actorsmtp.outbound.retry[1] = \"soon\" (test.conf:3:25): expected a list of durations, each *")]
    [InlineData("outbound { routes { \"*\" = \"http://x:1\" } }",
        "actorsmtp.outbound.routes.\"*\" = \"http://x:1\" (test.conf:3:27): expected mx, smtp://HOST:PORT*")]
    [InlineData("outbound { routes { \"a b\" = mx } }", "actorsmtp.outbound.routes.\"a b\" = \"mx\" (test.conf:3:*): the key of a route is none: *")]
    [InlineData("outbound { routes { \".\" = mx } }", "actorsmtp.outbound.routes.\".\" = \"mx\" (test.conf:3:*): the key of a route is none: *")]
    [InlineData("outbound { routes { \".example.com\" = mx, \"x.test\" = \"smtp://10.0.0.999:25\" } }",
        "actorsmtp.outbound.routes.\"x.test\" = \"smtp://10.0.0.999:25\" (test.conf:3:*): expected mx, smtp://HOST:PORT*")]
    [InlineData("outbound { queue-size = 1, destinations = 10000 }", null)]
    [InlineData("outbound { queue-size = 0 }", "actorsmtp.outbound.queue-size = 0 (test.conf:3:*): expected a whole number from 1 to 100000000")]
    [InlineData("outbound { queue-size = 1GiB }", "actorsmtp.outbound.queue-size = \"1GiB\" (test.conf:3:*): expected a whole number from 1 to 100000000")]
    [InlineData("outbound { destinations = 10001 }", "actorsmtp.outbound.destinations = 10001 (test.conf:3:*): expected a whole number from 1 to 10000")]
    [InlineData("outbound { destinations = none }", "actorsmtp.outbound.destinations = \"none\" (test.conf:3:*): expected a whole number from 1 to 10000")]
    [InlineData("outbound { retry-jitter = 101 }", "actorsmtp.outbound.retry-jitter = 101 (test.conf:3:*): expected a whole number from 0 to 100")]
    [InlineData("outbound { limits-for { \"gmail.com\" { connections = 5 }, \".example.com\" { rate = 60 } }, tls-policy { \"a.test\" = verify } }", null)]
    [InlineData("outbound { limits-for { \"gmail.com\" { messages = 100 }, \".example.com\" { messages = 0 } }, limits.messages = 5 }", null)]
    [InlineData("outbound { limits-for { \"a.test\" { messages = 101 } } }",
        "actorsmtp.outbound.limits-for.\"a.test\".messages = 101 (test.conf:3:*): expected no more than servers.messages (100), which holds for every connection")]
    [InlineData("outbound { limits.messages = -1 }", "actorsmtp.outbound.limits.messages = -1 (test.conf:3:*): expected a whole number from 0 to 1000000")]
    [InlineData("outbound { limits.connections = 0 }", "actorsmtp.outbound.limits.connections = 0 (test.conf:3:*): expected a whole number from 1 to 1000")]
    [InlineData("outbound { limits-for { \"a b\" { rate = 1 } } }", "actorsmtp.outbound.limits-for.\"a b\".connections = *: \"a b\" is no destination: *")]
    [InlineData("outbound { limits-for { \"a.test\" { rates = 1 } } }", "actorsmtp.outbound.limits-for.\"a.test\".rates = 1 (test.conf:3:*): unknown key; did you mean rate?")]
    [InlineData("outbound { tls-policy { \"a.test\" = maybe } }", "actorsmtp.outbound.tls-policy.\"a.test\" = \"maybe\" (test.conf:3:*): expected one of auto, none, may, encrypt, dane-only, verify, secure")]
    [InlineData("outbound { tls-policy { \"a b\" = may } }", "actorsmtp.outbound.tls-policy.\"a b\" = \"may\" (test.conf:3:*): the key of a TLS policy is none: *")]
    [InlineData("outbound { rest = 2h, longest-rest = 1h }", "actorsmtp.outbound.rest = \"2h\" (test.conf:3:*): expected a duration with its unit, *")]
    [InlineData("outbound { rest = 1h, longest-rest = 1m }", "actorsmtp.outbound.longest-rest = \"1m\" (test.conf:3:*): expected no less than rest")]
    [InlineData("outbound { servers.idle = 1h }", "actorsmtp.outbound.servers.idle = \"1h\" (test.conf:3:*): expected a duration with its unit, *")]
    [InlineData("outbound { timeouts.end = 0s }", "actorsmtp.outbound.timeouts.end = \"0s\" (test.conf:3:*): expected a duration with its unit, *")]
    [InlineData("outbound { warn-after = 31d }", "actorsmtp.outbound.warn-after = \"31d\" (test.conf:3:*): expected a duration with its unit, *")]
    [InlineData("outbound { return-size = big }", "actorsmtp.outbound.return-size = \"big\" (test.conf:3:*): expected a size such as 25MiB, *")]
    [InlineData("outbound { ip = ipv5 }", "actorsmtp.outbound.ip = \"ipv5\" (test.conf:3:*): expected one of both, ipv4, ipv6")]
    [InlineData("outbound { never-to = [10.0.0.1/8] }", "actorsmtp.outbound.never-to = *: \"10.0.0.1/8\": expected a network such as 10.0.0.0/8 *")]
    [InlineData("outbound { mx-hosts = 1 }", "actorsmtp.outbound.mx-hosts = 1 (test.conf:3:*): expected a whole number from 2 to 100")]
    [InlineData("dns { servers = [ns.test] }", "actorsmtp.dns.servers[0] = \"ns.test\" (test.conf:3:*): expected a list, each the address of a DNS server: *")]
    [InlineData("dns { servers = [1] }", "actorsmtp.dns.servers[0] = 1 (test.conf:3:*): expected a list, each the address of a DNS server: *")]
    [InlineData("dns { servers = \"10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9\" }",
        "actorsmtp.dns.servers = *: expected at most 8 servers: *")]
    [InlineData("dns { deadline = 1s }", "actorsmtp.dns.deadline = \"1s\" (test.conf:3:*): expected no less than timeout: *")]
    [InlineData("dns { shortest-ttl = 10m, longest-ttl = 5m }", "actorsmtp.dns.shortest-ttl = \"10m\" (test.conf:3:*): expected no more than longest-ttl *")]
    [InlineData("dns { trust-ad = yes }", "actorsmtp.dns.trust-ad = *: expected one of auto, on, off")]
    [InlineData("dns { timeouts = 5s }", "actorsmtp.dns.timeouts = \"5s\" (test.conf:3:*): unknown key; did you mean timeout?")]
    [InlineData("dns { servers = [\"192.0.2.53\", \"192.0.2.54:5353\", \"2001:db8::53\", \"[2001:db8::53]:54\"], cache-size = 0 }", null)]
    [InlineData("domains = [\"*\", \"a.test\"]", "actorsmtp.domains = *: expected \"*\" (every domain) to stand alone")]
    [InlineData("listeners { x { bind = \"mail.test:25\" } }",
        "actorsmtp.listeners.x.bind = \"mail.test:25\" (test.conf:3:24): expected an address to listen on: *")]
    [InlineData("listeners { x { rolle = mx, bind = \"127.0.0.1:1\" } }",
        "actorsmtp.listeners.x.rolle = \"mx\" (test.conf:3:25): unknown key; did you mean role?")]
    [InlineData("listeners { x { } }", "actorsmtp.listeners.x.bind: missing; expected an address to listen on: *")]
    [InlineData("listeners { a { bind = \"127.0.0.1:99\" }, b { bind = \"127.0.0.1:99\" } }",
        "actorsmtp.listeners.b.bind = \"127.0.0.1:99\" (test.conf:3:53): listener a has this address already; give it another")]
    [InlineData("listeners { x { bind = \"0.0.0.0:99\", auth = required } }", "actorsmtp.listeners.x.auth = *nobody could log in*")]
    [InlineData("listeners { x { bind = \"127.0.0.1:25\", role = lmtp } }",
        "actorsmtp.listeners.x.bind = \"127.0.0.1:25\" (test.conf:3:24): expected another port: *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:110\", role = pop3, tls = starttls } }",
        "actorsmtp.listeners.x.auth = \"off\" (reference.conf:*): expected required: with role = pop3 nobody gets mail without a login")]
    [InlineData("listeners { x { bind = \"127.0.0.1:110\", role = pop3, auth = offered, tls = implicit } }",
        "actorsmtp.listeners.x.auth = \"offered\" (test.conf:*): expected required: with role = pop3 nobody gets mail without a login")]
    [InlineData("listeners { x { bind = \"127.0.0.1:110\", role = pop3, auth = required, tls = starttls, xclient-trusted = [127.0.0.1] } }",
        "actorsmtp.listeners.x.xclient-trusted = *: expected []: POP3 knows no XCLIENT; proxy-protocol = required does the same")]
    [InlineData("listeners { x { bind = \"127.0.0.1:110\", role = pop3, auth = required } }", "actorsmtp.listeners.x.auth = *nobody could log in*")]
    [InlineData("listeners { x { bind = \"127.0.0.1:110\", role = pop3, auth = required, tls = starttls } }", null)]
    [InlineData("pop3 { idle-timeout = 0s }", "actorsmtp.pop3.idle-timeout = \"0s\" (test.conf:*): expected a duration with its unit, such as 30s or 5m, from 1s to 1*")]
    [InlineData("pop3 { login-delay = 2d }", "actorsmtp.pop3.login-delay = \"2d\" (test.conf:*): expected a duration with its unit, *")]
    [InlineData("pop3 { memory = 1KiB }", "actorsmtp.pop3.memory = \"1KiB\" (test.conf:*): expected a size such as *, from 1MiB to *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", proxy-protocol = required } }",
        "actorsmtp.listeners.x.proxy-trusted = [] (reference.conf:*): nobody could connect: name the proxies' networks, such as [10.0.0.0/8]")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", proxy-protocol = required, proxy-trusted = [10.0.0.0/8, \"2001:db8::/32\", \"::1\", 192.0.2.7] } }", null)]
    [InlineData("listeners { x { bind = \"unix:x.sock\", proxy-protocol = required } }", null)]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", proxy-protocol = on } }", "actorsmtp.listeners.x.proxy-protocol = *: expected one of off, required")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", xclient-trusted = [10.0.0.1/8] } }",
        "actorsmtp.listeners.x.xclient-trusted = *: \"10.0.0.1/8\": expected a network such as 10.0.0.0/8 *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", xclient-trusted = [10.0.0.0/33] } }", "actorsmtp.listeners.x.xclient-trusted = *: \"10.0.0.0/33\": *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", xclient-trusted = [localhost] } }", "actorsmtp.listeners.x.xclient-trusted = *: \"localhost\": *")]
    [InlineData("console.proxy-trusted = [localhost]", "actorsmtp.console.proxy-trusted = *: \"localhost\": expected a network such as 10.0.0.0/8 *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", xclient-trusted = [10] } }", "actorsmtp.listeners.x.xclient-trusted = *: \"10\": *")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", greeting-delay = 2m } }",
        "actorsmtp.listeners.x.greeting-delay = \"2m\" (test.conf:*): expected a duration with its unit, such as 30s or 5m, from 0*s to 1m")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", early-talkers = ban } }", "actorsmtp.listeners.x.early-talkers = *: expected one of drop, log")]
    [InlineData("listeners { x { bind = \"127.0.0.1:26\", connections = -1 } }", "actorsmtp.listeners.x.connections = *: expected a whole number from 0 to 1000000")]
    [InlineData("limits { submission-share = 100 }", "actorsmtp.limits.submission-share = 100 (test.conf:*): expected a whole number from 0 to 90")]
    [InlineData("limits { stress-at = 0 }", "actorsmtp.limits.stress-at = 0 (test.conf:*): expected a whole number from 1 to 100")]
    [InlineData("limits { junk-commands = 1 }", "actorsmtp.limits.junk-commands = 1 (test.conf:*): expected a whole number from 10 to 1000000")]
    [InlineData("limits { minimum-data-rate = fast }", "actorsmtp.limits.minimum-data-rate = \"fast\" (test.conf:*): expected a size such as *")]
    [InlineData("storage.kind = postgres", "actorsmtp.storage.connection = \"\" (reference.conf:*): expected Npgsql's connection text*")]
    [InlineData("storage.shared.lease = 1s", "actorsmtp.storage.shared.lease = *: expected a duration with its unit, such as 30s or 5m, from 2*s to 10m")]
    [InlineData("storage.shared.connections = 10", "actorsmtp.storage.shared.connections = *: expected a whole number from 20 to 1000")]
    [InlineData("storage.shared.agreement = loose", "actorsmtp.storage.shared.agreement = *: expected *")]
    [InlineData("storage.shared.patience = 2m", "actorsmtp.storage.shared.patience = *: expected a duration with its unit*")]
    [InlineData("storage.shared.poll = 1ms", "actorsmtp.storage.shared.poll = *: expected a duration with its unit*")]
    [InlineData("auth.mechanisms = [PLAIN, CRAM-MD5]", "actorsmtp.auth.mechanisms = *: \"CRAM-MD5\" is none that is spoken here: expected some of EXTERNAL, *")]
    [InlineData("auth.certificates-by = [subject]", "actorsmtp.auth.certificates-by = *: \"subject\": expected some of fingerprint, email, common-name")]
    [InlineData("auth.guesses { first-delay = 30s, longest-delay = 1s }", "actorsmtp.auth.guesses.longest-delay = *: expected at least first-delay")]
    [InlineData("auth.guesses.table = 5", "actorsmtp.auth.guesses.table = 5 *: expected a whole number from 100 to 1000000")]
    [InlineData("auth.oauth { issuer = \"https://i.test\", audience = [x] }", "actorsmtp.auth.oauth.keys = *: expected the https URL of the issuer's key set*")]
    [InlineData("auth.oauth { issuer = \"https://i.test\", keys = \"http://i.test/keys\", audience = [x] }", "actorsmtp.auth.oauth.keys = *: expected an https URL*")]
    [InlineData("auth.oauth { issuer = \"https://i.test\", keys = \"k.json\" }", "actorsmtp.auth.oauth.audience = *: expected what the issuer puts into*")]
    [InlineData("auth.oauth { issuer = \"https://i.test\", keys = \"http://127.0.0.1:1/k\", audience = [x] }", null)]
    [InlineData("auth.oauth { keys = \"http://i.test/keys\" }", null)]
    [InlineData("storage.journal.preallocate = 64MiB", "actorsmtp.storage.journal.preallocate = *: expected at least three segments*")]
    public void A_wrong_value_is_told_exactly(string settings, string? expected)
    {
        if (expected is null)
        {
            Assert.NotNull(Configuration.With(settings).Load());
            return;
        }

        AssertLike(expected, Configuration.With(settings).Mistake());
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var mistakes = Configuration.With("limits { hops = 1, recipients = x }\nbogus = 1").Mistakes();

        Assert.Equal(3, mistakes.Count);
    }

    [Fact]
    public void A_wrong_default_of_listeners_is_told_once() =>
        AssertLike("actorsmtp.listener-defaults.role = \"mix\" (test.conf:3:26): expected one of mx, submission, lmtp, pop3",
            Configuration.With("listener-defaults.role = mix\nlisteners.b.bind = \"127.0.0.1:0\"").Mistake());

    [Fact]
    public void An_unknown_root_key_is_told() =>
        AssertLike("actorsmpt = { … } (test2.conf:1:11): unknown key; did you mean actorsmtp?",
            Configuration.With("").Config("actorsmpt { x = 1 }", "test2.conf").Mistake());

    [Fact]
    public void A_configuration_without_listeners_is_told() =>
        AssertLike("actorsmtp.listeners = { … } (*): no listener is enabled; *", new Configuration().Config("actorsmtp.hostname = a.test").Mistake());

    [Fact]
    public void A_mistake_of_syntax_has_its_place() =>
        AssertLike("configuration (test.conf:3:10): ':' inside a value without quotes; *", Configuration.With("bind = a :b").Mistake());

    [Fact]
    public void A_missing_file_is_told() =>
        Assert.Equal("configuration (gone.conf): there is no such file; mend the name behind --config",
            new Configuration().ConfigNamed("gone.conf").Mistake());

    [Fact]
    public void Variables_and_arguments_are_told_by_name()
    {
        AssertLike("ACTORSMTP_LIMITS_MESSAGESIZE = \"1MiB\" (environment variable): no setting has this name; did you mean ACTORSMTP_LIMITS_MESSAGE_SIZE?",
            Configuration.With("").Variable("ACTORSMTP_LIMITS_MESSAGESIZE", "1MiB").Mistake());
        AssertLike("actorsmtp.limits.hops = \"x\" (environment variable ACTORSMTP_LIMITS_HOPS): expected a whole number from 25 to 1000",
            Configuration.With("").Variable("ACTORSMTP_LIMITS_HOPS", "x").Mistake());
        AssertLike("actorsmtp.limits.hops = \"x\" (--set limits.hops): expected a whole number from 25 to 1000",
            Configuration.With("").Set("limits.hops=x").Mistake());
        AssertLike("configuration (--set nonsense): expected KEY=VALUE*", Configuration.With("").Set("nonsense").Mistake());
        AssertLike("actorsmtp.nonsense = \"1\" (--set nonsense): unknown key; *", Configuration.With("").Set("nonsense=1").Mistake());
    }

    [Fact]
    public void A_database_password_is_not_told()
    {
        string[] told =
        [
            .. Configuration.With("storage { connection = [\"Password=hunter2\"], nonsense = \"Host=a;pwd = 'hunter2;x';Database=b\" }").Mistakes(),
            .. Configuration.With("").Set("storage.connectoin=Host=a;Password=hunter2").Mistakes(),
            .. Configuration.With("").Set("storage..connection=Host=a;Password=hunter2").Mistakes(),
            .. Configuration.With("").Variable("ACTORSMTP_STORAGE_CONNECTIONS", "Host=a;Password=hunter2").Mistakes(),
        ];

        Assert.Equal(5, told.Length);
        Assert.DoesNotContain("hunter2", string.Concat(told), StringComparison.Ordinal);
    }

    // A '*' in the expectation stands for anything.
    internal static void AssertLike(string expected, string actual)
    {
        var pattern = "^" + string.Join(".*", expected.Split('*').Select(System.Text.RegularExpressions.Regex.Escape)) + "$";
        Assert.True(System.Text.RegularExpressions.Regex.IsMatch(actual, pattern), $"expected: {expected}\nactual:   {actual}");
    }
}
