using System.Net;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Benchmarks.Resolving;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Benchmarks.Origin;

/// <summary>
/// What it costs to find out who sent a message, with everything known to the resolver: microseconds of the processor a message. The message is signed by an RSA key of 2048 bits, comes in
/// pieces of 16 KiB, and passes.
/// </summary>
internal static class OriginBenchmarks
{
    private static readonly Lazy<World> _world = new(() => new World());

    public static double Names() => _world.Value.Sender(OriginParts.Names);

    public static double Spf() => _world.Value.Sender(OriginParts.Spf);

    public static double DkimOf1KiB() => _world.Value.Message(OriginParts.Dkim, _world.Value.Small);

    public static double DkimOf100KiB() => _world.Value.Message(OriginParts.Dkim, _world.Value.Large);

    public static double UnsignedOf100KiB() => _world.Value.Message(OriginParts.Dkim, _world.Value.Unsigned);

    public static double ArcOfThree() => _world.Value.Message(OriginParts.Arc, _world.Value.Passed);

    public static double ArcOfFifty() => _world.Value.Message(OriginParts.Arc, _world.Value.PassedOnByFifty);

    public static double DkimOfEight() => _world.Value.Message(OriginParts.Dkim, _world.Value.SignedByEight);

    public static double Dmarc() => _world.Value.Message(OriginParts.Dmarc, _world.Value.Small) - DkimOf1KiB();

    public static double All() => _world.Value.Sender(OriginParts.All) + _world.Value.Message(OriginParts.All, _world.Value.Small);

    private sealed class World
    {
        private const int Messages = 2_000;

        private readonly OriginExaminer _examiner;
        private readonly OriginSubject _subject = new(IPAddress.Parse("192.0.2.1"), "mx.example.com", Mailbox.TryParse("ann@example.com"));
        private readonly DkimSigner _signer;

        public World()
        {
            using var rsa = RSA.Create(2048);
            _signer = DkimSigner.TryMake("example.com", "s1", rsa.ExportRSAPrivateKeyPem(), out _)!;
            var zone = TestZone.Parse("""
                example.com 3600 TXT "v=spf1 include:_spf.example.com -all"
                _spf.example.com 3600 TXT "v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 mx -all"
                _spf.example.com 3600 MX 10 mx.example.com
                mx.example.com 3600 A 192.0.2.1
                mx.example.com 3600 TXT "v=spf1 a -all"
                _dmarc.example.com 3600 TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
                1.2.0.192.in-addr.arpa 3600 PTR mx.example.com
                """);
            zone.Add(new TxtRecord(_signer.KeyName, 3600, [.. _signer.KeyRecord.Chunk(255).Select(c => new string(c))]));
            var resolver = NameBenchmarks.Of(new MemoryNameServers(TimeProvider.System).Add("127.0.0.1:53", new DnsScript(zone)), new IPEndPoint(IPAddress.Loopback, 53));
            _examiner = new OriginExaminer(resolver, new OriginOptions("us.test", TimeSpan.FromSeconds(15), DkimOptions.Usual), TimeProvider.System, () => 7);
            Small = Octets(Signed(MessageOf(1024)));
            Large = Octets(Signed(MessageOf(100 * 1024)));
            Unsigned = Octets(MessageOf(100 * 1024));
            Passed = Octets(PassedOn(resolver, MessageOf(1024), 3));
            PassedOnByFifty = Octets(PassedOn(resolver, MessageOf(1024), 50));
            SignedByEight = Octets(string.Concat(Enumerable.Repeat(Signed(MessageOf(1024))[..^MessageOf(1024).Length], 8)) + MessageOf(1024));
        }

        public byte[] Small { get; }

        public byte[] Large { get; }

        public byte[] Unsigned { get; }

        public byte[] Passed { get; }

        public byte[] PassedOnByFifty { get; }

        public byte[] SignedByEight { get; }

        public double Sender(OriginParts parts)
        {
            var began = Environment.CpuUsage.TotalTime;             // processor time: others may be using the machine
            for (var n = 0; n < Messages; n++)
            {
                _examiner.ExamineSenderAsync(parts, _subject).GetAwaiter().GetResult();
            }

            return (Environment.CpuUsage.TotalTime - began).TotalMicroseconds / Messages;
        }

        public double Message(OriginParts parts, byte[] octets)
        {
            var sender = _examiner.ExamineSenderAsync(OriginParts.Spf, _subject);
            var began = Environment.CpuUsage.TotalTime;
            var messages = octets.Length > 20_000 && parts == OriginParts.Arc ? Messages / 20 : Messages;
            for (var n = 0; n < messages; n++)
            {
                using var message = Read(octets);
                var found = _examiner.ExamineMessageAsync(parts, _subject, sender, message).GetAwaiter().GetResult();
                _ = found.ToResults("us.test").ToField();
            }

            return (Environment.CpuUsage.TotalTime - began).TotalMicroseconds / messages;
        }

        private static SignedMessage Read(byte[] octets, params ReadOnlySpan<Canonicalization> forms)
        {
            var message = new SignedMessage(DkimOptions.Usual, forms);
            for (var at = 0; at < octets.Length; at += 16 * 1024)
            {
                message.Take(octets.AsSpan(at, Math.Min(16 * 1024, octets.Length - at)));
            }

            return message.Complete();
        }

        private static string MessageOf(int size)
        {
            var text = new StringBuilder("""
                Received: from a.example.com (a.example.com [198.51.100.7]) by mx.example.com with ESMTPS id 4fX1; Sun, 22 Nov 2026 09:00:00 +0000
                From: Ann <ann@example.com>
                To: Bob <bob@us.test>
                Subject: Minutes of Monday
                Date: Sun, 22 Nov 2026 09:00:00 +0000
                Message-ID: <20261122090000.4fX1@example.com>
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8


                """.ReplaceLineEndings("\r\n"));
            while (text.Length < size)
            {
                text.Append("The quick brown fox jumps over the lazy dog, and then some more words follow.\r\n");
            }

            return text.ToString();
        }

        private string Signed(string message)
        {
            using var read = Read(Octets(message), Canonicalization.Relaxed);
            return _signer.Sign(read, DateTimeOffset.UtcNow) + message;
        }

        private string PassedOn(Resolver resolver, string message, int servers)
        {
            for (var i = 0; i < servers; i++)
            {
                using var read = Read(Octets(message), Canonicalization.Relaxed);
                var chain = resolver.DecideAsync(new ArcCheck(read, DkimOptions.Usual, DateTimeOffset.UtcNow)).GetAwaiter().GetResult();
                message = ArcSealer.Seal(_signer, read, chain, new AuthenticationResults("list.test", []), DateTimeOffset.UtcNow) + message;
            }

            return message;
        }

        private static byte[] Octets(string text) => Encoding.ASCII.GetBytes(text);
    }
}
