using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Storage;

namespace ActorSmtp.Web.Tests.Reading;

/// <summary>So many mailboxes with one message each, in no order: what is listed is known without a disk.</summary>
internal sealed class ManyMailboxes(int count) : IMailboxReader
{
    private const int Step = 7919;                          // a prime: neighbours in name are far apart in time

    /// <summary>The keys, newest first.</summary>
    public IEnumerable<string> Keys => Enumerable.Range(0, count).Select(KeyOf).OrderDescending(StringComparer.Ordinal);

    /// <summary>The mailbox whose message is the oldest.</summary>
    public string Oldest => Enumerable.Range(0, count).Select(NameOf).MinBy(KeyOf)!;

    public static string NameOf(int i) => i.ToString("box00000", CultureInfo.InvariantCulture);

    public Task<string[]> AccountsAsync(CancellationToken cancellation) => Task.FromResult(Enumerable.Range(0, count).Select(NameOf).ToArray());

    public Task<long?> StampAsync(string account, CancellationToken cancellation) => Task.FromResult<long?>(1);

    public Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation)
    {
        visit(KeyOf(account), account == Oldest ? "F" : "", isNew: account != Oldest);
        return Task.FromResult(true);
    }

    public Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) =>
        Task.FromResult<ImmutableArray<MailboxMessage>>([.. names.Select(n => new MailboxMessage(n.Key, null, 30, DateTimeOffset.UnixEpoch, n.IsNew, n.Flags))]);

    public Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation) =>
        Task.FromResult<Stream?>(new MemoryStream(System.Text.Encoding.ASCII.GetBytes($"Subject: {account}\r\n\r\nx\r\n")));

    public Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation) =>
        Task.FromResult(ImmutableDictionary<string, ImmutableArray<string>>.Empty);

    public Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation) => throw new NotSupportedException();

    private string KeyOf(string account) => KeyOf(int.Parse(account.AsSpan(3), CultureInfo.InvariantCulture));

    private string KeyOf(int i) => (1_700_000_000L + ((long)i * Step % count)).ToString(CultureInfo.InvariantCulture) + ".x.other";
}
