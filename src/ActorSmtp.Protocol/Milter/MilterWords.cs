namespace ActorSmtp.Protocol.Milter;

/// <summary>What a mail server tells a filter (<c>SMFIC_…</c> of sendmail's <c>mfdef.h</c>).</summary>
public enum MilterCommand : byte
{
    /// <summary>Forget this message.</summary>
    Abort = (byte)'A',

    /// <summary>A piece of the body.</summary>
    Body = (byte)'B',

    /// <summary>Who has connected.</summary>
    Connect = (byte)'C',

    /// <summary>What there is to know at a step.</summary>
    Macros = (byte)'D',

    /// <summary>The body is over: what is to become of it?</summary>
    BodyEnd = (byte)'E',

    /// <summary>EHLO or HELO.</summary>
    Hello = (byte)'H',

    /// <summary>This session is over, another one begins on the same connection (version 6).</summary>
    NextSession = (byte)'K',

    /// <summary>A header field.</summary>
    Header = (byte)'L',

    /// <summary>MAIL.</summary>
    Mail = (byte)'M',

    /// <summary>The header is over.</summary>
    HeaderEnd = (byte)'N',

    /// <summary>What both can do.</summary>
    Negotiate = (byte)'O',

    /// <summary>The session is over.</summary>
    Quit = (byte)'Q',

    /// <summary>RCPT.</summary>
    Rcpt = (byte)'R',

    /// <summary>DATA (version 4).</summary>
    Data = (byte)'T',

    /// <summary>A command that nobody knows (version 3).</summary>
    Unknown = (byte)'U',
}

/// <summary>What a filter answers (<c>SMFIR_…</c>).</summary>
public enum MilterWord : byte
{
    AddRecipient = (byte)'+',
    DeleteRecipient = (byte)'-',
    AddRecipientWithParameters = (byte)'2',
    ShutDown = (byte)'4',
    Accept = (byte)'a',
    ReplaceBody = (byte)'b',
    Continue = (byte)'c',
    Discard = (byte)'d',
    ChangeSender = (byte)'e',
    ConnectionFailure = (byte)'f',
    AddHeader = (byte)'h',
    InsertHeader = (byte)'i',
    ChangeHeader = (byte)'m',
    Negotiated = (byte)'O',
    Progress = (byte)'p',
    Quarantine = (byte)'q',
    Reject = (byte)'r',
    Skip = (byte)'s',
    TemporaryFailure = (byte)'t',
    ReplyCode = (byte)'y',
}

/// <summary>What a filter may ask to be changed (<c>SMFIF_…</c>).</summary>
[Flags]
public enum MilterActions : uint
{
    None = 0,
    AddHeaders = 0x1,
    ChangeBody = 0x2,
    AddRecipients = 0x4,
    DeleteRecipients = 0x8,
    ChangeHeaders = 0x10,
    Quarantine = 0x20,
    ChangeSender = 0x40,
    AddRecipientsWithParameters = 0x80,
    SetMacros = 0x100,

    /// <summary>All there are in version 6.</summary>
    All = 0x1ff,
}

/// <summary>Which steps a filter does not want, which it does not answer, and how it wants to be told (<c>SMFIP_…</c>).</summary>
[Flags]
public enum MilterSteps : uint
{
    None = 0,
    NoConnect = 0x1,
    NoHello = 0x2,
    NoMail = 0x4,
    NoRcpt = 0x8,
    NoBody = 0x10,
    NoHeaders = 0x20,
    NoHeaderEnd = 0x40,
    SilentHeaders = 0x80,
    NoUnknown = 0x100,
    NoData = 0x200,

    /// <summary>It may answer a piece of the body with "no more of it".</summary>
    Skip = 0x400,

    /// <summary>It wants to hear of recipients who were refused already.</summary>
    RefusedRecipients = 0x800,
    SilentConnect = 0x1000,
    SilentHello = 0x2000,
    SilentMail = 0x4000,
    SilentRcpt = 0x8000,
    SilentData = 0x10000,
    SilentUnknown = 0x20000,
    SilentHeaderEnd = 0x40000,
    SilentBody = 0x80000,

    /// <summary>Values of header fields keep the space behind the colon, both ways.</summary>
    LeadingSpace = 0x100000,

    /// <summary>What version 2 knows.</summary>
    Version2 = 0x7f,

    /// <summary>What is offered: all of version 6 but <see cref="RefusedRecipients"/>.</summary>
    Offered = 0x1ff7ff,
}

/// <summary>Steps that macros are defined for, by sendmail's numbers of them (<c>SMFIM_…</c>).</summary>
public enum MilterStage
{
    Connect = 0,
    Hello = 1,
    Mail = 2,
    Rcpt = 3,
    Data = 4,
    BodyEnd = 5,
    HeaderEnd = 6,
}
