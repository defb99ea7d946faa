using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Testing.Dns;

/// <summary>A real resolver: Debian's unbound on a port of its own, in a folder of its own. It knows what it is told and asks nobody.</summary>
public sealed class Unbound : IAsyncDisposable
{
    private const string Program = "/usr/sbin/unbound";

    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private Unbound(DirectoryInfo folder, Process process, IPEndPoint server) => (_folder, _process, Server) = (folder, process, server);

    /// <summary>Where it is not installed a test is skipped; where it is and does not run, the test fails.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>For tests that are skipped.</summary>
    public static string NotInstalled => $"{Program} is not installed; ./test.sh installs it";

    /// <summary>Where it is asked.</summary>
    public IPEndPoint Server { get; }

    /// <summary>Starts it; when it has answered it is ready.</summary>
    /// <param name="modules">Of the configuration: <c>iterator</c>, or <c>validator iterator</c>.</param>
    /// <param name="server">Lines for the section <c>server:</c>.</param>
    /// <param name="zones">Further sections.</param>
    /// <param name="question">Something that it can answer, well or badly.</param>
    /// <param name="folder">Where it lives; deleted with it.</param>
    /// <exception cref="InvalidOperationException">It does not run; its own words are in it.</exception>
    public static async Task<Unbound> StartAsync(string modules, string server, string zones, DnsQuestion question, DirectoryInfo folder)
    {
        var problems = new List<string>();
        while (problems.Count < 5)                                      // another program may have taken the port meanwhile
        {
            var at = FreePort();
            var config = Path.Combine(folder.FullName, "unbound.conf");
            await File.WriteAllTextAsync(config, $"""
                server:
                  interface: 127.0.0.1@{at.Port}
                  port: {at.Port}
                  do-daemonize: no
                  username: ""
                  chroot: ""
                  directory: "{folder.FullName}"
                  pidfile: ""
                  use-syslog: no
                  log-time-ascii: yes
                  module-config: "{modules}"
                  access-control: 127.0.0.0/8 allow
                  num-threads: 1
                  so-sndbuf: 0
                {server}
                remote-control:
                  control-enable: no
                {zones}

                """);
            var process = Process.Start(new ProcessStartInfo(Program, ["-d", "-c", config]) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEndAsync();
            if (await AnswersAsync(process, at, question))
            {
                return new Unbound(folder, process, at);
            }

            await EndAsync(process);
            problems.Add(await said);
        }

        folder.Delete(recursive: true);
        throw new InvalidOperationException($"unbound does not run: {string.Join(" | ", problems.Distinct())}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_process);
        _folder.Delete(recursive: true);
    }

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static async Task<bool> AnswersAsync(Process process, IPEndPoint at, DnsQuestion question)
    {
        var since = Stopwatch.GetTimestamp();
        while (!process.HasExited && Stopwatch.GetElapsedTime(since) < RealResolver.Patience)
        {
            if (await RealResolver.Of(TimeSpan.FromSeconds(1), at).ResolveAsync(question) is not DnsFailed { Failure: DnsFailure.NoAnswer })
            {
                return !process.HasExited;
            }

            await Task.Delay(20);
        }

        return false;
    }

    private static IPEndPoint FreePort()
    {
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)tcp.LocalEndPoint!;
    }
}
