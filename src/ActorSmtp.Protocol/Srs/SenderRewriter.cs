using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Srs;

/// <summary>
/// The Sender Rewriting Scheme: mail that is passed on gets a sender of ours, so that SPF passes where it goes, and a bounce to that sender finds the way back.
/// <c>ann@far.example</c> becomes <c>SRS0=HHHH=TT=far.example=ann@here.example</c>; what another forwarder made already becomes
/// <c>SRS1=HHHH=forwarder.example==…@here.example</c>, which leads back to that forwarder and nowhere else, however many there are. The hash keeps strangers from making such
/// addresses, the time keeps old ones from being used for ever.
/// </summary>
/// <remarks>
/// The form is that of Mail::SRS and libsrs2, whose addresses are taken as ours are where the secrets are the same: HMAC-SHA1 over what follows it in lower case, in base64, the first
/// characters of it; the day modulo 1024 in base32. Hash and time are read without regard to case, since some servers change that of local parts.
/// </remarks>
public sealed class SenderRewriter
{
    /// <summary>Characters of a hash, at least.</summary>
    public const int ShortestHash = 4;

    /// <summary>At most: all that 160 bits need.</summary>
    public const int LongestHash = 27;

    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int Days = 1024;

    private readonly MailDomain _domain;
    private readonly ImmutableArray<SrsSecret> _secrets;
    private readonly int _hashLength;
    private readonly int _maxAge;

