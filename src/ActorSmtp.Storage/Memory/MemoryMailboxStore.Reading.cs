using System.Collections.Immutable;

namespace ActorSmtp.Storage.Memory;

/// <content>The mailboxes for those who read them.</content>
internal sealed partial class MemoryMailboxStore
{
    private static readonly ImmutableDictionary<string, ImmutableArray<string>> NoTags = ImmutableDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    private readonly Dictionary<string, ImmutableDictionary<string, ImmutableArray<string>>> _tags = new(StringComparer.Ordinal);
    private long _changes;

    public Task<string[]> AccountsAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_mailboxes.Keys.ToArray());
        }
    }

    public Task<long?> StampAsync(string account, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_mailboxes.ContainsKey(account) ? _changes : (long?)null);
        }
    }

    public Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation)
    {
        if (Messages(account) is not { } messages)
        {
            return Task.FromResult(false);
        }

        foreach (var (key, kept) in messages)
        {
            visit(key, kept.Flags, kept.IsNew);
        }

        return Task.FromResult(true);
    }

    public Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation)
    {
        if (Messages(account) is not { } messages)
        {
            return Task.FromResult(false);
        }

        foreach (var (key, kept) in messages)
        {
            visit(key, kept.Flags, kept.IsNew, kept.Bytes.Length);
        }

        return Task.FromResult(true);
    }

    public Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation)
    {
        var messages = Messages(account);
        return Task.FromResult<ImmutableArray<MailboxMessage>>(
            [.. names.Where(name => messages?.ContainsKey(name.Key) == true).Select(name => Shown(name.Key, messages![name.Key]))]);
    }

    public Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation) => OpenAsync(account, name.Key, cancellation);

    public Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!_mailboxes.TryGetValue(account, out var messages) || !messages.TryGetValue(name.Key, out var kept))
            {
                return Task.FromResult<MailboxName?>(null);
            }

            var flags = string.Concat(kept.Flags.Where(letter => !clear.Contains(letter, StringComparison.Ordinal)).Concat(set).Distinct().Order());
            _mailboxes[account] = messages.SetItem(name.Key, kept with { Flags = flags, IsNew = false });
            _changes++;
            return Task.FromResult<MailboxName?>(new MailboxName(name.Key, flags, IsNew: false));
        }
    }

    public async Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation)
    {
        var removed = ImmutableArray.CreateBuilder<string>();
        foreach (var name in names)
        {
            if (await DeleteAsync(account, name.Key, cancellation).ConfigureAwait(false))
            {
                removed.Add(name.Key);
            }
        }

        return removed.ToImmutable();
    }

    public Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_tags.GetValueOrDefault(account, NoTags));
        }
    }

    public Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!_mailboxes.ContainsKey(account))
            {
                return Task.FromResult(false);
            }

            _tags[account] = tags;
            return Task.FromResult(true);
        }
    }
}
