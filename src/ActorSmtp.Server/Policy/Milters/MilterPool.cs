using ActorSmtp.Protocol.Milter;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// The connections to one milter: so many at a time and no more. A session has one for itself from the first step at which the milter is to answer, as libmilter wants it; who
/// comes when all are taken waits, for as long as a connection may take.
/// </summary>
internal sealed class MilterPool(MilterSettings settings, ITransport transport, TimeProvider time, Log log)
{
    private readonly SemaphoreSlim _places = new(settings.Connections, settings.Connections);
    private int _open;
    private MilterOptions? _last;

    /// <summary>What is set.</summary>
    public MilterSettings Settings => settings;

    /// <summary>Connections open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>What was settled with it last; null: it was never spoken to.</summary>
    public MilterOptions? Last => Volatile.Read(ref _last);

    /// <summary>Connects, and settles what both can do.</summary>
    /// <exception cref="MilterException">It is not to be had.</exception>
    public async Task<(MilterLink Link, MilterOptions Options)> OpenAsync(CancellationToken cancellation)
    {
        if (!await _places.WaitAsync(settings.ConnectTimeout, cancellation))
        {
            throw new MilterException($"all {settings.Connections} connections to it are taken (max-connections)");
        }

        Interlocked.Increment(ref _open);
        MilterLink link;
        try
        {
            link = await MilterLink.OpenAsync(transport, settings.Address.EndPoint, settings.ConnectTimeout, time, cancellation);
        }
        catch
        {
            GiveBack();
            throw;
        }

        link.OnEnd = GiveBack;
        try
        {
            MilterWriter.Negotiate(link.Output, MilterActions.All, MilterSteps.Offered);
            await link.FlushAsync(settings.CommandTimeout, cancellation);
            var (options, problem) = await link.ReadAsync(
                static (word, data) => MilterOptions.TryRead(word, data, out var settled, out var wrong) ? (settled, (string?)null) : (null, wrong), settings.CommandTimeout, cancellation);
            if (options is null)
            {
                throw new MilterException(problem!);
            }

            Remember(options);
            return (link, options);
        }
        catch
        {
            link.End();
            throw;
        }
    }

    private void Remember(MilterOptions options)
    {
        var last = Interlocked.Exchange(ref _last, options);
        if (last is null || (last.Version, last.Actions, last.Steps) != (options.Version, options.Actions, options.Steps))
        {
            log.MilterNegotiated(settings.Name, settings.Address.ToString(), options.Version, options.Actions.ToString(), options.Steps.ToString());
        }
    }

    private void GiveBack()
    {
        Interlocked.Decrement(ref _open);
        _places.Release();
    }
}
