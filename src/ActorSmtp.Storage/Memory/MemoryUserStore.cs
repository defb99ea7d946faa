using System.Security.Cryptography;

namespace ActorSmtp.Storage.Memory;

/// <summary>Accounts that live as long as the process.</summary>
internal sealed class MemoryUserStore : IUserStore
{
    private readonly Lock _gate = new();
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(IUserStore.SecretLength);
    private UserTable _table = UserTable.Empty;

    public event Action? Changed;

    public Task<UserTable> LoadAsync(CancellationToken cancellation) => Task.FromResult(_table);

    public Task<UserTable> UpdateAsync(Func<UserTable, UserTable> change, CancellationToken cancellation)
    {
        UserTable table;
        lock (_gate)
        {
            table = _table = change(_table);
        }

        Changed?.Invoke();
        return Task.FromResult(table);
    }

    public Task<ReadOnlyMemory<byte>> LoadSecretAsync(CancellationToken cancellation) => Task.FromResult<ReadOnlyMemory<byte>>(_secret);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
