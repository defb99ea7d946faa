using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Policy;

/// <summary>What a check wants changed in a message that is accepted.</summary>
internal sealed record MessageChanges
{
    /// <summary>Another sender, and what goes with it; null: it stays.</summary>
    public SmtpCommand.Mail? Sender { get; init; }

    /// <summary>Recipients to be added or taken away, in order.</summary>
    public ImmutableArray<RecipientChange> Recipients { get; init; } = [];

    /// <summary>Who gets the message in place of all its recipients; null: they do.</summary>
    public Mailbox? Quarantine { get; init; }

    /// <summary>Changes of the content; null: none.</summary>
    public ContentEdits? Edits { get; init; }
}

/// <summary>A recipient more or less.</summary>
internal sealed record RecipientChange(SmtpCommand.Rcpt Of, bool IsAdded);
