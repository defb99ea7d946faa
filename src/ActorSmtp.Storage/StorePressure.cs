namespace ActorSmtp.Storage;

/// <summary>How willing the store is.</summary>
public enum PressureLevel
{
    /// <summary>Mail may come.</summary>
    Normal,

    /// <summary>Delivery lags behind: replies to MAIL should be held back for <see cref="StorePressure.Delay"/>.</summary>
    Slow,

    /// <summary>New mail is refused at MAIL: 452 4.3.1, or 451 4.3.0 when the cause is a fault.</summary>
    Full,
}

/// <summary>What stands in the way of new mail.</summary>
public enum PressureReason
{
    None,

    /// <summary>Too much is accepted and not yet delivered.</summary>
    Backlog,

    /// <summary>Free space (or inodes) is below the floor, or the last preallocation found none.</summary>
    DiskFull,

    /// <summary>The store failed or is closed.</summary>
    Fault,
}

/// <summary>The store's answer to "may I take mail now?". Immutable; replaced whole, so that reading it is one field's read.</summary>
public sealed record StorePressure(PressureLevel Level, PressureReason Reason, TimeSpan Delay)
{
    public static StorePressure Normal { get; } = new(PressureLevel.Normal, PressureReason.None, TimeSpan.Zero);

    /// <summary>Replies to MAIL wait this long, so that delivery catches up.</summary>
    public static StorePressure Slow(TimeSpan delay) => new(PressureLevel.Slow, PressureReason.Backlog, delay);

    /// <summary>
    /// What a backlog below its limit asks for. Replies begin to slow down at a tenth of the messages, or half of the octets, that may wait; the delay
    /// doubles twelve times from there to the limit. So it settles where as much comes as is delivered, be it from ten sessions or from ten thousand.
    /// </summary>
    /// <param name="messages">Waiting now.</param>
    /// <param name="octets">Of them together.</param>
    public static StorePressure Of(StorageSettings limits, long messages, long octets)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var way = Math.Max(
            (((double)messages / limits.BacklogMessages) - 0.1) / 0.9,
            (((double)octets / limits.BacklogOctets) - 0.5) / 0.5);
        return way > 0 ? Slow(TimeSpan.FromMilliseconds(1 << (int)(12 * Math.Min(1, way)))) : Normal;
    }

    public static StorePressure Full(PressureReason reason) => new(PressureLevel.Full, reason, TimeSpan.Zero);
}
