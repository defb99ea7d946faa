using System.Collections.Concurrent;
using ActorSmtp.Server.Auth;

namespace ActorSmtp.Web.Leases;

/// <summary>The leases that are known here, by id and by address, each with the account that it lends: who finds one can log in and send to it, and nobody does when it is taken out.</summary>
internal sealed class KnownLeases(LentAccounts lent)
{
    private readonly ConcurrentDictionary<string, Lease> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lease> _byAddress = new(StringComparer.Ordinal);

    public bool IsEmpty => _byId.IsEmpty;

    public int Count => _byId.Count;

    public IEnumerable<Lease> All => _byId.Values;

    public Lease? Find(string id) => _byId.GetValueOrDefault(id);

    public Lease? OfMailbox(string account) => _byAddress.GetValueOrDefault(account);

    /// <summary>False: its name is lent already.</summary>
    public bool TryAdd(Lease lease)
    {
        if (!lent.TryLend(LeaseMaking.AccountOf(lease.Address, lease.Verifier)))
        {
            return false;
        }

        _byAddress[lease.Address] = lease;
        _byId[lease.Id] = lease;
        return true;
    }

    /// <summary>Null: it is not known, or no more; of all that try, one is told that it was.</summary>
    public Lease? Remove(string id)
    {
        if (!_byId.TryRemove(id, out var lease))
        {
            return null;
        }

        _byAddress.TryRemove(lease.Address, out _);
        lent.TakeBack(lease.Address);
        return lease;
    }
}
