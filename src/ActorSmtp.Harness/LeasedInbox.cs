using ActorSmtp.Harness.Composition;
using ActorSmtp.Server.Scenarios;

namespace ActorSmtp.Harness;

/// <summary>An inbox of one test alone. Disposing gives it back: its mail, its login and its scenarios are gone.</summary>
public sealed class LeasedInbox : Inbox, IAsyncDisposable
{
    private readonly string _id;

    internal LeasedInbox(HarnessHost host, string id, string address, string password)
        : base(host, address)
    {
        (_id, Address, Password) = (id, address, password);
        Scenarios = new MailScenarios(host, new ScenarioTarget(Lease: id, LeaseAddress: address));
    }

    /// <summary>Its address, in lower case.</summary>
    public string Address { get; }

    /// <summary>The name to log in with: the address.</summary>
    public string User => Address;

    /// <summary>The password that goes with it.</summary>
    public string Password { get; }

    /// <summary>A name for EHLO by which the inbox's scenarios know a client before it has named anybody.</summary>
    public string ClientName => $"{_id}.test";

    /// <summary>
    /// Misbehaviour for this inbox alone: for mail to its address, for a client logged in as it, and for one that calls itself
    /// <see cref="ClientName"/>.
    /// </summary>
    public override MailScenarios Scenarios { get; }

    /// <summary>Gives it back.</summary>
    public async ValueTask DisposeAsync()
    {
        Inside.Server.Lent.TakeBack(Address);
        Scenarios.Clear();
        if (!Inside.IsDisposed)
        {
            await ClearAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The address.</summary>
    public override string ToString() => Address;
}
