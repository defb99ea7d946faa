using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>What the server side of an exchange wants next.</summary>
public abstract record SaslStep
{
    private SaslStep()
    {
    }

    /// <summary>Say this 334 and pass the client's next line to <see cref="SaslServer.Next"/>.</summary>
    public sealed record Challenge(Reply Say) : SaslStep;

    /// <summary>Check these, then <see cref="SaslServer.Grant"/> or <see cref="SaslServer.Deny"/>.</summary>
    public sealed record CheckPassword(Credentials Credentials) : SaslStep;

    /// <summary>
    /// The client has answered the challenge with the password of this user, or not (<paramref name="IsRight"/>). Whoever judges may refuse a
    /// right one too; the client learns nothing before <see cref="SaslServer.Grant"/> or <see cref="SaslServer.Deny"/>.
    /// </summary>
    public sealed record CheckProof(string User, string? AuthorizeAs, bool IsRight) : SaslStep;

    /// <summary>Verify this token, then <see cref="SaslServer.Grant"/> or <see cref="SaslServer.Deny"/>.</summary>
    public sealed record CheckToken(BearerToken Token) : SaslStep;

    /// <summary>Find whose certificate the client showed in the TLS handshake, then <see cref="SaslServer.Grant"/> or <see cref="SaslServer.Deny"/>.</summary>
    public sealed record CheckCertificate(string? AuthorizeAs) : SaslStep;

    /// <summary>
    /// Look up this user's stored password and pass it to <see cref="SaslServer.Resume"/>: for an unknown user a
    /// <see cref="StoredPassword.Decoy"/>, so that nobody can tell.
    /// </summary>
    public sealed record FindPassword(string User) : SaslStep;

    /// <summary>What was granted holds: say 235.</summary>
    public sealed record Succeeded : SaslStep
    {
        internal static readonly Succeeded Instance = new();
    }

    /// <summary>It is over; say this.</summary>
    public sealed record Failed(Reply Because) : SaslStep;
}

/// <summary>
/// The server's half of one AUTH exchange (RFC 4954 §4), a machine over lines: it knows no user table, sends nothing and waits for
/// nothing. Everything a client sends is bounded and strict base64; <c>*</c> cancels anywhere.
/// </summary>
public abstract class SaslServer
{
    /// <summary>Longest user name and authorisation identity in octets (RFC 4616 §2 wants 255 at least).</summary>
    public const int MaxName = 255;

    /// <summary>Longest password in octets.</summary>
    public const int MaxPassword = 1024;

    private protected const int MaxMessage = 9 * 1024;      // what 12,288 characters of base64 can carry (RFC 4954 §4)

    private bool _over;
    private bool _started;
    private bool _checking;

    private protected SaslServer()
    {
    }

    /// <summary>The mechanism's name.</summary>
    public abstract string Mechanism { get; }

    /// <summary>Begins, with the initial response of the AUTH command as sent ("=" for an empty one), or null for none.</summary>
    /// <exception cref="InvalidOperationException">It has begun already.</exception>
    public SaslStep Start(string? initialResponse)
    {
        if (_started)
        {
            throw new InvalidOperationException("An exchange begins once.");
        }

        _started = true;
        return initialResponse switch
        {
            null => Done(First(null)),
            "=" => Done(First([])),
            _ => Base64Text.TryDecode(initialResponse, MaxMessage, out var octets) ? Done(First(octets)) : Fail(Replies.AuthMalformed),
        };
    }

    /// <summary>Goes on with a line of the client, without its CRLF.</summary>
    /// <exception cref="InvalidOperationException">It has not begun, or is over.</exception>
    public SaslStep Next(ReadOnlySpan<byte> line)
    {
        if (!_started || _over)
        {
            throw new InvalidOperationException("This exchange waits for no line.");
        }

        if (line.SequenceEqual("*"u8))
        {
            return Fail(Replies.AuthCancelled);
        }

        return Base64Text.TryDecode(line, MaxMessage, out var octets) ? Done(Go(octets)) : Fail(Replies.AuthMalformed);
    }

    /// <summary>Goes on with the stored password that <see cref="SaslStep.FindPassword"/> asked for.</summary>
    /// <exception cref="InvalidOperationException">Nothing was asked for.</exception>
    public virtual SaslStep Resume(StoredPassword stored) => throw new InvalidOperationException($"{Mechanism} looks nothing up.");

    /// <summary>Goes on after a check that found the client to be who it says; some mechanisms have a word to say first.</summary>
    /// <exception cref="InvalidOperationException">No check is open.</exception>
    public SaslStep Grant() => _checking ? Done(Granted()) : throw NothingToJudge();

    /// <summary>Goes on after a check that did not; some mechanisms tell the client more before the end, which is <paramref name="because"/>.</summary>
    /// <exception cref="InvalidOperationException">No check is open.</exception>
    public SaslStep Deny(Reply because) => _checking ? Done(Denied(because)) : throw NothingToJudge();

    private protected virtual SaslStep Granted() => SaslStep.Succeeded.Instance;

    private protected virtual SaslStep Denied(Reply because) => Fail(because);

    private protected static SaslStep Fail(Reply because) => new SaslStep.Failed(because);

    private protected static SaslStep Ask(ReadOnlySpan<byte> challenge) => new SaslStep.Challenge(Replies.Challenge(Base64Text.Encode(challenge)));

    /// <summary>A name or password: well-formed UTF-8 without NUL, not empty, not too long.</summary>
    private protected static bool TryText(ReadOnlySpan<byte> octets, int max, out string text)
    {
        text = "";
        if (octets.Length is 0 || octets.Length > max || octets.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(octets))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(octets);
        return true;
    }

    private protected abstract SaslStep First(byte[]? response);

    private protected abstract SaslStep Go(byte[] response);

    private SaslStep Done(SaslStep step)
    {
        _checking = step is SaslStep.CheckPassword or SaslStep.CheckProof or SaslStep.CheckToken or SaslStep.CheckCertificate;
        _over = step is not (SaslStep.Challenge or SaslStep.FindPassword);
        return step;
    }

    private static InvalidOperationException NothingToJudge() => new("No check is open.");
}
