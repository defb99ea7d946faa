using System.Collections.Immutable;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Web.Reading;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Mailboxes, and what is in them as lists.</summary>
internal static class MailboxRoutes
{
    private const int MostKeys = 1000;
    private const int MostCounted = 2000;
    private const int MostCountedInLists = 100;

    private static readonly QueryParameter Query = new("q", "What is looked for: words, and from: to: subject: text: tag: has:attachment is:unseen before: after: larger: smaller:");

    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        var index = services.Index;
        return new Routes("Mailboxes")
            .Get("/api/mailboxes", "Lists the mailboxes by name.", call => ListAsync(services, call), [new("q", "A part of the name."), .. Routes.Paging])
            .Get("/api/mailboxes/{name}", "One mailbox.", async call =>
                await SummaryAsync(services, Name(call), MostCounted, call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(NoMailbox(Name(call))))
            .Delete("/api/mailboxes/{name}", "Removes a mailbox with everything in it.", async call =>
            {
                var name = Name(call);
                if (!await services.Parts.Mailboxes.DeleteMailboxAsync(name, call.Cancellation).ConfigureAwait(false))
                {
                    throw new ProblemException(NoMailbox(name));
                }

                index.Forget(name);
                services.Removed(name, []);
            })
            .Get("/api/mailboxes/{name}/messages", "The messages of a mailbox, newest first.", async call =>
                await PageAsync(services, call, Name(call)).ConfigureAwait(false) ?? throw new ProblemException(NoMailbox(Name(call))), [Query, .. Routes.Paging])
            .Get("/api/messages", "The messages of all mailboxes, newest first.", async call =>
                (await PageAsync(services, call, null).ConfigureAwait(false))!, [Query, .. Routes.Paging])
            .With(new ApiRoute("DELETE", "/api/mailboxes/{name}/messages", "Mailboxes", "Empties a mailbox.", call => EmptyAsync(services, call)) { Answer = typeof(RemovedDocument) })
            .Post<ActionRequest, ActionOutcome>("/api/mailboxes/{name}/actions", "Does something to several messages.", (call, asked) => ActAsync(services, call, asked));
    }

    public static string Name(ApiCall call) => call.Part("name");

    public static Problem NoMailbox(string name) => Problem.NotFound($"There is no mailbox {PlainLine.Of(name, 100)}");

    private static async Task<Page<MailboxDocument>> ListAsync(ConsoleServices services, ApiCall call)
    {
        var limit = call.Limit();
        var (part, cursor) = (call.Text("q"), call.Text("cursor"));
        call.Check();
        return await services.Shared.AskAsync(("mailboxes", part, cursor, limit), cancelled => ListAsync(services, part, cursor, limit, cancelled), call.Cancellation).ConfigureAwait(false);
    }

    private static async Task<Page<MailboxDocument>> ListAsync(ConsoleServices services, string? part, string? cursor, int limit, CancellationToken cancellation)
    {
        var names = (await services.Index.AccountsAsync(cancellation).ConfigureAwait(false))
            .Where(n => (part is null || n.Contains(part, StringComparison.OrdinalIgnoreCase)) && (cursor is null || string.CompareOrdinal(n, cursor) > 0))
            .Take(limit + 1).ToArray();
        var items = new List<MailboxDocument>();
        foreach (var name in names.Take(limit))
        {
            if (await SummaryAsync(services, name, MostCountedInLists, cancellation).ConfigureAwait(false) is { } mailbox)
            {
                items.Add(mailbox);
            }
        }

        return new Page<MailboxDocument>(items, names.Length > limit ? names[limit - 1] : null);
    }

    private static async Task<MailboxDocument?> SummaryAsync(ConsoleServices services, string name, int mostLooks, CancellationToken cancellation)
    {
        if (await services.Index.CountAsync(name, cancellation).ConfigureAwait(false) is not { } count)
        {
            return null;
        }

        var isSmall = count.Messages <= mostLooks;
        var names = isSmall ? await services.Index.AfterAsync(name, null, mostLooks, cancellation).ConfigureAwait(false) ?? [] : count.Newest is { } newest ? [newest] : ImmutableArray<Storage.MailboxName>.Empty;
        var looked = await services.Index.LookAsync(name, names, cancellation).ConfigureAwait(false);
        return new MailboxDocument(
            name, count.Messages, count.Unseen, isSmall ? looked.Sum(m => m.Octets) : null, looked.IsEmpty ? null : looked.Max(m => m.DeliveredAt), services.LeaseOf(name));
    }

