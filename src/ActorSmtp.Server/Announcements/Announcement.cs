namespace ActorSmtp.Server.Announcements;

/// <summary>
/// One kind of fact that others may want to hear of. Without a hearer it costs the look at one field: who announces asks
/// <see cref="IsWanted"/> before the fact is even made.
/// </summary>
/// <remarks>Any thread. Hearers are called on the announcing thread, in the order they came; they must be short and never block.</remarks>
/// <param name="onFault">Told what a hearer threw: it costs the announcer nothing else.</param>
public sealed class Announcement<T>(Action<Exception> onFault)
    where T : class
{
    private readonly Lock _gate = new();
    private volatile Hearer[] _hearers = [];

    /// <summary>Whether anybody listens, and wants one more.</summary>
    public bool IsWanted
    {
        get
        {
            var isWanted = false;
            foreach (var hearer in _hearers)
            {
                isWanted |= hearer.WantsMore is null || hearer.WantsMore();
            }

            return isWanted;
        }
    }

    /// <summary>Hears from now on, until what is returned is disposed.</summary>
    /// <param name="wantsMore">
    /// Whether one more fact is wanted, asked each time before one is made; null: always. It may hear of one all the same, which somebody else wanted.
    /// </param>
    public IDisposable Subscribe(Action<T> hear, Func<bool>? wantsMore = null)
    {
        var hearer = new Hearer(hear, wantsMore);
        lock (_gate)
        {
            _hearers = [.. _hearers, hearer];
        }

        return new Subscription(this, hearer);
    }

    /// <summary>Tells everybody who listens.</summary>
    public void Publish(T fact)
    {
        foreach (var hearer in _hearers)
        {
            try
            {
                hearer.Hear(fact);
            }
            catch (Exception broken)
            {
                onFault(broken);
            }
        }
    }

    private void Remove(Hearer hear)
    {
        lock (_gate)
        {
            var at = Array.FindIndex(_hearers, h => ReferenceEquals(h, hear));
            if (at >= 0)
            {
                _hearers = [.. _hearers[..at], .. _hearers[(at + 1)..]];
            }
        }
    }

    private sealed record Hearer(Action<T> Hear, Func<bool>? WantsMore);

    private sealed class Subscription(Announcement<T> to, Hearer hear) : IDisposable
    {
        private int _over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0)
            {
                to.Remove(hear);
            }
        }
    }
}
