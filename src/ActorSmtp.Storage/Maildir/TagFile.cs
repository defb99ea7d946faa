using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// The tags of a mailbox, beside its Maildir in the file <c>tags</c>: a line for each message that has some, <c>KEY TAB TAG TAB TAG…</c>, UTF-8.
/// Maildir itself has no place for free words. What cannot be read as such a line is passed over.
/// </summary>
internal static class TagFile
{
    private const string Name = "tags";
    private const int MostOctets = 16 << 20;

    public static ImmutableDictionary<string, ImmutableArray<string>> None { get; } = ImmutableDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <exception cref="DiskException">It cannot be read.</exception>
    public static ImmutableDictionary<string, ImmutableArray<string>> Read(IDiskDirectory home)
    {
        byte[] content;
        try
        {
            using var file = home.Open(Name, DiskAccess.Read);
            if (file.Length > MostOctets)
            {
                throw new StoreException($"{home.Path}/{Name} has {file.Length} octets: that is no file of tags.");
            }

            content = file.ReadAll();
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            return None;
        }

        var tags = None.ToBuilder();
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split('\t', StringSplitOptions.RemoveEmptyEntries) is [var key, _, ..] parts)
            {
                tags[key] = [.. parts.Skip(1)];
            }
        }

        return tags.ToImmutable();
    }

    /// <exception cref="DiskException">It cannot be written.</exception>
    public static void Write(IDiskDirectory home, ImmutableDictionary<string, ImmutableArray<string>> tags)
    {
        if (tags.IsEmpty)
        {
            home.Delete(Name);
            return;
        }

        var text = new StringBuilder();
        foreach (var (key, own) in tags.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            text.Append(key).Append('\t').AppendJoin('\t', own).Append('\n');
        }

        var content = Encoding.UTF8.GetBytes(text.ToString());
        if (content.Length > MostOctets)
        {
            throw new StoreException("There are too many tags in this mailbox: take some away first.");
        }

        WholeFile.Replace(home, Name, content, sync: true);
    }
}
