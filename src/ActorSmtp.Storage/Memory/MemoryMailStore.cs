namespace ActorSmtp.Storage.Memory;

/// <summary>
/// A mail store that forgets everything when the process ends: for tests of what stands above it, and as the model the
/// journal's contract tests are first run on. Callbacks come on the caller's thread.
/// </summary>
internal sealed class MemoryMailStore(StorageSettings settings) : IMailStore
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<StoreFault> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryFeed _feed = new();
    private long _sequence;
    private bool _closed = true;

    public IDeliveryFeed Deliveries => _feed;

    public Task<StoreFault> Faulted => _faulted.Task;

    public StorePressure Pressure
    {
        get
        {
            var (waiting, octets) = _feed.Waiting;
            return _closed ? StorePressure.Full(PressureReason.Fault)
                : waiting >= settings.BacklogMessages || octets >= settings.BacklogOctets ? StorePressure.Full(PressureReason.Backlog)
                : StorePressure.Normal;
        }
    }

    public StoreStatistics Statistics
    {
        get
        {
            var (waiting, octets) = _feed.Waiting;
            var stored = Volatile.Read(ref _sequence);
            return new StoreStatistics(stored, stored - waiting, 0, 0, 0, 0, waiting, octets, octets, 0, 0);
        }
    }

    public Task<RecoveryReport> OpenAsync(CancellationToken cancellation)
    {
        _closed = false;
        return Task.FromResult(new RecoveryReport(DateTimeOffset.UnixEpoch, true, true, 0, 0, 0, 0, 0, 0, TimeSpan.Zero, []));
    }

    public IMailWriter Begin(MailId id, IMailWriterObserver observer) => new MemoryWriter(this, id, observer);

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private void Store(MemoryWriter writer, byte[] content, Envelope envelope)
    {
        if (_closed)
        {
            writer.Observer.OnStoreFailed(writer.Id, StoreFailure.Unavailable);
            return;
        }

        if (Pressure.Level == PressureLevel.Full)
        {
            writer.Observer.OnStoreFailed(writer.Id, StoreFailure.Full);
            return;
        }

        lock (_gate)
        {
            _feed.Add(new MemoryMail(writer.Id, envelope, content, ++_sequence));
        }

        writer.Observer.OnStored(writer.Id);
    }

    private sealed class MemoryWriter(MemoryMailStore store, MailId id, IMailWriterObserver observer) : IMailWriter
    {
        private readonly MemoryStream _content = new();
        private bool _ended;

        public IMailWriterObserver Observer { get; } = observer;

        public MailId Id { get; } = id;

        public long Length => _content.Length;

        public bool Write(ReadOnlySpan<byte> content)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _content.Write(content);
            return true;
        }

        public void Commit(Envelope envelope)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _ended = true;
            store.Store(this, _content.ToArray(), envelope);
        }

        public void Abort() => _ended = true;
    }
}
