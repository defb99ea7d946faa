using System.Text;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>
/// One command of a client, read by <see cref="Pop3Parser"/>. Commands without arguments are single objects (<c>Quit.Instance</c>). A line that
/// is no command of ours is <see cref="Unrecognized"/>; one with bad arguments is <see cref="Malformed"/> and brings the reply. Message numbers
/// are as given, from 0 on: whether there is such a message only the maildrop knows.
/// </summary>
public abstract record Pop3Command
{
    private Pop3Command(Pop3Verb verb) => Verb = verb;

    /// <summary>The keyword, also of a malformed command.</summary>
    public Pop3Verb Verb { get; }

    /// <summary>USER name (RFC 1939 §7).</summary>
    public sealed record User(string Name) : Pop3Command(Pop3Verb.User);

    /// <summary>PASS string (RFC 1939 §7): all of the rest, blanks too. Prints without it.</summary>
    public sealed record Pass(string Password) : Pop3Command(Pop3Verb.Pass)
    {
        protected override bool PrintMembers(StringBuilder builder)
        {
            builder.Append("Password = ***");
            return true;
        }
    }

    /// <summary>AUTH mechanism [initial-response] (RFC 5034 §4). Prints without the response.</summary>
    /// <param name="Mechanism">Null: AUTH alone, by which older programs ask for a list.</param>
    /// <param name="InitialResponse">Base64, or <c>=</c> for an empty one; null: none was given.</param>
    public sealed record Auth(string? Mechanism, string? InitialResponse) : Pop3Command(Pop3Verb.Auth)
    {
        protected override bool PrintMembers(StringBuilder builder)
        {
            builder.Append("Mechanism = ").Append(Mechanism).Append(", InitialResponse = ").Append(InitialResponse is null ? "" : "***");
            return true;
        }
    }

    /// <summary>LIST [msg] (RFC 1939 §5).</summary>
    public sealed record List(int? Message) : Pop3Command(Pop3Verb.List);

    /// <summary>UIDL [msg] (RFC 1939 §7).</summary>
    public sealed record Uidl(int? Message) : Pop3Command(Pop3Verb.Uidl);

    /// <summary>RETR msg (RFC 1939 §5).</summary>
    public sealed record Retr(int Message) : Pop3Command(Pop3Verb.Retr);

    /// <summary>TOP msg n (RFC 1939 §7).</summary>
    /// <param name="Lines">Lines of the body that are wanted besides the header.</param>
    public sealed record Top(int Message, int Lines) : Pop3Command(Pop3Verb.Top);

    /// <summary>DELE msg (RFC 1939 §5).</summary>
    public sealed record Dele(int Message) : Pop3Command(Pop3Verb.Dele);

    /// <summary>CAPA, STLS, STAT, RSET, NOOP or QUIT: a keyword and nothing else.</summary>
    public sealed record Plain : Pop3Command
    {
        public static readonly Plain Capa = new(Pop3Verb.Capa);
        public static readonly Plain Stls = new(Pop3Verb.Stls);
        public static readonly Plain Stat = new(Pop3Verb.Stat);
        public static readonly Plain Rset = new(Pop3Verb.Rset);
        public static readonly Plain Noop = new(Pop3Verb.Noop);
        public static readonly Plain Quit = new(Pop3Verb.Quit);

        private Plain(Pop3Verb verb)
            : base(verb)
        {
        }
    }

    /// <summary>A command of ours that is not well formed.</summary>
    public sealed record Malformed(Pop3Reply Because, Pop3Verb Of) : Pop3Command(Of);

    /// <summary>A line that is no command of ours; it may be a password in the wrong place, so nothing of it is kept.</summary>
    public sealed record Unrecognized : Pop3Command
    {
        public static readonly Unrecognized Instance = new();

        private Unrecognized()
            : base(Pop3Verb.Unrecognized)
        {
        }
    }
}
