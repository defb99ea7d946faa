using System.Globalization;

namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// Names of delivered files: <c>seconds.id.actorsmtp</c>, then in <c>cur/</c> the reader's flags after <c>:2,</c>. They come from the
/// message alone, so that after a crash a delivery that was already made is recognised.
/// </summary>
internal static class MaildirName
{
    private const string Suffix = ".actorsmtp";

    public static string Of(StoredMail mail) =>
        string.Create(CultureInfo.InvariantCulture, $"{mail.Envelope.ReceivedAt.ToUnixTimeSeconds()}.{mail.Id}{Suffix}");

    /// <summary>The name without its flags: the same for the message's whole life.</summary>
    public static string Key(string name) => name.IndexOf(':', StringComparison.Ordinal) is var at and >= 0 ? name[..at] : name;

    /// <summary>The same, without a copy.</summary>
    public static ReadOnlySpan<char> KeySpan(string name) => name.AsSpan(0, name.IndexOf(':', StringComparison.Ordinal) is var at and >= 0 ? at : name.Length);

    public static string Flags(string name) => name.IndexOf(":2,", StringComparison.Ordinal) is var at and >= 0 ? name[(at + 3)..] : "";

    /// <summary>The server's id in a name; null in others' names.</summary>
    public static string? Id(string key)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && key.EndsWith(Suffix, StringComparison.Ordinal) && key.Length > dot + 1 + Suffix.Length
            ? key[(dot + 1)..^Suffix.Length]
            : null;
    }

    /// <summary>When it was delivered, by the leading seconds that all Maildir writers use; null where there are none.</summary>
    public static DateTimeOffset? Time(string key)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && long.TryParse(key.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 1L << 36
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }
}
