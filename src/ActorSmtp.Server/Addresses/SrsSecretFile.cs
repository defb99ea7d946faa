using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Srs;

namespace ActorSmtp.Server.Addresses;

/// <summary>
/// The file of the secrets by which senders are rewritten: one a line, the newest first, as postsrsd has them; lines that begin with <c>#</c> are comments. A comment
/// <c># Active-From: 2026-01-31T12:00:00Z</c> says when the secret below it begins to make addresses: until then it only knows them, so that all nodes can have it before one uses it.
/// </summary>
public static class SrsSecretFile
{
    /// <summary>Secrets of a file.</summary>
    public const int MostSecrets = 20;

    private const int ShortestSecret = 16;
    private const int LongestSecret = 1024;
    private const string Active = "Active-From:";
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string Head =
        "# Secrets of rewritten senders (SRS), the newest first. The first that is active makes addresses, all are taken.\n# Whoever knows one can make this server send to anybody. `actorsmtp srs rotate` adds one.\n";

    /// <summary>Reads it.</summary>
    /// <param name="problem">What is wrong; empty: nothing.</param>
    /// <returns>Null where something is wrong.</returns>
    public static ImmutableArray<SrsSecret>? TryRead(ReadOnlySpan<byte> octets, out string problem)
    {
        var (secrets, active, number) = (ImmutableArray.CreateBuilder<SrsSecret>(), DateTimeOffset.MinValue, 0);
        foreach (var line in Encoding.UTF8.GetString(octets).Split('\n').Select(l => l.Trim()))
        {
            number++;
            if (line.StartsWith('#'))
            {
                if (line.IndexOf(Active, StringComparison.OrdinalIgnoreCase) is >= 0 and var at && !DateTimeOffset.TryParseExact(
                    line[(at + Active.Length)..].Trim(), Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out active))
                {
                    problem = $"line {number}: expected a time such as 2026-01-31T12:00:00Z behind {Active}";
                    return null;
                }
            }
            else if (line.Length > 0)
            {
                if (line.Length is < ShortestSecret or > LongestSecret)
                {
                    problem = $"line {number}: a secret has {ShortestSecret} to {LongestSecret} characters";
                    return null;
                }

                secrets.Add(new SrsSecret(Encoding.UTF8.GetBytes(line), active));
                active = DateTimeOffset.MinValue;
            }
        }

        problem = secrets.Count switch
        {
            0 => "there is no secret in it",
            > MostSecrets => $"it has {secrets.Count} secrets; expected at most {MostSecrets}: `actorsmtp srs rotate` takes away what nobody needs",
            _ => "",
        };
        return problem.Length == 0 ? secrets.ToImmutable() : null;
    }

    /// <summary>The text of a file with these.</summary>
    public static byte[] Write(IEnumerable<SrsSecret> secrets) => Encoding.UTF8.GetBytes(secrets.Aggregate(new StringBuilder(Head), (text, secret) => text
        .Append(secret.ActiveFrom == DateTimeOffset.MinValue ? "" : string.Create(CultureInfo.InvariantCulture, $"# {Active} {secret.ActiveFrom.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture)}\n"))
        .Append(Encoding.UTF8.GetString(secret.Key.Span)).Append('\n')).ToString());

    /// <summary>A new one in front, and without those whose addresses are too old by now.</summary>
    /// <param name="key">The new one, as it stands in a line.</param>
    /// <param name="activeFrom">When it takes over.</param>
    /// <param name="maxAge">For how long addresses lead back.</param>
    public static ImmutableArray<SrsSecret> Rotate(ImmutableArray<SrsSecret> secrets, string key, DateTimeOffset activeFrom, DateTimeOffset now, TimeSpan maxAge)
    {
        var all = secrets.Insert(0, new SrsSecret(Encoding.UTF8.GetBytes(key), activeFrom));
        return [.. all.Where((_, i) => i == 0 || all[i - 1].ActiveFrom + maxAge + TimeSpan.FromDays(1) > now).Take(MostSecrets)];
    }
}
