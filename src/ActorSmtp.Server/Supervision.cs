using System.Globalization;
using Akka.Actor;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Auth.Tokens;
using ActorSmtp.Server.Certificates;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Mailboxes;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Outbound.Reporting;
using ActorSmtp.Server.Pop3;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Signing;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server;

/// <summary>
/// The whole tree on one screen: who makes whom, under which path, on which dispatcher, with which strategy.
/// <code>
/// /user
///  ├─ listeners             ListenersActor       default        stop on failure: an address that cannot be bound ends the start
///  │   └─ NAME              ListenerActor        sessions       restarted by nobody: its sessions would be lost
///  │       └─ s-…           SessionActor         sessions       never restarted: stopped with 421 4.3.0; Pop3SessionActor where role = pop3
///  ├─ auth                  AuthActor            default        restarted: it loads the accounts again
///  ├─ certificates          CertificatesActor    default        restarted: it looks at the files again; there where a listener has TLS
///  ├─ issuer-keys           IssuerKeysActor      default        restarted: it reads the keys again (only with auth.oauth)
///  ├─ signing               SigningActor         default        restarted: it looks at the keys again; only with dkim.sign or arc.seal
///  ├─ mailboxes             MailboxWriterActor   default        restarted: the journal still has what is not delivered
///  ├─ outbound              OutboundActor        default        restarted: what it knows outlives it, what relays had is tried again; only with outbound.routes
///  │   └─ DOMAIN            RelayActor           default        stopped: what it had goes back to the queue
///  ├─ hosts                 HostsActor           default        restarted: connections begin anew; what they carried is answered
///  │   └─ h-N               HostActor            default        stopped: it answers what it has, and is made anew
///  │       └─ c-N           ClientActor          default        stopped: one dialogue with a server
///  ├─ tls-state             KeptStateActor       default        restarted: it saves what there is then; only with outbound.routes
///  ├─ tls-reports           TlsReportsActor      default        restarted: what is not reported is still counted; only with outbound.tls-reports
///  ├─ dmarc-counts          KeptStateActor       default        restarted: it saves what there is then; only where a listener asks dmarc
///  └─ dmarc-reports         DmarcReportsActor    default        restarted: what is not reported is still counted; only with dmarc-reports
/// </code>
/// </summary>
internal static class Supervision
{
    public const string Listeners = "listeners";
    public const string Auth = "auth";
    public const string Certificates = "certificates";
    public const string IssuerKeys = "issuer-keys";
    public const string Mailboxes = "mailboxes";
    public const string Signing = "signing";
    public const string Hosts = "hosts";
    public const string Outbound = "outbound";
    public const string TlsState = "tls-state";
    public const string TlsReports = "tls-reports";
    public const string DmarcCounts = "dmarc-counts";
    public const string DmarcReports = "dmarc-reports";

    /// <summary>HOCON path of the dispatcher that runs an idle actor on the telling thread (docs/decisions/0002).</summary>
    public const string SessionDispatcher = "actorsmtp.session-dispatcher";

    /// <summary>
    /// What the engine is told besides the user's own <c>akka { }</c> settings: the phases that wait for sessions and mail last as long as they
    /// are given, and a process that is ended at once is not held up by a shutdown that its host runs anyhow.
    /// </summary>
    /// <param name="grace">How long sessions, and then mail, are waited for.</param>
    public static string EngineSettings(TimeSpan grace) => string.Create(CultureInfo.InvariantCulture, $$"""
        actorsmtp.session-dispatcher.executor = "{{InlineExecutorConfigurator.TypeName}}"
        akka.coordinated-shutdown {
          run-by-clr-shutdown-hook = off
          phases.service-unbind.timeout = {{(grace + s_beyondGrace).TotalMilliseconds:F0}}ms
          phases.service-requests-done.timeout = {{(grace + s_beyondGrace).TotalMilliseconds:F0}}ms
          phases.before-actor-system-terminate.timeout = {{(grace + s_beyondGrace).TotalMilliseconds:F0}}ms
        }
        """);

    private static readonly TimeSpan s_beyondGrace = TimeSpan.FromSeconds(2);

    public static Props OfListeners(ListenersContext at) =>
        Props.CreateBy(new Producer<ListenersActor>(at.Census, "/user/" + Listeners, () => new ListenersActor(at)));

    public static Props OfListener(ListenerContext at) =>
        Props.CreateBy(new Producer<ListenerActor>(at.Shared.Census, $"/user/{Listeners}/{at.Name}", () => new ListenerActor(at))).WithDispatcher(SessionDispatcher);

    public static Props OfSession(SessionContext at, SmtpConversation talk) =>
        Props.CreateBy(new SessionProducer(at, talk)).WithDispatcher(SessionDispatcher);

    public static Props OfPop3Session(Pop3Context at, Pop3Conversation talk) =>
        Props.CreateBy(new Pop3SessionProducer(at, talk)).WithDispatcher(SessionDispatcher);

