using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Client.Routing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Peers;

/// <summary>The peers of one case, listening; the names that lead to them; the mail for them; and afterwards whether what is told agrees with what they took.</summary>
public sealed class PeerWorld : IAsyncDisposable
{
    private const string NameServer = "192.0.2.53:53";
    private const string AddressOfA = "192.0.2.1";
    private const string AddressOfB = "192.0.2.2";

    private static readonly FrozenDictionary<string, DnsFault> _faults = new Dictionary<string, DnsFault>
    {
        ["servfail"] = DnsFaults.ServerFailure,
        ["refused"] = DnsFaults.Refused,
        ["silence"] = DnsFaults.Silence,
        ["nxdomain"] = DnsFaults.NoName,
        ["no data"] = DnsFaults.NoData,
        ["truncated"] = DnsFaults.Truncated,
        ["truncated anywhere"] = DnsFaults.TruncatedAnywhere,
        ["truncated for ever"] = DnsFaults.TruncatedForEver,
        ["no edns"] = DnsFaults.NoEdns,
        ["no edns bare"] = DnsFaults.NoEdnsBare,
        ["garbage"] = DnsFaults.Garbage,
        ["short"] = DnsFaults.Short,
        ["wrong id"] = DnsFaults.WrongId,
        ["wrong id first"] = DnsFaults.After(DnsFaults.WrongId, DnsFaults.None),
        ["wrong case"] = DnsFaults.WrongCase,
        ["wrong question"] = DnsFaults.WrongQuestion,
        ["wrong question first"] = DnsFaults.After(DnsFaults.WrongQuestion, DnsFaults.None),
        ["echo"] = DnsFaults.Echo,
        ["referral"] = DnsFaults.Referral,
        ["late"] = DnsFaults.Late(TimeSpan.FromSeconds(3)),
        ["too late"] = DnsFaults.Late(TimeSpan.FromMinutes(2)),
        ["twice"] = DnsFaults.Again(2),
    }.ToFrozenDictionary();

    private readonly List<IListener> _listeners = [];

    /// <param name="of">The case.</param>
    /// <param name="network">Where the peers listen.</param>
    /// <param name="time">Their clock, and the resolver's.</param>
    /// <param name="seed">For the order of hosts and the resolver's ids.</param>
    public PeerWorld(PeerCase of, ITransport network, TimeProvider time, int seed)
    {
        Case = of;
        A = new BadPeer("a.mx.test", of.A, time, of.Lmtp, of.Tls == PeerTls.Implicit);
        B = of.B is { } b ? new BadPeer("b.mx.test", b, time) : null;
        if (of.Absent is null)
        {
            Listen(network, AddressOfA, A);
        }

        if (B is not null)
        {
            Listen(network, AddressOfB, B);
        }

        var chance = new Random(seed);
        ulong Entropy()
        {
            lock (chance)
            {
                return (ulong)chance.NextInt64(long.MinValue, long.MaxValue);
            }
        }

        var names = new DnsScript(TestZone.Parse(of.Zone ?? ZoneOf(of)));
        foreach (var (name, type, fault) in of.Dns)
        {
            names.Always(name, Enum.Parse<DnsType>(type, ignoreCase: true), _faults[fault]);
        }

        Resolver = new Resolver(UsualResolving.Of(NameServer), new ResolverPorts(new MemoryNameServers(time).Add(NameServer, names), new NoNameFiles(), time, Entropy));
        Routes = new RouteTable([Route.Parse("*", of.Lmtp ? $"lmtp://{AddressOfA}:24" : of.Tls == PeerTls.Implicit ? "smtps://a.mx.test:465" : "mx")!]);
        Router = new MailRouter(new RoutePlanner(Routes, Routing), Routing, Resolver, Entropy);
        Mails = [.. Enumerable.Range(0, of.Messages).Select(Mail)];
    }

    /// <summary>What routing goes by here.</summary>
    public static RoutingOptions Routing { get; } = new()
    {
        MostHosts = 10,
        MostAddresses = 10,
        MxPort = 25,
        UsesIpv4 = true,
        UsesIpv6 = false,
        NeverTo = [IPNetwork.Parse("127.0.0.0/8")],
        OwnName = DnsName.Parse("us.test"),
        OwnEndPoints = [IPEndPoint.Parse("198.51.100.1:25")],
    };

    public PeerCase Case { get; }

    public BadPeer A { get; }

    public BadPeer? B { get; }

    public RouteTable Routes { get; }

    public IResolver Resolver { get; }

    public MailRouter Router { get; }

    /// <summary>What is to be sent, with recipients of its own each.</summary>
    public ImmutableArray<MailToSend> Mails { get; }

    /// <summary>Connections that peers still have.</summary>
    public int Open => A.Open + (B?.Open ?? 0);

    /// <summary>Octets that peers have said.</summary>
    public long Said => A.Said + (B?.Said ?? 0);

    /// <summary>Where mail for all recipients goes.</summary>
    public static MailDomain Domain { get; } = MailDomain.TryParse("far.test")!;

    /// <summary>
    /// What is wrong with what was told: another class than the case wants, a delivery of which no peer knows, one that a peer knows and nobody told
    /// of, a client that broke a rule. Empty: all is well.
    /// </summary>
    public IEnumerable<string> Faults(ImmutableArray<PeerClass> told, ImmutableArray<PeerClass> wanted)
    {
        if (!told.SequenceEqual(wanted))
        {
            yield return $"told {string.Join(", ", told)}, wanted {string.Join(", ", wanted)}";
        }

        var taken = A.Taken.Concat(B?.Taken ?? []).ToLookup(t => t.Recipient);
        var content = System.Text.Encoding.Latin1.GetString(Case.Content);
        foreach (var (address, at) in Mails.SelectMany(m => m.Recipients).Select((r, at) => (r.Address.ToString(), at)).Where(x => x.at < told.Length))
        {
            if (told[at] is PeerClass.Delivered or PeerClass.Relayed && !Case.Lies && !taken[address].Any(t => t.Content == content))
            {
                yield return $"{address} is lost: it was told as {told[at]}, and no peer has it";
            }
            else if (told[at] is PeerClass.Later or PeerClass.Never && taken[address].Any())
            {
                yield return $"{address} is told as {told[at]}, and a peer has it";
            }
        }

        foreach (var complaint in A.Complaints.Concat(B?.Complaints ?? []))
        {
            yield return complaint;
        }
    }

    public string Transcript => string.Join('\n', A.Transcript.Concat(B?.Transcript ?? []));

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private void Listen(ITransport network, string address, BadPeer peer) =>
        _listeners.Add(network.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Parse(address), Case.Lmtp ? 24 : Case.Tls == PeerTls.Implicit ? 465 : 25) }, peer));

    private static string ZoneOf(PeerCase of) => string.Create(CultureInfo.InvariantCulture, $"""
        far.test 300 MX 10 a.mx.test
        {(of.B is null ? "" : "far.test 300 MX 20 b.mx.test")}
        a.mx.test 300 A {AddressOfA}
        b.mx.test 300 A {AddressOfB}
        """);

    private MailToSend Mail(int number) => new(
        new ReversePath(Mailbox.Parse("bob@us.test")),
        [.. Enumerable.Range((number * Case.Recipients) + 1, Case.Recipients).Select(n => new RecipientToSend(Mailbox.Parse($"r{n}@far.test")))],
        new MemoryContent(Case.Content));
}
