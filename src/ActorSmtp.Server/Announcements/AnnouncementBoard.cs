using ActorSmtp.Server.Mailboxes;
using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Announcements;

/// <summary>
/// What the server tells whoever wants to know, as it happens: the console's live pages and waiting tests hang on it. A channel without a
/// hearer costs nothing.
/// </summary>
public sealed class AnnouncementBoard(Action<Exception> onFault)
{
    /// <summary>A connection has got its session.</summary>
    public Announcement<SessionMessages.SessionOpened> SessionOpened { get; } = new(onFault);

    /// <summary>A session has gone from one state to another.</summary>
    public Announcement<SessionMessages.SessionChanged> SessionChanged { get; } = new(onFault);

    /// <summary>A session has ended.</summary>
    public Announcement<SessionMessages.SessionClosed> SessionClosed { get; } = new(onFault);

    /// <summary>A message is stable; its 250 is being written.</summary>
    public Announcement<SessionMessages.MailAccepted> MailAccepted { get; } = new(onFault);

    /// <summary>A message is in a mailbox, synced.</summary>
    public Announcement<MailboxMessages.MailDelivered> MailDelivered { get; } = new(onFault);
}
