using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// Until when a message must have gone on: it may stand still for <c>limits.data-timeout</c>, and what has come must at no time be less than
/// <c>limits.minimum-data-rate</c> would have brought since the grace time. Both are one deadline, so a drip costs nothing to watch.
/// </summary>
internal struct BodyPace
{
    private long _began;
    private long _pausedAt;

    /// <summary>A message begins, by the session clock.</summary>
    public void Begin(long now) => _began = now;

    /// <summary>The server wants no more for now; the peer is not to blame for the time until <see cref="Resume"/>.</summary>
    public void Pause(long now) => _pausedAt = now;

    /// <summary>The server reads again.</summary>
    public void Resume(long now) => _began += now - _pausedAt;

    /// <summary>When it is too late, if nothing more comes.</summary>
    /// <param name="octets">What has come of the message.</param>
    public readonly long Deadline(long now, long octets, LimitSettings limits)
    {
        var standing = now + (long)limits.DataTimeout.TotalMilliseconds;
        return limits.MinimumDataRate == 0
            ? standing
            : Math.Min(standing, _began + (long)limits.DataRateGrace.TotalMilliseconds + (octets * 1000 / limits.MinimumDataRate));
    }
}
