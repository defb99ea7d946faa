using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// The open sessions as they are now, read from what each leaves behind. A page looks at every session once and keeps the newest few: a
/// hundred thousand sessions cost the onlooker some milliseconds and the sessions nothing.
/// </summary>
/// <param name="ended">Those that have ended; null: nothing is kept of them.</param>
internal sealed class LiveSessions(SessionRegister register, AnnouncementBoard announcements, TimeProvider time, EndedSessions? ended = null) : ILiveSessions
{
    public SessionPage List(SessionFilter filter, int limit, string? cursor)
    {
        limit = Math.Clamp(limit, 1, 1000);
        var below = cursor is null || !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? long.MaxValue : number;
        if (filter.Ended == true)
        {
            return ended?.List(filter, limit, below) ?? new SessionPage([], null, 0);
        }

        var newest = new PriorityQueue<Conversation, long>(limit + 2);
        var total = 0;
        foreach (var talk in register.All)
        {
            if (!Wants(filter, talk))
            {
                continue;
            }

            total++;
            if (talk.Number < below && (newest.Count <= limit || talk.Number > newest.Peek().Number))
            {
                newest.Enqueue(talk, talk.Number);
                if (newest.Count > limit + 1)
                {
                    newest.Dequeue();
                }
            }
        }

        var more = newest.Count > limit;
        if (more)
        {
            newest.Dequeue();
        }

        var items = ImmutableArray.CreateBuilder<SessionView>(newest.Count);
        var last = 0L;
        while (newest.TryDequeue(out var talk, out number))
        {
            last = last == 0 ? number : last;
            items.Add(View(talk));
        }

        items.Reverse();
        return new SessionPage(items.ToImmutable(), more ? last.ToString(CultureInfo.InvariantCulture) : null, total);
    }

    public SessionView? Find(string id)
    {
        foreach (var talk in register.All)
        {
            if (talk.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
            {
                return View(talk);
            }
        }

        return ended?.Find(id);
    }

    public IDisposable Watch(Action<SessionChange> onChange, Func<bool>? isWanted = null, Func<bool>? isOpen = null)
    {
        var opened = Tell(announcements.SessionOpened, m => new SessionChange(
            m.Session, m.Listener, m.Peer?.ToString(), m.State, null, null, null, null, 0, time.GetUtcNow(), Ended: false));
        var changed = Tell(announcements.SessionChanged, m => new SessionChange(
            m.Session, m.Listener, m.Peer?.ToString(), m.State, m.Previous, m.User, m.Hello, m.Tls, m.Messages, time.GetUtcNow(), Ended: false));
        var closed = Tell(announcements.SessionClosed, m => new SessionChange(
            m.Session, m.Listener, null, "ended", null, null, null, null, 0, time.GetUtcNow(), Ended: true));
        return new Watches(opened, changed, closed);

        IDisposable Tell<T>(Announcement<T> of, Func<T, SessionChange> inWords)
            where T : class => of.Subscribe(fact =>
            {
                if (isWanted is null || isWanted())
                {
                    onChange(inWords(fact));
                }
            }, isOpen);
    }

    private static bool Wants(SessionFilter filter, Conversation talk) =>
        (filter.State is null || talk.StateWord.Equals(filter.State, StringComparison.OrdinalIgnoreCase))
        && (filter.Listener is null || talk.Context.Listener.Equals(filter.Listener, StringComparison.OrdinalIgnoreCase))
        && (filter.Peer is null || talk.Peer?.ToString()?.Contains(filter.Peer, StringComparison.OrdinalIgnoreCase) == true);

    private SessionView View(Conversation talk)
    {
        var (now, clock) = (time.GetUtcNow(), talk.Context.Clock.Now);
        return new SessionView(
            talk.Id,
            talk.HasBegun ? talk.Actor : $"/user/{Supervision.Listeners}/{talk.Context.Listener}/{talk.Id}",
            talk.Context.Listener,
            talk.Context.Role,
            talk.Peer?.ToString(),
            talk.StateWord,
            talk.User,
            talk.Hello,
            talk.Tls?.ToString(),
            now - TimeSpan.FromMilliseconds(clock - talk.OpenedAt),
            now - TimeSpan.FromMilliseconds(clock - talk.LastAt),
            talk.LastVerb,
            talk.Commands,
            talk.Messages,
            talk.OctetsIn,
            talk.Errors,
            Ended: false,
            talk.LastReply);
    }

    /// <summary>A state's name as texts show it.</summary>
    internal static string Word(SessionState state) => state switch
    {
        SessionState.Greeting => "greeting",
        SessionState.Ready => "ready",
        SessionState.Mail => "mail",
        SessionState.Rcpt => "rcpt",
        SessionState.Body => "body",
        SessionState.Chunks => "chunks",
        SessionState.Discarding => "discarding",
        SessionState.Storing => "storing",
        SessionState.Authenticating => "authenticating",
        SessionState.Securing => "securing",
        SessionState.Pausing => "pausing",
        _ => state.ToString().ToLowerInvariant(),
    };

    private sealed class Watches(params IDisposable[] parts) : IDisposable
    {
        public void Dispose()
        {
            foreach (var part in parts)
            {
                part.Dispose();
            }
        }
    }
}
