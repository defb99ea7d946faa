using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Storage;

/// <summary>
/// Remembers who has sent to whom, and who came back, for greylisting (RFC 6647). What it forgets by a crash, by being full, or since it cannot be kept, costs a sender
/// another retry and never a message; so nothing here waits for a disk.
/// </summary>
public interface IGreylistStore : IAsyncDisposable
{
    /// <summary>Takes up what is kept. A store that cannot be read begins empty, and says so in the report: mail does not stop for it.</summary>
    /// <param name="rules">What holds from now on; what was kept under others is judged by these.</param>
    /// <param name="observer">Told from any thread whether what is learned is kept.</param>
    Task<GreylistReport> OpenAsync(GreylistRules rules, IGreylistObserver observer, CancellationToken cancellation);

    /// <summary>A recipient was named: what is to be answered now, and all that follows from it is remembered. Safe from any thread.</summary>
    /// <exception cref="StoreException">Nobody can say now.</exception>
    ValueTask<GreylistAnswer> AskAsync(GreylistTriplet triplet, CancellationToken cancellation);

    /// <summary>A page of what is remembered, the oldest first.</summary>
    /// <param name="cursor">Of the page before; null: the first.</param>
    /// <param name="limit">Entries at most, 1 to 1,000.</param>
    ValueTask<GreylistPage> ListAsync(GreylistFilter filter, string? cursor, int limit, CancellationToken cancellation);

    /// <summary>Forgets what the filter names, for good; answers how many entries that were.</summary>
    ValueTask<long> ClearAsync(GreylistFilter filter, CancellationToken cancellation);

    /// <summary>How much there is. Cheap.</summary>
    GreylistFigures Figures { get; }
}

/// <summary>Hears whether the store can keep what it learns.</summary>
public interface IGreylistObserver
{
    /// <summary>It cannot, and goes on from memory alone.</summary>
    void OnGreylistTrouble(string reason);

    /// <summary>It can again, and nothing that is known is missing.</summary>
    void OnGreylistKept();
}

/// <summary>Who sends from where to whom.</summary>
/// <param name="Network">Of the client.</param>
/// <param name="Sender">In the form in which two are compared; empty: nobody.</param>
/// <param name="Recipient">Likewise.</param>
public readonly record struct GreylistTriplet(IPNetwork Network, string Sender, string Recipient)
{
    /// <summary>Characters of an address that are kept for people to read; all of it is compared.</summary>
    public const int MostShown = 96;

    /// <summary>By which it is found: the first half of SHA-256, so that nobody can make two that meet.</summary>
    public UInt128 Key
    {
        get
        {
            Span<byte> text = stackalloc byte[2048];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            var whole = $"{Network} {Sender}\0{Recipient}";
            if (Encoding.UTF8.TryGetBytes(whole, text, out var length))
            {
                SHA256.HashData(text[..length], hash);
            }
            else
            {
                SHA256.HashData(Encoding.UTF8.GetBytes(whole), hash);
            }

            return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
        }
    }
}

/// <summary>What is answered to a recipient.</summary>
/// <param name="Wait">How long it is still too early; zero: let in.</param>
/// <param name="Why">What made it so.</param>
public readonly record struct GreylistAnswer(TimeSpan Wait, GreylistReason Why);

/// <summary>What made an answer so.</summary>
public enum GreylistReason
{
    /// <summary>Never seen, or so long ago that it counts as that.</summary>
    New,

    /// <summary>Seen, and back too early.</summary>
    TooEarly,

    /// <summary>Back after the delay and within the window, for the first time.</summary>
    CameBack,

    /// <summary>Has come back before.</summary>
    Known,

    /// <summary>So many from its network have come back that the network is known.</summary>
    NetworkKnown,
}

/// <summary>What an entry is.</summary>
public enum GreylistState
{
    /// <summary>A triplet that has not come back yet.</summary>
    Waiting,

    /// <summary>A triplet that has.</summary>
    Passed,

    /// <summary>A network of which some have; it is known from so many on.</summary>
    Network,
}

/// <summary>What is remembered.</summary>
/// <param name="Sender">Empty where there is none, and of a network.</param>
/// <param name="Recipient">Empty of a network.</param>
/// <param name="Passes">How often mail was let in by it; of a network: how many of its triplets came back.</param>
/// <param name="Until">When it is forgotten, if nothing comes.</param>
public sealed record GreylistEntry(
    GreylistState State, IPNetwork Network, string Sender, string Recipient, DateTimeOffset First, DateTimeOffset Last, int Passes, DateTimeOffset Until);

/// <summary>Which entries are meant; what is null says nothing.</summary>
/// <param name="Address">Those whose network has this address.</param>
/// <param name="Sender">With this in the sender, whatever the case.</param>
/// <param name="Recipient">With this in the recipient, likewise.</param>
public sealed record GreylistFilter(GreylistState? State = null, IPAddress? Address = null, string? Sender = null, string? Recipient = null)
{
    /// <summary>All there is.</summary>
    public bool IsAll => State is null && Address is null && Sender is null && Recipient is null;

    /// <summary>Whether an entry is meant.</summary>
    public bool Matches(GreylistEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return (State is null || State == entry.State)
            && (Address is null || entry.Network.Contains(Address))
            && (Sender is null || (entry.State != GreylistState.Network && entry.Sender.Contains(Sender, StringComparison.OrdinalIgnoreCase)))
            && (Recipient is null || entry.Recipient.Contains(Recipient, StringComparison.OrdinalIgnoreCase));
    }
}

/// <param name="Next">The cursor of the next page; null: this is the last.</param>
public sealed record GreylistPage(ImmutableArray<GreylistEntry> Entries, string? Next)
{
    /// <summary>Entries on a page at most.</summary>
    public const int Largest = 1000;
}

/// <param name="Waiting">Triplets that have not come back.</param>
/// <param name="Passed">Triplets that have.</param>
/// <param name="Networks">Networks of which some have.</param>
/// <param name="Known">Of these, those that are known.</param>
/// <param name="Evicted">Entries that were forgotten before their time since there was no room, from the start on.</param>
/// <param name="Trouble">Why what is learned is not kept at present; null: it is.</param>
public readonly record struct GreylistFigures(int Waiting, int Passed, int Networks, int Known, long Evicted, string? Trouble);

/// <param name="Entries">What was taken up; null: it stays where all nodes have it, and is not counted for a start.</param>
/// <param name="Damage">What could not be read, and is forgotten; null: nothing.</param>
public sealed record GreylistReport(long? Entries, string? Damage)
{
    public override string ToString() => $"greylist: {(Entries is { } entries ? $"{entries} entries" : "shared by all nodes")}{(Damage is null ? "" : $"; {Damage}")}";
}
