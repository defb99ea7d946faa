using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Client.Resolving;

/// <summary>
/// The stub resolver: questions go to the servers of this machine (or those of the settings), equal ones that are under way at once are one, what is known is kept as long as
/// it holds. Bounded in all: questions at once, questions that wait, memory of the cache, time for each.
/// </summary>
/// <remarks>
/// It has no thread and no timer of its own. Its continuations stay where the caller's context wants them, so that it runs in a simulation as it does in a server.
/// </remarks>
public sealed class Resolver : IResolver
{
    private readonly ResolverOptions _options;
    private readonly ResolverPorts _ports;
    private readonly NameSources _sources;
    private readonly ServerOrder _order;
    private readonly Lock _lock = new();
    private readonly AnswerCache _cache;
    private readonly Dictionary<DnsQuestion, Flight> _open = [];
    private readonly Queue<Flight> _waiting = [];
    private NameSource? _lastSource;
    private int _running;
    private long _asked;
    private long _fromCache;
    private long _joined;
    private long _failed;

    public Resolver(ResolverOptions options, ResolverPorts ports)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(ports);
        _options = options;
        _ports = ports;
        _sources = new NameSources(options, ports.Files, ports.Time);
        _order = new ServerOrder(ports.Time);
        _cache = new AnswerCache(options.CacheOctets, ports.Time);
    }

    /// <summary>Totals since the start, and what is there now.</summary>
    public ResolverCounters Counters
    {
        get
        {
            lock (_lock)
            {
                return new ResolverCounters(_asked, _fromCache, _joined, _failed, _running, _waiting.Count, _cache.Count, _cache.Octets);
            }
        }
    }

    /// <inheritdoc/>
    public Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        var source = _sources.GetAsync();
        return source.IsCompletedSuccessfully ? Resolve(question, source.Result, cancellation) : AfterFirstLookAsync(source, question, cancellation);
    }

    private async Task<DnsOutcome> AfterFirstLookAsync(ValueTask<NameSource> source, DnsQuestion question, CancellationToken cancellation) =>
        await Resolve(question, await source, cancellation);

    private Task<DnsOutcome> Resolve(DnsQuestion question, NameSource source, CancellationToken cancellation)
    {
        if ((source.Hosts.Find(question) ?? SpecialNames.Find(question)) is { } local)
        {
            return Task.FromResult(local);
        }

        Flight? flight;
        var starts = false;
        lock (_lock)
        {
            if (!ReferenceEquals(source, _lastSource))
            {
                if (_lastSource is not null)
                {
                    _cache.Clear();                                 // another network may call other things by the same names
                }

                _lastSource = source;
            }

            if (_cache.TryGet(question, out var known))
            {
                _fromCache++;
                return Task.FromResult(known);
            }

            if (_open.TryGetValue(question, out flight))
            {
                _joined++;
            }
            else if (_running < _options.Questions)
            {
                _running++;
                starts = true;
                _open.Add(question, flight = new Flight(question, source));
            }
            else if (_waiting.Count < _options.Waiting)
            {
                _open.Add(question, flight = new Flight(question, source));
                _waiting.Enqueue(flight);
            }
            else
            {
                _failed++;
                return Task.FromResult<DnsOutcome>(new DnsFailed(
                    DnsFailure.Busy, $"{_options.Questions} questions are asked and {_options.Waiting} wait already (dns.questions, dns.waiting)", TimeSpan.Zero)
                { Name = question.Name });
            }
        }

        if (starts)
        {
            _ = FlyAsync(flight, yields: false);
        }

        return cancellation.CanBeCanceled ? flight.Done.Task.WaitAsync(cancellation) : flight.Done.Task;
    }

    private async Task FlyAsync(Flight flight, bool yields)
    {
        if (yields)
        {
            await Task.Yield();                                     // not on the stack of whose turn ended
        }

        DnsOutcome? outcome = null;
        Exception? bug = null;
        try
        {
            outcome = Bounded(await new Inquiry(flight.Source, _order, _options, _ports).RunAsync(flight.Question));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            bug = e;                                                // who waits must hear of it
        }

        Flight? next;
        lock (_lock)
        {
            _asked++;
            _failed += outcome is null or DnsFailed ? 1 : 0;
            _open.Remove(flight.Question);
            if (outcome is not null && ReferenceEquals(flight.Source, _lastSource))
            {
                _cache.Put(flight.Question, outcome);
            }

            if (!_waiting.TryDequeue(out next))
            {
                _running--;
            }
        }

        if (next is not null)
        {
            _ = FlyAsync(next, yields: true);
        }

        if (bug is null)
        {
            flight.Done.SetResult(outcome!);
        }
        else
        {
            flight.Done.SetException(bug);
        }
    }

    private DnsOutcome Bounded(DnsOutcome outcome) => outcome switch
    {
        DnsFailed => outcome with { Ttl = _options.FailureTtl },
        DnsFound => outcome with { Ttl = Within(outcome.Ttl, _options.LongestTtl) },
        { Ttl.Ticks: > 0 } => outcome with { Ttl = Within(outcome.Ttl, _options.LongestNegativeTtl) },
        _ => outcome,                                               // RFC 2308 §5: without an SOA it is not to be kept
    };

    private TimeSpan Within(TimeSpan ttl, TimeSpan longest) => ttl < _options.ShortestTtl ? _options.ShortestTtl : ttl > longest ? longest : ttl;

    /// <summary>A question that was asked and whoever waits for it.</summary>
    private sealed record Flight(DnsQuestion Question, NameSource Source)
    {
        public TaskCompletionSource<DnsOutcome> Done { get; } = new();
    }
}

/// <summary>What a resolver has done and holds.</summary>
/// <param name="Asked">Questions whose inquiry has ended.</param>
/// <param name="FromCache">Look-ups that needed no question.</param>
/// <param name="Joined">Look-ups that joined one under way.</param>
/// <param name="Failed">Questions that nobody could answer, or that were one too many.</param>
/// <param name="Running">Questions under way.</param>
/// <param name="Waiting">Questions that wait for their turn.</param>
/// <param name="Cached">Outcomes kept.</param>
/// <param name="CachedOctets">Memory they take, about.</param>
public readonly record struct ResolverCounters(long Asked, long FromCache, long Joined, long Failed, int Running, int Waiting, int Cached, long CachedOctets);
