namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// The deliveries of one mailbox, in order. One worker has it at a time; in trouble it waits by itself. The fields are
/// <see cref="Lanes"/>' but where they say otherwise.
/// </summary>
internal sealed class Lane(string account)
{
    public string Account { get; } = account;

    public LinkedList<Delivery> Queue { get; } = new();

    public LaneState State { get; set; }

    /// <summary>Given and not settled, with those a worker has.</summary>
    public int Waiting { get; set; }

    /// <summary>Why it waits.</summary>
    public string? Trouble { get; set; }

    public int Failures { get; set; }

    /// <summary>When its time in trouble is over: a timestamp.</summary>
    public long Due { get; set; }

    /// <summary>On another file system than the other mailboxes; known from its first delivery on.</summary>
    public bool Foreign { get; set; }

    /// <summary>Open directories; the worker's that has the lane.</summary>
    public MaildirBox? Box { get; set; }
}

internal enum LaneState
{
    Idle,
    Ready,
    Busy,
    Delayed,
}

/// <summary>One delivery on its way through a lane.</summary>
internal sealed class Delivery(MailboxDelivery request, IMailboxObserver observer, Lane lane)
{
    public MailboxDelivery Request { get; } = request;

    public IMailboxObserver Observer { get; } = observer;

    public Lane Lane { get; } = lane;

    public string Name { get; } = MaildirName.Of(request.Mail);

    /// <summary>Its place in the lane.</summary>
    public long Number { get; set; }

    /// <summary>An attempt may have left a file.</summary>
    public bool Doubtful { get; set; } = request.Mail.MayBeDelivered;

    /// <summary>A sync failed: what lies under its name is not to be believed.</summary>
    public bool Distrusted { get; set; }
}
