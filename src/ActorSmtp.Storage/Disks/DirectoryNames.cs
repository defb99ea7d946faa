using System.IO.Enumeration;

namespace ActorSmtp.Storage.Disks;

/// <summary>The names in a directory, read as they are asked for: a million of them is no copy. What fails on the way is a <see cref="DiskException"/>.</summary>
internal static class DirectoryNames
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    public static IEnumerable<string> Of(string path) =>
        Read(path, () => new FileSystemEnumerable<string>(path, static (ref FileSystemEntry entry) => entry.FileName.ToString(), Everything));

    /// <summary>The system reads a directory block by block: the second one may fail where the first did not.</summary>
    internal static IEnumerable<string> Read(string path, Func<IEnumerable<string>> names)
    {
        using var at = PortableDirectory.Guarded("list", path, () => names().GetEnumerator());
        Func<bool> next = at.MoveNext;                                  // made once, not for each name
        while (PortableDirectory.Guarded("list", path, next))
        {
            yield return at.Current;
        }
    }
}
