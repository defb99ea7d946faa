using System.Text.Json;
using ActorSmtp.Server;
using ActorSmtp.Web;

namespace ActorSmtp.Cli.Composition;

/// <summary>The folder of everything that is kept, and the file that says where the server listens.</summary>
internal static class DataDirectory
{
    private const string Addresses = "listeners.json";

    /// <summary>Makes it, for its owner alone, and finds out at once whether it can be written to.</summary>
    /// <exception cref="CommandFailedException">77: it cannot.</exception>
    public static void Prepare(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var probe = Path.Combine(path, $".probe-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception cannot) when (cannot is UnauthorizedAccessException or IOException)
        {
            throw new CommandFailedException(
                ExitCodes.Permission, $"the data directory {path} cannot be written to: {cannot.Message} Check its owner, or set data-dir to another");
        }
    }

    /// <summary>The addresses bound, for whoever gave port 0.</summary>
    public static async Task WriteListeners(string path, MailServer server, WebConsole console, CancellationToken cancellation)
    {
        var addresses = server.Listeners.ToDictionary(l => l.Name, l => l.Address.ToString());
        if (console.BoundTo is { } bound)
        {
            addresses["console"] = bound;
        }

        var file = Path.Combine(path, Addresses);
        await File.WriteAllTextAsync(file + ".new", JsonSerializer.Serialize(addresses) + "\n", cancellation).ConfigureAwait(false);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Nobody listens there any more.</summary>
    public static void RemoveListeners(string path) => File.Delete(Path.Combine(path, Addresses));
}
