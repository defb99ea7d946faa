namespace ActorSmtp.Harness.Receiving;

/// <summary>A message that is in a mailbox. It is read when somebody looks, and once.</summary>
/// <param name="read">Its octets by account and key; null: it has been removed.</param>
internal sealed class Arrival(long number, string id, string account, string key, DateTimeOffset at, Func<string, string, Task<byte[]?>> read)
{
    private readonly Lazy<Task<ReceivedMessage?>> _message = new(async () =>
        await read(account, key).ConfigureAwait(false) is { } raw ? new ReceivedMessage(id, account, at, raw) : null);

    /// <summary>Its place in the order in which messages came.</summary>
    public long Number => number;

    public string Account => account;

    public DateTimeOffset At => at;

    /// <summary>The message; null: it was removed before anybody looked.</summary>
    public Task<ReceivedMessage?> ReadAsync() => _message.Value;
}
