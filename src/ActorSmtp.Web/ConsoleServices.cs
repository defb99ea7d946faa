using System.Collections.Immutable;
using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Access;
using ActorSmtp.Web.Reading;

namespace ActorSmtp.Web;

/// <summary>What the routes share: made once for both doors.</summary>
internal sealed partial class ConsoleServices : IAsyncDisposable
{
    public ConsoleServices(ConsoleParts parts)
    {
        Parts = parts;
        StartedAt = parts.Time.GetUtcNow();
        Logins = new Logins(parts.Server, parts.Settings.Server.Console.SessionIdle, parts.Time);
        Tokens = new Tokens(parts.Tokens, parts.Time);
        Index = new MailboxIndex(parts.Reader, parts.Time);
        Mail = new MailReader(Index);
        Lists = new MessageLists(Index, Mail, parts.Time);
    }

    public ConsoleParts Parts { get; }

    public DateTimeOffset StartedAt { get; }

    public Logins Logins { get; }

    public Tokens Tokens { get; }

    public MailboxIndex Index { get; }

    public MailReader Mail { get; }

    public MessageLists Lists { get; }

    /// <summary>What there is of the parts that come and go.</summary>
    public IReadOnlyList<string> Features { get; } = [];

    /// <summary>The lease whose mailbox this is, or null.</summary>
    public string? LeaseOf(string account) => null;

    /// <summary>Messages have gone; none named: all of them.</summary>
    public void Removed(string account, ImmutableArray<string> keys)
    {
    }

    /// <summary>Flags or tags of these are others.</summary>
    public Task ChangedAsync(string account, IReadOnlyCollection<string> keys, CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
