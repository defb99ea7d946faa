using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// Sessions that have ended, as far as the <see cref="Chronicle"/> still has them: a page is found in one walk over it and told in a second. Figures
/// count what is kept; a session whose beginning has given way to newer ones says less.
/// </summary>
internal sealed class EndedSessions(Chronicle chronicle, SessionIds ids, ImmutableArray<ListenerSettings> listeners)
{
    private const string State = "ended";

    /// <param name="below">Only those whose number is less: the place in the list.</param>
    public SessionPage List(SessionFilter filter, int limit, long below)
    {
        if (filter.State is not null && !filter.State.Equals(State, StringComparison.OrdinalIgnoreCase))
        {
            return new SessionPage([], null, 0);
        }

        var finder = new Finder(filter.Peer, filter.Listener is null ? null : Number(filter.Listener), below, limit);
        chronicle.Walk(ref finder);
        var (numbers, isMore) = finder.Newest();
        return new SessionPage(Told(numbers), isMore ? numbers[^1].ToString(CultureInfo.InvariantCulture) : null, finder.Total);
    }

    /// <summary>One of them; null: it is not kept, or has not ended.</summary>
    public SessionView? Find(string id) =>
        ids.NumberOf(id) is var number and not 0 && Told([number]) is [var session] && session.Ended ? session : null;

    private int Number(string listener)
    {
        for (var i = 0; i < listeners.Length; i++)
        {
            if (listeners[i].Name.Equals(listener, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>These, in this order; those of which nothing is kept any more are left out.</summary>
    private ImmutableArray<SessionView> Told(IReadOnlyList<long> numbers)
    {
        var teller = new Teller(numbers.ToDictionary(n => n, _ => new Notes()));
        chronicle.Walk(ref teller);
        return [.. numbers.Select(n => View(n, teller.Notes[n])).OfType<SessionView>()];
    }

    private SessionView? View(long number, Notes notes)
    {
        if (notes.First is not { } first || notes.Last is not { } last)
        {
            return null;
        }

        var listener = first.Listener < listeners.Length ? listeners[first.Listener] : null;
        var id = ids.TextOf(number);
        return new SessionView(
            id,
            $"/user/{Supervision.Listeners}/{listener?.Name ?? "?"}/{id}",
            listener?.Name ?? "?",
            listener?.Role.ToString().ToLowerInvariant() ?? "?",
            notes.Peer,
            notes.HasEnded ? State : "?",
            notes.User,
            notes.Helo,
            notes.Tls,
            chronicle.TimeOf(first),
            chronicle.TimeOf(last),
            notes.LastVerb,
            notes.Commands,
            notes.Messages,
            notes.Octets,
            notes.Errors,
            notes.HasEnded,
            notes.LastReply == 0 ? null : Chronicle.CodesText(notes.LastReply));
    }

    /// <summary>Finds the newest that have ended.</summary>
    private struct Finder(string? peer, int? listener, long below, int limit) : IChronicleVisitor
    {
        private readonly PriorityQueue<long, long> _newest = new(limit + 2);
        private readonly HashSet<long> _ofPeer = [];

        /// <summary>All that pass the filter, whatever the place in the list.</summary>
        public int Total { get; private set; }

        public bool Visit(in ChronicleGlance entry)
        {
            if (peer is not null && entry.Kind == ChronicleKind.Opened && Encoding.UTF8.GetString(entry.Text).Contains(peer, StringComparison.OrdinalIgnoreCase))
            {
                _ofPeer.Add(entry.Session);
            }
            else if (entry.Kind == ChronicleKind.Closed && (listener is null || entry.Listener == listener) && (peer is null || _ofPeer.Remove(entry.Session)))
            {
                Total++;
                if (entry.Session < below && (_newest.Count <= limit || entry.Session > _newest.Peek()))
                {
                    _newest.Enqueue(entry.Session, entry.Session);
                    if (_newest.Count > limit + 1)
                    {
                        _newest.Dequeue();
                    }
                }
            }

            return true;
        }

        public readonly (long[] Numbers, bool IsMore) Newest()
        {
            var numbers = _newest.UnorderedItems.Select(item => item.Element).OrderDescending().ToArray();
            return numbers.Length > limit ? (numbers[..limit], true) : (numbers, false);
        }
    }

    /// <summary>Gathers what is known of some sessions.</summary>
    private readonly struct Teller(Dictionary<long, Notes> notes) : IChronicleVisitor
    {
        public Dictionary<long, Notes> Notes => notes;

        public bool Visit(in ChronicleGlance entry)
        {
            if (entry.Session != 0 && notes.TryGetValue(entry.Session, out var session))
            {
                session.Take(entry);
            }

            return true;
        }
    }

    private sealed class Notes
    {
        public ChronicleEntry? First { get; private set; }

        public ChronicleEntry? Last { get; private set; }

        public string? Peer { get; private set; }

        public string? User { get; private set; }

        public string? Helo { get; private set; }

        public string? Tls { get; private set; }

        public string? LastVerb { get; private set; }

        public long Commands { get; private set; }

        public long Messages { get; private set; }

        public long Octets { get; private set; }

        public int Errors { get; private set; }

        public int LastReply { get; private set; }

        public bool HasEnded { get; private set; }

        public void Take(in ChronicleGlance entry)
        {
            Last = entry.Keep();
            First ??= Last;
            switch (entry.Kind)
            {
                case ChronicleKind.Opened:
                    Peer = Text(entry) is { Length: > 0 } peer ? peer : null;
                    break;
                case ChronicleKind.Heard:
                    Commands++;
                    var words = Transcript.Printable(Last.Text).Split(' ', 2);
                    LastVerb = words[0].ToUpperInvariant();
                    Helo = LastVerb is "EHLO" or "HELO" or "LHLO" && words.Length > 1 ? words[1] : Helo;
                    break;
                case ChronicleKind.Said:
                    LastReply = entry.Number;
                    Errors += entry.Number >> 20 >= 400 ? 1 : 0;
                    break;
                case ChronicleKind.Secured:
                    Tls = Text(entry);
                    break;
                case ChronicleKind.LoggedIn:
                    User = Text(entry).Split('\0')[0];
                    break;
                case ChronicleKind.Accepted:
                    Messages++;
                    break;
                case ChronicleKind.Closed:
                    (HasEnded, Octets) = (true, entry.Number);
                    break;
            }
        }

        private static string Text(in ChronicleGlance entry) => Encoding.UTF8.GetString(entry.Text);
    }
}
