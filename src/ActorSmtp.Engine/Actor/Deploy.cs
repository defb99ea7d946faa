namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>Deploy</c>: what the place of an actor adds to its Props. Here dispatcher, mailbox and stash capacity; left out:
/// routers, scopes other than local, surrogates.
/// </summary>
public class Deploy : IEquatable<Deploy>
{
    public static readonly string NoDispatcherGiven = string.Empty;
    public static readonly string NoMailboxGiven = string.Empty;
    public static readonly int NoStashSize = -1;
    public static readonly Deploy Local = new();
    public static readonly Deploy None = null;

    private Deploy _onDispatcher;           // what was asked for last: nearly always the same for all actors of a kind

    public Deploy()
        : this(NoDispatcherGiven, NoMailboxGiven, NoStashSize)
    {
    }

    internal Deploy(string dispatcher, string mailbox, int stashCapacity, Configuration.Config config = null)
    {
        Dispatcher = dispatcher ?? NoDispatcherGiven;
        Mailbox = mailbox ?? NoMailboxGiven;
        StashCapacity = stashCapacity;
        Config = config ?? Configuration.Config.Empty;
    }

    public Configuration.Config Config { get; }

    public string Dispatcher { get; }

    public string Mailbox { get; }

    public int StashCapacity { get; }

    public virtual Deploy WithDispatcher(string dispatcher) =>
        _onDispatcher is { } known && known.Dispatcher == dispatcher ? known : _onDispatcher = new Deploy(dispatcher, Mailbox, StashCapacity, Config);

    public virtual Deploy WithMailbox(string mailbox) => new(Dispatcher, mailbox, StashCapacity, Config);

    public virtual Deploy WithStashCapacity(int stashSize) => new(Dispatcher, Mailbox, stashSize, Config);

    /// <summary>What is not set here is taken from <paramref name="other"/>.</summary>
    public virtual Deploy WithFallback(Deploy other) => new(
        Dispatcher.Length > 0 ? Dispatcher : other.Dispatcher,
        Mailbox.Length > 0 ? Mailbox : other.Mailbox,
        StashCapacity != NoStashSize ? StashCapacity : other.StashCapacity,
        Config.IsEmpty ? other.Config : Config);

    public bool Equals(Deploy other) =>
        other is not null && Dispatcher == other.Dispatcher && Mailbox == other.Mailbox && StashCapacity == other.StashCapacity;
}
