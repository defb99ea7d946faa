using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// What was said in sessions and what became of messages, kept in a fixed amount of memory (<c>inspection.memory</c>) for the console and for
/// <c>actorsmtp explain</c>: the oldest gives way to the newest. Lines come here as their owners made them fit to be seen: secrets are masked
/// before, content never comes.
/// </summary>
/// <remarks>
/// Nothing is allocated per entry, and nothing is made of it until somebody asks. A session writes to one of a few rings, so that threads
/// seldom meet. An entry costs some tens of nanoseconds; the whole is off, and costs nothing, with <c>inspection.memory = 0</c>.
/// </remarks>
internal sealed class Chronicle
{
    /// <summary>Octets of a line that are kept.</summary>
    public const int LongestText = 512;

    private const int Rings = 4;

    private readonly ChronicleRing[] _rings;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keep;

    /// <param name="memory">Octets in all; rounded down to a power of two.</param>
    /// <param name="keep">What is older is not shown.</param>
    /// <param name="linesPerSession">Commands and replies of one session that are kept.</param>
    public Chronicle(long memory, TimeSpan keep, int linesPerSession, TimeProvider time)
    {
        var ring = 64 * 1024;
        while ((long)ring * 2 * Rings <= memory && ring < 1 << 29)
        {
            ring *= 2;
        }

        _rings = [.. Enumerable.Range(0, Rings).Select(_ => new ChronicleRing(ring))];
        _keep = keep;
        _time = time;
        LinesPerSession = linesPerSession;
    }

    /// <summary>Commands and replies of one session that are kept.</summary>
    public int LinesPerSession { get; }

    /// <summary>The time stamp of now.</summary>
    public long Now => _time.GetTimestamp();

    public void Write(ChronicleKind kind, long time, long session, in MailId mail, int listener, int number, ReadOnlySpan<byte> text) =>
        RingOf(session).Write(kind, time, session, mail, listener, number, text.Length > LongestText ? text[..LongestText] : text);

    public void Write(ChronicleKind kind, long time, long session, in MailId mail, int listener, int number, ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text))
        {
            RingOf(session).WriteAscii(kind, time, session, mail, listener, number, text[..Math.Min(text.Length, LongestText)], default);
            return;
        }

        WriteWide(kind, time, session, mail, listener, number, text);
    }

    /// <summary>A reply: its codes as a number, its text as it is.</summary>
    public void Said(long time, long session, in MailId mail, int listener, in Reply reply) =>
        Write(ChronicleKind.Said, time, session, mail, listener, CodesOf(reply), reply.Text);

    /// <summary>What became of a copy of a message.</summary>
    public void Delivery(ChronicleKind kind, in MailId mail, string account, string more, int number)
    {
        const int Half = (LongestText / 2) - 1;
        account = account.Length > Half ? account[..Half] : account;
        more = more.Length > Half ? more[..Half] : more;
        if (Ascii.IsValid(account) && Ascii.IsValid(more))
        {
            RingOf(0).WriteAscii(kind, Now, 0, mail, 0, number, account, more);
        }
        else
        {
            WriteWide(kind, Now, 0, mail, 0, number, $"{account}\0{more}");
        }
    }

    /// <summary>What there is of a session and of a message, in order.</summary>
    /// <param name="session">A session's number, or 0.</param>
    /// <param name="most">Entries at most, the oldest kept.</param>
    public List<ChronicleEntry> Read(long session, in MailId mail, int most)
    {
        var entries = new List<ChronicleEntry>();
        foreach (var ring in _rings)
        {
            ring.Read(session, mail, Since, most, entries);
        }

        return [.. entries.OrderBy(e => e.Time).ThenBy(e => e.Session == 0)];      // delivery comes behind the session's own
    }

    /// <summary>Shows every entry to a visitor; those of one session in order.</summary>
    public void Walk<T>(ref T visitor)
        where T : IChronicleVisitor
    {
        foreach (var ring in _rings)
        {
            ring.Walk(Since, ref visitor);
        }
    }

    private long Since => Now - (long)(_keep.TotalSeconds * _time.TimestampFrequency);

    /// <summary>When an entry was made.</summary>
    public DateTimeOffset TimeOf(ChronicleEntry entry) => _time.GetUtcNow() - _time.GetElapsedTime(entry.Time);

    /// <summary>How long it was from one entry to another.</summary>
    public TimeSpan Between(ChronicleEntry from, ChronicleEntry to) => _time.GetElapsedTime(from.Time, to.Time);

    private ChronicleRing RingOf(long session) => _rings[session & (Rings - 1)];

    /// <summary>Text beyond ASCII, cut where it might not fit.</summary>
    private void WriteWide(ChronicleKind kind, long time, long session, in MailId mail, int listener, int number, ReadOnlySpan<char> text)
    {
        Span<byte> octets = stackalloc byte[LongestText];
        var n = Encoding.UTF8.GetBytes(text[..Math.Min(text.Length, LongestText / 3)], octets);
        RingOf(session).Write(kind, time, session, mail, listener, number, octets[..n]);
    }

    /// <summary>Code and enhanced code in one number: ten bits each for code, subject + 1 (0: none), detail.</summary>
    public static int CodesOf(in Reply reply) => (reply.Code << 20) | (((reply.Subject ?? -1) + 1) << 10) | reply.Detail;

    /// <summary>The codes as a reply begins.</summary>
    public static string CodesText(int codes)
    {
        var (code, subject, detail) = (codes >> 20, ((codes >> 10) & 1023) - 1, codes & 1023);
        return subject < 0 ? $"{code}" : $"{code} {code / 100}.{subject}.{detail}";
    }
}