    private static async Task<MessagePage?> PageAsync(ConsoleServices services, ApiCall call, string? account)
    {
        var limit = call.Limit();
        var (text, cursor) = (call.Text("q"), call.Text("cursor", longest: 1200));
        var query = MailQuery.Parse(text, out var problem);
        if (query is null)
        {
            call.Mistake("q", problem);
        }

        call.Check();
        return cursor is null
            ? await services.Shared.AskAsync(("messages", account, text, limit), cancelled => services.Lists.ReadAsync(account, query!, limit, null, cancelled), call.Cancellation).ConfigureAwait(false)
            : await services.Lists.ReadAsync(account, query!, limit, cursor, call.Cancellation).ConfigureAwait(false);
    }

    private static async Task EmptyAsync(ConsoleServices services, ApiCall call)
    {
        var name = Name(call);
        var removed = 0;
        while (true)
        {
            var names = await services.Index.AfterAsync(name, null, MostKeys, call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(NoMailbox(name));
            if (names.IsEmpty)
            {
                break;
            }

            var gone = await services.RemoveAsync(name, [.. names.Select(n => n.Key)], call.Cancellation).ConfigureAwait(false);
            removed += gone.Length;
            if (gone.IsEmpty)
            {
                services.Index.Forget(name);                // somebody else removed them: look anew
                if (removed == 0)
                {
                    break;
                }
            }
        }

        await call.AnswerAsync(new RemovedDocument(removed)).ConfigureAwait(false);
    }

    private static async Task<ActionOutcome> ActAsync(ConsoleServices services, ApiCall call, ActionRequest asked)
    {
        var name = Name(call);
        var keys = (asked.Keys ?? []).OfType<string>().ToArray();
        if (keys.Length is 0 or > MostKeys || keys.Length < asked.Keys!.Length)
        {
            call.Mistake("keys", $"expected 1 to {MostKeys} keys of messages");
        }

        if (asked.Action is null)
        {
            call.Mistake("action", "expected delete, seen, unseen, flag, unflag, tag or untag");
        }

        if (asked.Action is MailAction.Tag or MailAction.Untag && Tags.Mistake(asked.Tag) is { } mistake)
        {
            call.Mistake("tag", mistake);
        }

        call.Check();
        var done = asked.Action switch
        {
            MailAction.Delete => await services.RemoveAsync(name, [.. keys.Distinct()], call.Cancellation).ConfigureAwait(false),
            MailAction.Tag or MailAction.Untag => await services.TagAsync(name, keys, asked.Tag!, asked.Action == MailAction.Tag, call.Cancellation).ConfigureAwait(false),
            _ => await services.FlagAsync(name, keys, asked.Action!.Value, call.Cancellation).ConfigureAwait(false),
        };
        return new ActionOutcome(done.Length, [.. keys.Except(done)]);
    }
}

/// <summary>A mailbox in a list.</summary>
/// <param name="Octets">Of all its messages; null: they are too many to be counted each time.</param>
/// <param name="Lease">The lease whose it is; null: nobody's.</param>
internal sealed record MailboxDocument(string Name, int Messages, int Unseen, long? Octets, DateTimeOffset? Newest, string? Lease);

internal sealed record RemovedDocument(int Removed);

/// <summary>What is done to messages.</summary>
internal enum MailAction
{
    Delete,
    Seen,
    Unseen,
    Flag,
    Unflag,
    Tag,
    Untag,
}

internal sealed record ActionRequest
{
    public MailAction? Action { get; init; }

    /// <summary>Which messages; at most 1000.</summary>
    public string?[]? Keys { get; init; }

    /// <summary>For tag and untag.</summary>
    public string? Tag { get; init; }
}

/// <param name="Missing">Those that are not there (any more).</param>
internal sealed record ActionOutcome(int Done, IReadOnlyList<string> Missing);
