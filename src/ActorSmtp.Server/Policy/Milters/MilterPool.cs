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
    private readonly FairPlaces _places = new(settings.Connections);
    private MilterOptions? _last;

    /// <summary>What is set.</summary>
    public MilterSettings Settings => settings;

    /// <summary>Connections open now.</summary>
    public int Open => _places.Taken;

    /// <summary>What was settled with it last; null: it was never spoken to.</summary>
    public MilterOptions? Last => Volatile.Read(ref _last);

    /// <summary>Connects, and settles what both can do.</summary>
    /// <param name="isKnown">For a session of somebody who logged in, or of a neighbour: strangers leave some connections to those.</param>
    /// <exception cref="MilterException">It is not to be had.</exception>
    public async Task<(MilterLink Link, MilterOptions Options)> OpenAsync(bool isKnown, CancellationToken cancellation)
    {
        await TakePlaceAsync(isKnown, cancellation);
        MilterLink link;
        try
        {
            link = await MilterLink.OpenAsync(transport, settings.Address.EndPoint, settings.ConnectTimeout, time, cancellation);
        }
        catch
        {
            _places.GiveBack(isKnown);
            throw;
        }

        link.OnEnd = () => _places.GiveBack(isKnown);
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

    private async Task TakePlaceAsync(bool isKnown, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(settings.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _places.TakeAsync(isKnown, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MilterException($"all {settings.Connections} connections to it are taken, or all that {(isKnown ? "those who logged in" : "strangers")} may have (max-connections)");
        }
    }
}
