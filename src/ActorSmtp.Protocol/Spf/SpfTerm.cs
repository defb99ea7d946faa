using System.Net;

namespace ActorSmtp.Protocol.Spf;

/// <summary>The mechanisms (RFC 7208 §5).</summary>
internal enum SpfMechanism
{
    All,
    Include,
    A,
    Mx,
    Ptr,
    Ip4,
    Ip6,
    Exists,
}

/// <summary>A directive: what is returned when the mechanism matches.</summary>
/// <param name="Verdict">Of its qualifier (§4.6.2).</param>
/// <param name="Target">Its domain-spec; null: the domain that is checked.</param>
/// <param name="Network">Of ip4 and ip6.</param>
/// <param name="Prefix4">How many bits of an IPv4 address count.</param>
/// <param name="Prefix6">How many of an IPv6 address.</param>
/// <param name="Text">As it stands in the record.</param>
internal sealed record SpfTerm(
    SpfVerdict Verdict, SpfMechanism Mechanism, MacroString? Target, IPAddress? Network, int Prefix4, int Prefix6, string Text);

/// <summary>A record that can be read.</summary>
/// <param name="Terms">In order.</param>
/// <param name="Redirect">Whose record goes on when nothing matches (§6.1).</param>
/// <param name="Explanation">Where the words for a failure are (§6.2).</param>
internal sealed record SpfRecord(IReadOnlyList<SpfTerm> Terms, MacroString? Redirect, MacroString? Explanation);