    /// <param name="domain">Of the addresses that are made: one of ours, which names this server in its SPF record.</param>
    /// <param name="secrets">The first that is active makes addresses; all are taken. At least one.</param>
    /// <param name="hashLength">Characters of the hash, <see cref="ShortestHash"/> to <see cref="LongestHash"/>; shorter ones are not taken.</param>
    /// <param name="maxAge">Days for which an address leads back, 1 to 365.</param>
    public SenderRewriter(MailDomain domain, ImmutableArray<SrsSecret> secrets, int hashLength, int maxAge)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentOutOfRangeException.ThrowIfZero(secrets.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(hashLength, ShortestHash);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hashLength, LongestHash);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxAge, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxAge, 365);
        (_domain, _secrets, _hashLength, _maxAge) = (domain, secrets, hashLength, maxAge);
    }

    /// <summary>The domain of the addresses that are made.</summary>
    public MailDomain Domain => _domain;

    /// <summary>Whether a local part says that it was made so, by whomever.</summary>
    public static bool IsMade(string localPart) => KindOf(localPart) != 0;

    /// <summary>A sender of ours that stands for another.</summary>
    /// <returns>Null where it would be no address, or its local part longer than the 64 octets of RFC 5321 §4.5.3.1.1.</returns>
    public Mailbox? Forward(Mailbox sender, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(sender);
        var (local, host) = (sender.LocalPart, sender.Domain.Text);
        if (host.Contains('='))
        {
            return null;                                            // a literal of a kind unknown to us: nobody could tell its end
        }

        var rewritten = KindOf(local) switch
        {
            '0' => Guard(host, local[4..], now),
            '1' when Guarded(local) is { } guarded && Made("SRS0" + guarded.Behind, guarded.Host).Sender is not null => Guard(guarded.Host, guarded.Behind, now),
            _ => Wrap(host, local, now),
        };
        return Mailbox.TryMake(rewritten, _domain);
    }

    /// <summary>Where an address that <see cref="IsMade"/> leads back to.</summary>
    public SrsReturn Reverse(string localPart, DateTimeOffset now)
    {
        switch (KindOf(localPart))
        {
            case '0':
                if (localPart[5..].Split('=', 4) is not [var hash, var day, var host, var user])
                {
                    return new SrsReturn(null, SrsFault.Malformed);
                }

                return !IsRight(hash, day + host + user) ? new SrsReturn(null, SrsFault.Forged)
                    : !IsRecent(day, now) ? new SrsReturn(null, SrsFault.Expired)
                    : Made(user, host);

            case '1':
                return Guarded(localPart) is not { } guarded ? new SrsReturn(null, SrsFault.Malformed)
                    : !IsRight(guarded.Hash, guarded.Host + guarded.Behind) ? new SrsReturn(null, SrsFault.Forged)
                    : Made("SRS0" + guarded.Behind, guarded.Host);

            default:
                return new SrsReturn(null, SrsFault.Malformed);
        }
    }

    /// <summary>'0', '1', or 0 for neither. The separator behind it may be any of three.</summary>
    private static char KindOf(string localPart) =>
        localPart.Length > 5 && localPart.StartsWith("SRS", StringComparison.OrdinalIgnoreCase) && localPart[3] is '0' or '1' && localPart[4] is '=' or '+' or '-' ? localPart[3] : '\0';

    /// <summary>SRS1's parts: the first forwarder, and what stood behind SRS0 there, with its separator.</summary>
    private static (string Hash, string Host, string Behind)? Guarded(string localPart) =>
        localPart[5..].Split('=', 3) is [var hash, { Length: > 0 } host, ['=' or '+' or '-', _, ..] rest] ? (hash, host, rest) : null;

    private static SrsReturn Made(string user, string host) =>
        MailDomain.TryParse(host) is { } domain && Mailbox.TryMake(user, domain) is { } sender ? new SrsReturn(sender, SrsFault.None) : new SrsReturn(null, SrsFault.Malformed);

    private string Wrap(string host, string user, DateTimeOffset now)
    {
        var today = Today(now);
        var day = $"{Base32[today >> 5]}{Base32[today & 31]}";
        return $"SRS0={Hash(day + host + user, now)}={day}={host}={user}";
    }

    private string Guard(string host, string rest, DateTimeOffset now) => $"SRS1={Hash(host + rest, now)}={host}={rest}";

    private string Hash(string of, DateTimeOffset now)
    {
        var active = _secrets.FirstOrDefault(s => s.ActiveFrom <= now) ?? _secrets[^1];
        return Hash(active, of)[.._hashLength].Replace('+', '-').Replace('/', '_');      // base64url: a tag begins at '+' for many servers
    }

    private static string Hash(SrsSecret secret, string of)
    {
        var octets = Encoding.UTF8.GetBytes(of);
        Ascii.ToLowerInPlace(octets, out _);                        // no more than that: of two letters that look alike only one was ours
#pragma warning disable CA5350 // the scheme's own; HMAC asks for no more of SHA-1 than it gives
        return Convert.ToBase64String(HMACSHA1.HashData(secret.Key.Span, octets));
#pragma warning restore CA5350
    }

    private bool IsRight(string hash, string of)
    {
        if (hash.Length < _hashLength || hash.Length > LongestHash || !Ascii.IsValid(hash))
        {
            return false;
        }

        var given = Encoding.ASCII.GetBytes(hash.Replace('-', '+').Replace('_', '/').ToLowerInvariant());
        var isRight = false;
        foreach (var secret in _secrets)
        {
            isRight |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash(secret, of)[..hash.Length].ToLowerInvariant()), given);
        }

        return isRight;
    }

    /// <summary>Not older than it may be; of tomorrow, since the clocks of nodes differ.</summary>
    private bool IsRecent(string day, DateTimeOffset now)
    {
        if (day.Length != 2 || Base32.IndexOf(char.ToUpperInvariant(day[0])) is not (>= 0 and var high) || Base32.IndexOf(char.ToUpperInvariant(day[1])) is not (>= 0 and var low))
        {
            return false;
        }

        var age = (Today(now) - ((high << 5) | low) + Days) % Days;
        return age <= _maxAge || age == Days - 1;
    }

    private static int Today(DateTimeOffset now) => (int)(now.ToUnixTimeSeconds() / 86400 % Days);
}

/// <summary>What makes hashes, and knows them again.</summary>
/// <param name="Key">Its octets.</param>
/// <param name="ActiveFrom">When it begins to make addresses; it knows them before.</param>
public sealed record SrsSecret(ReadOnlyMemory<byte> Key, DateTimeOffset ActiveFrom)
{
    private bool PrintMembers(StringBuilder b)
    {
        b.Append("Key = ***, ActiveFrom = ").Append(ActiveFrom);
        return true;
    }
}

/// <summary>Why an address leads nowhere.</summary>
public enum SrsFault
{
    /// <summary>It does lead somewhere.</summary>
    None,

    /// <summary>It has not the form, or what stands in it is no address.</summary>
    Malformed,

    /// <summary>We did not make it; or with a secret that was taken away since.</summary>
    Forged,

    /// <summary>It was made too long ago.</summary>
    Expired,
}

/// <summary>Where a made sender leads back to.</summary>
/// <param name="Sender">Whom it stands for; null: see <paramref name="Fault"/>.</param>
public readonly record struct SrsReturn(Mailbox? Sender, SrsFault Fault);
