using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>How a program ended and what it said.</summary>
internal sealed record Outcome(string Command, int ExitCode, string Output, string Errors)
{
    /// <summary>Fails the test, with everything the program said, unless it ended with 0.</summary>
    public Outcome Succeeded()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    public override string ToString() => $"{Command}\nended with {ExitCode}\n--- output\n{Output}\n--- errors\n{Errors}";
}

/// <summary>Programs of others: run to their end, with a deadline; skipped where they are not installed.</summary>
internal static class Tool
{
    private static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(3);

    /// <summary>Skips the test if the program is not there. <c>./test.sh</c> installs all of them.</summary>
    public static void Need(string program) => Skip.If(
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))),
        $"{program} is not installed; ./test.sh installs it");

    /// <summary>Runs a program; what it reads is <paramref name="input"/>, then the end.</summary>
    /// <exception cref="TimeoutException">It did not end within <paramref name="patience"/> (three minutes, unless told); it is ended then.</exception>
    public static async Task<Outcome> Run(string program, IEnumerable<string> arguments, byte[]? input = null, string? folder = null, TimeSpan? patience = null)
    {
        var deadline = patience ?? UsualPatience;
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception cannot)
        {
            throw new InvalidOperationException($"{program} cannot be started: {cannot.Message}", cannot);
        }

        using (process)
        {
            var command = $"$ {program} {string.Join(' ', start.ArgumentList)}";
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            try
            {
                await process.StandardInput.BaseStream.WriteAsync(input ?? []);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading all; its exit code says why.
            }

            try
            {
                await process.WaitForExitAsync().WaitAsync(deadline);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{new Outcome(command, -1, await output, await errors)}\nIt did not end within {deadline.TotalSeconds:0} s.");
            }

            return new Outcome(command, process.ExitCode, await output, await errors);
        }
    }
}
