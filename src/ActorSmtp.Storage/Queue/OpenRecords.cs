namespace ActorSmtp.Storage.Queue;

/// <summary>The records of one message's content while somebody has it open; they may be moved, but are not let go before.</summary>
internal sealed class OpenRecords(QueuePlace[] places)
{
    private readonly Lock _gate = new();
    private QueuePlace[] _places = places;

    /// <summary>How many have it open. Under the store's gate.</summary>
    public int Holders { get; set; }

    /// <summary>The message is in the queue no more: the last holder lets the records go. Under the store's gate.</summary>
    public bool IsRemoved { get; set; }

    public int Count => _places.Length;

    public QueuePlace[] Places
    {
        get
        {
            lock (_gate)
            {
                return _places;
            }
        }
    }

    public int LengthOf(int i) => Places[i].ContentLength;

    /// <summary>Reads of one record; it is not moved meanwhile.</summary>
    public T Read<T>(int i, Func<QueuePlace, T> read)
    {
        lock (_gate)
        {
            return read(_places[i]);
        }
    }

    /// <summary>The same content lies elsewhere now, in records of the same lengths.</summary>
    public void Move(QueuePlace[] places)
    {
        lock (_gate)
        {
            _places = places;
        }
    }
}
