namespace ActorSmtp.Server.Policy;

/// <summary>Where in a dialogue a check has its say.</summary>
[Flags]
internal enum PolicySteps
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>Before the greeting, or once a proxy or XCLIENT has said whose connection it is.</summary>
    Connect = 1,

    /// <summary>EHLO, HELO or LHLO, before its reply.</summary>
    Hello = 2,

    /// <summary>MAIL, once all else is in order.</summary>
    Mail = 4,

    /// <summary>RCPT of somebody who would be taken.</summary>
    Rcpt = 8,

    /// <summary>The content is in, and nothing is promised yet.</summary>
    Content = 16,
}
