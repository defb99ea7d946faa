using System.Text;

namespace ActorSmtp.Web.Hosting;

/// <summary>
/// The file of the admin socket, <c>admin.sock</c> in the data directory. It is made in a folder that nobody else can enter and moved to its place
/// when its mode is 0600: at no moment can another user connect. One that an earlier run left is replaced; that no other server uses this
/// data directory is known by then, since the journal is locked.
/// </summary>
internal sealed class AdminSocket(string dataDirectory)
{
    private const int LongestPath = 107;                    // sun_path without its NUL

    private string _made = "";

    public string Path { get; } = System.IO.Path.Combine(dataDirectory, "admin.sock");

    /// <summary>Where to bind.</summary>
    /// <exception cref="IOException">The path is too long for a socket.</exception>
    public string Prepare()
    {
        var folder = System.IO.Path.Combine(System.IO.Path.GetFullPath(dataDirectory), ".admin");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _made = Shortest(System.IO.Path.Combine(folder, "s"));
        return _made;
    }

    /// <summary>It is bound: gives it its name.</summary>
    public void Publish()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_made, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.Move(_made, Path, overwrite: true);
        Directory.Delete(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(_made))!);
    }

    /// <summary>Nobody answers there any more.</summary>
    public void Remove()
    {
        try
        {
            File.Delete(Path);
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            // The next start replaces it.
        }
    }

    private static string Shortest(string path)
    {
        var relative = System.IO.Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        var shortest = Encoding.UTF8.GetByteCount(relative) < Encoding.UTF8.GetByteCount(path) ? relative : path;
        return Encoding.UTF8.GetByteCount(path) <= LongestPath ? path
            : Encoding.UTF8.GetByteCount(shortest) <= LongestPath ? shortest
            : throw new IOException($"the path has more than {LongestPath} octets; choose a shorter data-dir, or start the server in it");
    }
}
