using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>Debian's Python packages (<c>debian_mail.py</c>), asked one thing at a time; a test without them is skipped.</summary>
internal sealed class DebianPython : IDisposable
{
    private readonly Process _process;

    /// <param name="module">Which module the test is about.</param>
    /// <param name="package">Which Debian package brings it.</param>
    public DebianPython(string module, string package)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-I", Path.Combine(AppContext.BaseDirectory, "Policy", "debian_mail.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new SkipException("Debian's python3 is not installed");
        }

        if (Send(new JsonObject { ["ask"] = "ready", ["module"] = module })["error"] is not null)
        {
            Dispose();
            throw new SkipException($"{package} is not installed");
        }
    }

    /// <summary>What it answers; what it cannot do fails the test.</summary>
    public JsonNode Ask(string what, JsonObject task)
    {
        task["ask"] = what;
        var answer = Send(task);
        Assert.True(answer["error"] is null, $"{what}: {answer["error"]}\n{task}");
        return answer;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private JsonNode Send(JsonObject task)
    {
        _process.StandardInput.WriteLine(task.ToJsonString());
        _process.StandardInput.Flush();
        var line = _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult();
        return line is null ? throw new InvalidOperationException($"python3 stopped at {task}") : JsonNode.Parse(line)!;
    }
}
