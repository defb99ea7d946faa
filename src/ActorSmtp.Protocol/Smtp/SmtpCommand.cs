using System.Net;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// One command of a client, read by <see cref="CommandParser"/>. Commands without arguments are single objects (<c>Quit.Instance</c>).
/// A line which is no command of ours is <see cref="Unrecognized"/>; one with bad arguments is <see cref="Malformed"/> and brings the reply.
/// </summary>
public abstract record SmtpCommand
{
    private SmtpCommand()
    {
    }

    /// <summary>The verb, also of a malformed command.</summary>
    public abstract Verb Verb { get; }

    /// <summary>EHLO name (RFC 5321 §4.1.1.1).</summary>
    public sealed record Ehlo(HelloName Name) : SmtpCommand
    {
        public override Verb Verb => Verb.Ehlo;
    }

    /// <summary>HELO name (RFC 5321 §4.1.1.1).</summary>
    public sealed record Helo(HelloName Name) : SmtpCommand
    {
        public override Verb Verb => Verb.Helo;
    }

    /// <summary>LHLO name (RFC 2033 §4.1).</summary>
    public sealed record Lhlo(HelloName Name) : SmtpCommand
    {
        public override Verb Verb => Verb.Lhlo;
    }

    /// <summary>MAIL FROM:&lt;path&gt; parameters (RFC 5321 §4.1.1.2).</summary>
    public sealed record Mail(ReversePath From, MailParameters Parameters) : SmtpCommand
    {
        public override Verb Verb => Verb.Mail;
    }

    /// <summary>RCPT TO:&lt;path&gt; parameters (RFC 5321 §4.1.1.3).</summary>
    public sealed record Rcpt(ForwardPath To, RcptParameters Parameters) : SmtpCommand
    {
        public override Verb Verb => Verb.Rcpt;
    }

    /// <summary>DATA (RFC 5321 §4.1.1.4).</summary>
    public sealed record Data : SmtpCommand
    {
        public static readonly Data Instance = new();

        private Data()
        {
        }

        public override Verb Verb => Verb.Data;
    }

    /// <summary>BDAT octets [LAST] (RFC 3030 §2): exactly <paramref name="Size"/> octets follow the line, whatever is answered.</summary>
    public sealed record Bdat(long Size, bool Last) : SmtpCommand
    {
        public override Verb Verb => Verb.Bdat;
    }

    /// <summary>RSET (RFC 5321 §4.1.1.5).</summary>
    public sealed record Rset : SmtpCommand
    {
        public static readonly Rset Instance = new();

        private Rset()
        {
        }

        public override Verb Verb => Verb.Rset;
    }

    /// <summary>NOOP [anything] (RFC 5321 §4.1.1.9).</summary>
    public sealed record Noop : SmtpCommand
    {
        public static readonly Noop Instance = new();

        private Noop()
        {
        }

        public override Verb Verb => Verb.Noop;
    }

    /// <summary>QUIT (RFC 5321 §4.1.1.10).</summary>
    public sealed record Quit : SmtpCommand
    {
        public static readonly Quit Instance = new();

        private Quit()
        {
        }

        public override Verb Verb => Verb.Quit;
    }

    /// <summary>VRFY something (RFC 5321 §4.1.1.6); <paramref name="What"/> is cleaned for logs.</summary>
    public sealed record Vrfy(string What) : SmtpCommand
    {
        public override Verb Verb => Verb.Vrfy;
    }

    /// <summary>EXPN list (RFC 5321 §4.1.1.7); <paramref name="What"/> is cleaned for logs.</summary>
    public sealed record Expn(string What) : SmtpCommand
    {
        public override Verb Verb => Verb.Expn;
    }

    /// <summary>HELP [topic] (RFC 5321 §4.1.1.8); <paramref name="Topic"/> is cleaned, empty when none was given.</summary>
    public sealed record Help(string Topic) : SmtpCommand
    {
        public override Verb Verb => Verb.Help;
    }

    /// <summary>STARTTLS (RFC 3207 §4).</summary>
    public sealed record StartTls : SmtpCommand
    {
        public static readonly StartTls Instance = new();

        private StartTls()
        {
        }

        public override Verb Verb => Verb.StartTls;
    }

    /// <summary>
    /// AUTH mechanism [initial-response] (RFC 4954 §4). The response is as sent: base64, "=" for an empty one, null for none; it may be
    /// a secret and never prints.
    /// </summary>
    public sealed record Auth(string Mechanism, string? InitialResponse) : SmtpCommand
    {
        public override Verb Verb => Verb.Auth;

        protected override bool PrintMembers(StringBuilder builder)
        {
            builder.Append("Mechanism = ").Append(Mechanism).Append(InitialResponse is null ? "" : ", InitialResponse = ***");
            return true;
        }
    }

    /// <summary>
    /// XCLIENT name=value… (Postfix's XCLIENT_README): who the peer says it speaks for. What was said as [UNAVAILABLE] is given and null.
    /// </summary>
    public sealed record XClient : SmtpCommand
    {
        public Given<IPAddress?> Address { get; init; }

        public Given<int?> Port { get; init; }

        /// <summary>The client's name in DNS.</summary>
        public Given<string?> Name { get; init; }

        /// <summary>What the client said in HELO or EHLO.</summary>
        public Given<string?> Hello { get; init; }

        /// <summary>True for ESMTP.</summary>
        public Given<bool> Extended { get; init; }

        /// <summary>The account the client logged in as.</summary>
        public Given<string?> Login { get; init; }

        /// <summary>The address the client connected to.</summary>
        public Given<IPAddress?> LocalAddress { get; init; }

        public Given<int?> LocalPort { get; init; }

        public override Verb Verb => Verb.XClient;
    }

    /// <summary>A line that is no command of ours; the first word is cleaned for logs. Answer <see cref="Replies.UnknownCommand"/>.</summary>
    public sealed record Unrecognized(string Word) : SmtpCommand
    {
        public override Verb Verb => Verb.Unrecognized;
    }

    /// <summary>A command of ours which cannot be taken as it is written: answer <paramref name="Because"/>, change nothing.</summary>
    public sealed record Malformed(Reply Because, Verb Of) : SmtpCommand
    {
        public override Verb Verb => Of;
    }
}

/// <summary>A value that may have been left out.</summary>
public readonly record struct Given<T>
{
    /// <summary>It was said.</summary>
    public Given(T value) => (Value, IsGiven) = (value, true);

    public T Value { get; }

    public bool IsGiven { get; }
}
