using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ActorSmtp.Protocol.Tests.Mime;

/// <summary>Python's email package (<c>python_mail.py</c>), asked line by line; a test without it is skipped.</summary>
internal sealed class Python : IDisposable
{
    private readonly Process _process;

    public Python(string verb)
    {
        var start = new ProcessStartInfo("python3", ["-I", Path.Combine(AppContext.BaseDirectory, "Mime", "python_mail.py"), verb])
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
            throw new SkipException("python3 is not installed");
        }
    }

    public byte[] Ask(byte[] task)
    {
        _process.StandardInput.WriteLine(Convert.ToBase64String(task));
        var answer = _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult();
        Assert.True(answer is not null, "python3 stopped at\n" + Encoding.UTF8.GetString(task));
        return Convert.FromBase64String(answer!);
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
}
