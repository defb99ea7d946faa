namespace ActorSmtp.Protocol.Smtp;

/// <summary>The verb a command line begins with: the word for logs, metrics and the error count.</summary>
public enum Verb
{
    Unrecognized = 0,
    Ehlo,
    Helo,
    Lhlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Expn,
    Help,
    StartTls,
    Auth,
    XClient,
}
