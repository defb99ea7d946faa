using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>
/// What CAPA lists (RFC 2449 §5 and §6). The same before and after the login, as §5 asks of all that is there before; TLS and the
/// server's settings decide the rest.
/// </summary>
/// <param name="Mechanisms">For AUTH, strongest first; none: no SASL (RFC 5034).</param>
/// <param name="Passwords">USER and PASS may be used now.</param>
/// <param name="Stls">STLS may be used now (RFC 2595 §4).</param>
/// <param name="LoginDelay">Seconds between two logins of an account (RFC 2449 §6.5); 0: any.</param>
public sealed record Pop3Capabilities(ImmutableArray<string> Mechanisms, bool Passwords, bool Stls, int LoginDelay)
{
    /// <summary>The lines, without CRLF.</summary>
    public IEnumerable<string> Lines
    {
        get
        {
            yield return "TOP";
            yield return "UIDL";
            yield return "RESP-CODES";
            yield return "AUTH-RESP-CODE";                      // RFC 3206 §6
            yield return "PIPELINING";
            if (LoginDelay > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"LOGIN-DELAY {LoginDelay}");
            }

            yield return "EXPIRE NEVER";
            if (Passwords)
            {
                yield return "USER";
            }

            if (Mechanisms.Length > 0)
            {
                yield return "SASL " + string.Join(' ', Mechanisms);
            }

            if (Stls)
            {
                yield return "STLS";
            }

            yield return "IMPLEMENTATION ActorSmtp";
        }
    }

    /// <summary>The whole answer to CAPA, as it goes out.</summary>
    public byte[] Answer => Listing(Pop3Replies.Capabilities, Lines);

    /// <summary>The whole answer to AUTH alone: the mechanisms, a line each.</summary>
    public byte[] MechanismAnswer => Listing(Pop3Replies.MechanismsFollow, Mechanisms);

    private static byte[] Listing(Pop3Reply first, IEnumerable<string> lines) =>
        Encoding.ASCII.GetBytes(string.Concat([$"{first}\r\n", .. lines.Select(line => line + "\r\n"), ".\r\n"]));
}
