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
    private volatile Action<T>[] _hearers = [];

    /// <summary>Whether anybody listens.</summary>
    public bool IsWanted => _hearers.Length > 0;

    /// <summary>Hears from now on, until what is returned is disposed.</summary>
    public IDisposable Subscribe(Action<T> hear)
    {
        lock (_gate)
        {
            _hearers = [.. _hearers, hear];
        }

        return new Subscription(this, hear);
    }

    /// <summary>Tells everybody who listens.</summary>
    public void Publish(T fact)
    {
        foreach (var hear in _hearers)
        {
            try
            {
                hear(fact);
            }
            catch (Exception broken)
            {
                onFault(broken);
            }
        }
    }

    private void Remove(Action<T> hear)
    {
        lock (_gate)
        {
            var at = Array.IndexOf(_hearers, hear);
            if (at >= 0)
            {
                _hearers = [.. _hearers[..at], .. _hearers[(at + 1)..]];
            }
        }
    }

    private sealed class Subscription(Announcement<T> to, Action<T> hear) : IDisposable
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
