namespace ActorSmtp.Protocol.Pop3;

/// <summary>The keywords of POP3 that are known here, in capitals as they are shown.</summary>
public enum Pop3Verb : byte
{
    /// <summary>None of these.</summary>
    Unrecognized,

    /// <summary>RFC 1939 §7: a name, before PASS.</summary>
    User,

    /// <summary>RFC 1939 §7: a password.</summary>
    Pass,

    /// <summary>RFC 5034: a SASL exchange.</summary>
    Auth,

    /// <summary>RFC 2449 §5: what the server can do.</summary>
    Capa,

    /// <summary>RFC 2595 §4: TLS from here on.</summary>
    Stls,

    /// <summary>RFC 1939 §5: how many messages, how many octets.</summary>
    Stat,

    /// <summary>RFC 1939 §5: sizes.</summary>
    List,

    /// <summary>RFC 1939 §7: unique ids.</summary>
    Uidl,

    /// <summary>RFC 1939 §5: a message.</summary>
    Retr,

    /// <summary>RFC 1939 §7: a message's header and some lines.</summary>
    Top,

    /// <summary>RFC 1939 §5: marks a message to be removed at QUIT.</summary>
    Dele,

    /// <summary>RFC 1939 §5: takes all marks back.</summary>
    Rset,

    /// <summary>RFC 1939 §5: nothing.</summary>
    Noop,

    /// <summary>RFC 1939 §4, §6: the end; what is marked is removed.</summary>
    Quit,
}
