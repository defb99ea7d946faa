using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Client;

/// <summary>
/// The door to the client for everything that is no actor: sends a message to a server and says what became of it. Owns a small actor
/// system; the transport is its maker's.
/// </summary>
public sealed class MailSender : IAsyncDisposable
{
    private const string Quiet = "akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off, log-dead-letters-during-shutdown = off }";

    private readonly ITransport _transport;
    private readonly TimeProvider _time;
    private readonly ActorSystem _system = ActorSystem.Create("actorsmtp-client", ConfigurationFactory.ParseString(Quiet));
    private int _count;

    public MailSender(ITransport transport, TimeProvider time)
    {
        _transport = transport;
        _time = time;
    }

    /// <summary>
    /// Sends. Recipients whom the server puts off because there are too many at once (452 4.5.3), or over its announced limit (RFC 9422),
    /// are sent to in further transactions of the same dialogue.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled; the dialogue was ended.</exception>
    public async Task<SendOutcome> SendAsync(SendRequest request, CancellationToken cancellation = default)
    {
        for (var i = 0; ; i++)
        {
            var outcome = await TalkAsync(request, request.Addresses[i], cancellation).ConfigureAwait(false);
            if (outcome.Failure is not { Phase: ClientState.Connecting } || i == request.Addresses.Length - 1)
            {
                return outcome;
            }
        }
    }

    public async ValueTask DisposeAsync() => await _system.Terminate().ConfigureAwait(false);

    private async Task<SendOutcome> TalkAsync(SendRequest request, System.Net.EndPoint address, CancellationToken cancellation)
    {
        var heard = Channel.CreateUnbounded<object>();
        var actor = _system.ActorOf(
            Props.Create(() => new SendingActor(Target(request, address), Context(request), heard.Writer)),
            $"send-{Interlocked.Increment(ref _count)}");
        try
        {
            var first = await NextAsync(heard.Reader, cancellation).ConfigureAwait(false);
            if (first is not ClientMessages.Ready ready)
            {
                return new SendOutcome(address, null, null, [], (ClientMessages.Failed)first);
            }

            var mail = request.Compose(ready.Offered);
            var (results, failure) = await SendAllAsync(actor, heard.Reader, mail, ready.Offered, cancellation).ConfigureAwait(false);
            if (failure is null)
            {
                actor.Tell(ClientMessages.Finish.Instance);
                await heard.Reader.Completion.WaitAsync(request.Timeouts.Quit * 2, _time, cancellation).ConfigureAwait(false);
            }

            return new SendOutcome(address, ready.Tls, ready.Offered, results, failure);
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            actor.Tell(ClientMessages.Finish.Instance);                  // QUIT, then it stops by itself
            await ((Task)heard.Reader.Completion).WaitAsync(request.Timeouts.Quit * 2, _time, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        finally
        {
            _system.Stop(actor);
        }
    }

    /// <summary>As many transactions as it takes; each that is not the last has brought somebody through.</summary>
    private static async Task<(ImmutableArray<RecipientResult>, ClientMessages.Failed?)> SendAllAsync(
        IActorRef actor, ChannelReader<object> heard, MailToSend mail, Extensions offered, CancellationToken cancellation)
    {
        var results = new Dictionary<Mailbox, RecipientResult>();
        var most = offered.Limits.RcptMax ?? int.MaxValue;
        var left = mail.Recipients;
        ClientMessages.Failed? failure = null;
        while (left.Length > 0 && failure is null)
        {
            var batch = left.Length > most ? left[..most] : left;
            actor.Tell(new ClientMessages.Send(mail with { Recipients = batch }));
            var answer = await NextAsync(heard, cancellation).ConfigureAwait(false);
            failure = answer as ClientMessages.Failed;
            var now = failure?.Results ?? ((ClientMessages.Sent)answer).Results;
            foreach (var result in now)
            {
                results[result.Recipient] = result;
            }

            var putOff = now.Any(r => r.Accepted) ? now.Where(r => r.IsOneTooMany).Select(r => r.Recipient).ToHashSet() : [];
            left = [.. batch.Where(r => putOff.Contains(r.Address)), .. left[batch.Length..]];
        }

        foreach (var unsaid in failure is null ? [] : mail.Recipients)
        {
            results.TryAdd(unsaid.Address, new RecipientResult(unsaid.Address, false, null, failure!.Phase, failure.Why) { Broken = true });
        }

        return ([.. mail.Recipients.Select(r => results[r.Address])], failure);
    }

    private static async Task<object> NextAsync(ChannelReader<object> heard, CancellationToken cancellation)
    {
        try
        {
            return await heard.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw new InvalidOperationException("The dialogue broke on a fault of ours.", closed.InnerException ?? closed);
        }
    }

    private static ClientTarget Target(SendRequest request, System.Net.EndPoint address) => new(address, request.ServerName, request.HelloName)
    {
        Tls = request.Tls,
        Insecure = request.Insecure,
        Lmtp = request.Lmtp,
        Login = request.Login,
        Token = request.Token,
        Certificate = request.Certificate,
        ActAs = request.ActAs,
        Mechanism = request.Mechanism,
        AllowPlaintextLogin = request.AllowPlaintextLogin,
        TrustedRoots = request.TrustedRoots,
    };

    private ClientContext Context(SendRequest request) => new(
        _transport,
        request.Timeouts,
        _time,
        request.Watch,
        static () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)),
        static compute => Task.Run(compute));
}
