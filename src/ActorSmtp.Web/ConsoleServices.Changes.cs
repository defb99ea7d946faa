using System.Collections.Immutable;
using ActorSmtp.Web.Api;
using ActorSmtp.Web.Reading;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web;

/// <content>Changes of mailboxes: done, and told to whoever watches.</content>
internal sealed partial class ConsoleServices
{
    /// <summary>The keys of those that were there.</summary>
    public async Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyCollection<string> keys, CancellationToken cancellation)
    {
        var removed = await Index.RemoveAsync(account, keys, cancellation).ConfigureAwait(false);
        if (!removed.IsEmpty)
        {
            Removed(account, removed);
        }

        return removed;
    }

    /// <summary>The keys of those that were there.</summary>
    public async Task<ImmutableArray<string>> FlagAsync(string account, IEnumerable<string> keys, MailAction action, CancellationToken cancellation)
    {
        var (set, clear) = action switch
        {
            MailAction.Seen => ("S", ""),
            MailAction.Unseen => ("", "S"),
            MailAction.Flag => ("F", ""),
            _ => ("", "F"),
        };
        var done = ImmutableArray.CreateBuilder<string>();
        foreach (var key in keys)
        {
            if (await Index.FlagAsync(account, key, set, clear, cancellation).ConfigureAwait(false) is not null)
            {
                done.Add(key);
            }
        }

        await ChangedAsync(account, done, cancellation).ConfigureAwait(false);
        return done.ToImmutable();
    }

    /// <summary>The keys of those that were there.</summary>
    public async Task<ImmutableArray<string>> TagAsync(string account, IReadOnlyCollection<string> keys, string tag, bool set, CancellationToken cancellation)
    {
        var there = new List<string>();
        foreach (var key in keys)
        {
            if (await Index.FindAsync(account, key, cancellation).ConfigureAwait(false) is not null)
            {
                there.Add(key);
            }
        }

        await SetTagsAsync(account, there, own => set ? own.Contains(tag) ? own : own.Add(tag) : own.Remove(tag), cancellation).ConfigureAwait(false);
        await ChangedAsync(account, there, cancellation).ConfigureAwait(false);
        return [.. there];
    }

    /// <summary>The row as it is then; null where the message is not there.</summary>
    public async Task<MessageSummary?> ChangeAsync(string account, string key, MessageChange change, CancellationToken cancellation)
    {
        var set = (change.Seen == true ? "S" : "") + (change.Flagged == true ? "F" : "");
        var clear = (change.Seen == false ? "S" : "") + (change.Flagged == false ? "F" : "");
        if (set.Length + clear.Length > 0 && await Index.FlagAsync(account, key, set, clear, cancellation).ConfigureAwait(false) is null)
        {
            return null;
        }

        if (change.Tags is { } tags && await Index.FindAsync(account, key, cancellation).ConfigureAwait(false) is not null)
        {
            await SetTagsAsync(account, [key], _ => [.. tags.Distinct(StringComparer.OrdinalIgnoreCase)], cancellation).ConfigureAwait(false);
        }

        await ChangedAsync(account, [key], cancellation).ConfigureAwait(false);
        return await Mail.SummaryAsync(account, key, cancellation).ConfigureAwait(false);
    }

    private Task SetTagsAsync(string account, IReadOnlyCollection<string> keys, Func<ImmutableArray<string>, ImmutableArray<string>> change, CancellationToken cancellation) => Index.TagAsync(
        account,
        all =>
        {
            foreach (var key in keys)
            {
                var own = change(all.GetValueOrDefault(key, []));
                if (own.Length > Tags.MostOfMessage)
                {
                    throw new ProblemException(Problem.Limit($"A message has at most {Tags.MostOfMessage} tags"));
                }

                all = own.IsEmpty ? all.Remove(key) : all.SetItem(key, own);
            }

            return all.Count <= Tags.MostTagged ? all : throw new ProblemException(Problem.Limit($"At most {Tags.MostTagged} messages of a mailbox have tags"));
        },
        cancellation);
}