    /// <summary>Whether an actor was made as one of the sessions.</summary>
    public static bool IsSession(Props props) => props.Type == typeof(SessionActor) || props.Type == typeof(Pop3SessionActor);

    public static Props OfAuth(AuthContext at) => Props.CreateBy(new Producer<AuthActor>(at.Census, "/user/" + Auth, () => new AuthActor(at)));

    public static Props OfCertificates(CertificatesContext at) => Props.CreateBy(new Producer<CertificatesActor>(at.Census, "/user/" + Certificates, () => new CertificatesActor(at)));

    public static Props OfIssuerKeys(IssuerKeysContext at) => Props.CreateBy(new Producer<IssuerKeysActor>(at.Census, "/user/" + IssuerKeys, () => new IssuerKeysActor(at)));

    public static Props OfSigning(SigningContext at) => Props.CreateBy(new Producer<SigningActor>(at.Census, "/user/" + Signing, () => new SigningActor(at)));

    public static Props OfMailboxes(MailboxContext at) =>
        Props.CreateBy(new Producer<MailboxWriterActor>(at.Census, "/user/" + Mailboxes, () => new MailboxWriterActor(at)));

    public static Props OfOutbound(OutboundContext at, OutboundWork work) =>
        Props.CreateBy(new Producer<OutboundActor>(at.Census, "/user/" + Outbound, () => new OutboundActor(at, work)));

    /// <summary>Who has the connections to other servers; one for all relays.</summary>
    /// <param name="table">What outlives the actor: which hosts there are; empty.</param>
    public static Props OfHosts(HostContext at, HostTable table) =>
        Props.CreateBy(new Producer<HostsActor>(at.Census, "/user/" + Hosts, () => new HostsActor(at, table)));

    /// <summary>What saves something that is known.</summary>
    /// <param name="name">The actor's.</param>
    public static Props OfKeptState(KeptStateContext at, string name) => Props.CreateBy(new Producer<KeptStateActor>(at.Census, "/user/" + name, () => new KeptStateActor(at)));

    public static Props OfTlsReports(ReportContext at, TlsReports reports) =>
        Props.CreateBy(new Producer<TlsReportsActor>(at.Census, "/user/" + TlsReports, () => new TlsReportsActor(at, reports)));

    public static Props OfDmarcReports(ReportContext at, Policy.Origin.DmarcCounts counts) =>
        Props.CreateBy(new Producer<DmarcReportsActor>(at.Census, "/user/" + DmarcReports, () => new DmarcReportsActor(at, counts)));

    public static Props OfHost(HostContext at, System.Net.EndPoint endPoint) => Props.Create(() => new HostActor(at, endPoint));

    /// <summary>A child of outbound, which names it.</summary>
    /// <param name="destination">In its canonical form.</param>
    /// <param name="restsInARow">How often in a row nothing could be reached there.</param>
    public static Props OfRelay(RelayContext at, string destination, int restsInARow) => Props.Create(() => new RelayActor(at, destination, restsInARow));

    /// <summary>A broken session has told its peer and its log already; it is stopped, quietly.</summary>
    public static SupervisorStrategy ForSessions { get; } = new OneForOneStrategy(_ => Directive.Stop, loggingEnabled: false);

    /// <summary>A host, or a dialogue with it, that fails is stopped; who waits for it is answered.</summary>
    public static SupervisorStrategy ForHosts { get; } = new OneForOneStrategy(_ => Directive.Stop, loggingEnabled: true);

    /// <summary>A relay that fails is stopped; its mail goes back to the queue.</summary>
    public static SupervisorStrategy ForRelays { get; } = new OneForOneStrategy(_ => Directive.Stop, loggingEnabled: true);

    /// <summary>A listener that fails is stopped; whoever started it hears so.</summary>
    public static SupervisorStrategy ForListeners { get; } = new OneForOneStrategy(_ => Directive.Stop, loggingEnabled: true);

    /// <summary>Is asked at the first making and at each restart, on either engine: the place to count them.</summary>
    private sealed class Producer<TActor>(Census census, string path, Func<TActor> make) : IIndirectActorProducer
        where TActor : ActorBase
    {
        public Type ActorType => typeof(TActor);

        public ActorBase Produce()
        {
            census.Made(path);
            return make();
        }

        public void Release(ActorBase actor)
        {
        }
    }

    /// <summary>One of these lives as long as its session: no closure, two fields.</summary>
    private sealed class SessionProducer(SessionContext at, SmtpConversation talk) : IIndirectActorProducer
    {
        public Type ActorType => typeof(SessionActor);

        public ActorBase Produce() => new SessionActor(at, talk);

        public void Release(ActorBase actor)
        {
        }
    }

    private sealed class Pop3SessionProducer(Pop3Context at, Pop3Conversation talk) : IIndirectActorProducer
    {
        public Type ActorType => typeof(Pop3SessionActor);

        public ActorBase Produce() => new Pop3SessionActor(at, talk);

        public void Release(ActorBase actor)
        {
        }
    }
}
