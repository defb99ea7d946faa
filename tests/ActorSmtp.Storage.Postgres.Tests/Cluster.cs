using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>
/// A real PostgreSQL in a temporary directory, run by whoever runs the tests, or by the user postgres where that is root (it refuses root). It
/// listens on a socket in that directory, so nobody else can have its address, and a <c>Proxy</c> leads there by TCP. It ends with the process of the
/// tests, also where that is killed: its keeper waits for the end of a pipe, and takes the directory away too.
/// </summary>
internal sealed class Cluster : IDisposable
{
    private static readonly Lazy<Cluster> s_shared = new(() => new Cluster());

    private readonly string _directory;
    private readonly string _bin;
    private Process? _keeper;
    private int _databases;

    public Cluster()
    {
        _bin = Bin() ?? throw new SkipException("there is no PostgreSQL here (Debian: postgresql-15)");
        _directory = Directory.CreateTempSubdirectory("actorsmtp-pg-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        if (IsRoot)
        {
            Run("chown", "postgres", _directory);
        }

        Run([.. AsOwner, $"{_bin}/initdb", "-D", Data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        Start();
    }

    /// <summary>The one that all tests share, each with a database of its own; skips the test where there is none.</summary>
    public static Cluster Shared
    {
        get
        {
            Skip.If(!OperatingSystem.IsLinux() || Bin() is null, "there is no PostgreSQL here (Debian: postgresql-15)");
            return s_shared.Value;
        }
    }

    /// <summary>Where it listens.</summary>
    public EndPoint Address => new UnixDomainSocketEndPoint($"{_directory}/.s.PGSQL.5432");

    private string Data => $"{_directory}/data";

    private static bool IsRoot => Environment.UserName == "root";

    private static string[] AsOwner => IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];

    /// <param name="ports">Of proxies, by which to go there; none: straight.</param>
    public string ConnectionTo(string database, params int[] ports) =>
        $"Host={(ports.Length == 0 ? _directory : string.Join(',', ports.Select(port => $"127.0.0.1:{port}")))};Username=tests;Database={database};SSL Mode=Disable;GSS Encryption Mode=Disable";

    /// <summary>A new, empty database; its name.</summary>
    public string NewDatabase()
    {
        var name = $"t{Interlocked.Increment(ref _databases)}";
        Execute("postgres", $"CREATE DATABASE {name}");
        return name;
    }

    public void Execute(string database, string statement)
    {
        using var connection = new NpgsqlConnection(ConnectionTo(database) + ";Pooling=false;Timeout=60;Command Timeout=60");
        connection.Open();
        using var command = new NpgsqlCommand(statement, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Does something and keeps its locks until it is told to let go.</summary>
    public void Hold(string database, string statement, ManualResetEventSlim held, ManualResetEventSlim letGo)
    {
        using var connection = new NpgsqlConnection(ConnectionTo(database) + ";Pooling=false;Timeout=60;Command Timeout=60");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        using var command = new NpgsqlCommand(statement, connection);
        command.ExecuteNonQuery();
        held.Set();
        letGo.Wait(TimeSpan.FromSeconds(60));
    }

    public T Ask<T>(string database, string statement)
    {
        using var connection = new NpgsqlConnection(ConnectionTo(database) + ";Pooling=false;Timeout=60;Command Timeout=60");
        connection.Open();
        using var command = new NpgsqlCommand(statement, connection);
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>Also again, where it was killed.</summary>
    public void Start()
    {
        for (var tries = 0; ; tries++)
        {
            // The postmaster is the shell's child; the shell ends it when our end of the pipe is closed, and cleans up unless it is told to keep what is there.
            var server = $"{_bin}/postgres -D {Data} -p 5432 -k {_directory} -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB";
            string[] command = [.. AsOwner, "/bin/sh", "-c", $"cd /; {server} >>{_directory}/log 2>&1 & echo $!; word=; read word; kill -QUIT $! 2>/dev/null; wait; [ \"$word\" = keep ] || rm -rf {_directory}"];
            _keeper = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            Postmaster = int.Parse(_keeper.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
            if (Answers())
            {
                return;
            }

            StopKeeper(keep: true);
            Assert.True(tries < 5, $"PostgreSQL does not start: {File.ReadAllText($"{_directory}/log")}");
        }
    }

    /// <summary>The process to kill.</summary>
    public int Postmaster { get; private set; }

    /// <summary>kill -9 of the postmaster: its children notice it by themselves.</summary>
    public void Kill()
    {
        Run("kill", "-9", Postmaster.ToString(System.Globalization.CultureInfo.InvariantCulture));
        StopKeeper(keep: true);
        var until = DateTime.UtcNow.AddSeconds(60);
        while (Children().Length > 0)
        {
            Assert.True(DateTime.UtcNow < until, "the backends did not end");
            Thread.Sleep(20);
        }

        // What a killed one leaves; a new one is told nothing of it.
        File.Delete($"{Data}/postmaster.pid");
        File.Delete($"{_directory}/.s.PGSQL.5432.lock");
        File.Delete($"{_directory}/.s.PGSQL.5432");
    }

    public void Dispose()
    {
        if (_keeper is not null)
        {
            StopKeeper(keep: false);
            _keeper = null;
            if (Directory.Exists(_directory) && !Directory.EnumerateFileSystemEntries(_directory).Any())
            {
                Directory.Delete(_directory);                   // the temporary folder is not the keeper's to change
            }
        }
    }

    private static string? Bin() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => $"{d}/bin").Where(d => File.Exists($"{d}/initdb")).OrderDescending(StringComparer.Ordinal).FirstOrDefault()
        : null;

    private string[] Children() =>
        [.. Directory.GetDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)).Where(p =>
        {
            try
            {
                return File.ReadAllText($"{p}/cmdline") is var line && line.StartsWith("postgres: ", StringComparison.Ordinal) && new DirectoryInfo($"{p}/cwd").LinkTarget == Data;
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        })];

    private bool Answers()
    {
        var until = DateTime.UtcNow.AddSeconds(60);
        while (DateTime.UtcNow < until && !_keeper!.HasExited && Directory.Exists($"/proc/{Postmaster}"))
        {
            try
            {
                Ask<int>("postgres", "SELECT 1");
                return true;
            }
            catch (Exception notYet) when (notYet is NpgsqlException or SocketException or IOException)
            {
                Thread.Sleep(50);
            }
        }

        return false;
    }

    private void StopKeeper(bool keep)
    {
        try
        {
            if (keep)
            {
                _keeper!.StandardInput.WriteLine("keep");
            }

            _keeper!.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before.
        }

        if (!_keeper!.WaitForExit(30_000))
        {
            _keeper.Kill(entireProcessTree: true);
        }
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {errors}{said.Result}");
    }
}
