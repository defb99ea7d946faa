using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace ActorSmtp.Harness.Tests;

/// <summary>The NuGet package by itself: a project that has nothing else can use it.</summary>
public sealed class PackageTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <RestorePackagesPath>$(MSBuildProjectDirectory)/packages</RestorePackagesPath>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="ActorSmtp.Harness" Version="*" />
          </ItemGroup>
        </Project>
        """;

    private const string Sources = """
        <configuration>
          <packageSources>
            <clear />
            <add key="here" value="feed" />
          </packageSources>
        </configuration>
        """;

    // A type in a namespace of the engine: no name of what stands behind the harness is in the way of the test's own packages.
    private const string Program = """
        using System.Net.Mail;
        using ActorSmtp.Harness;

        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Console = true });
        await using var inbox = smtp.LeaseInbox("ann");
        var delay = inbox.Scenarios.Delay(SmtpStep.Rcpt, TimeSpan.FromMilliseconds(1));
        using (var client = new SmtpClient(smtp.Host, smtp.Port))
        {
            await client.SendMailAsync("shop@app.test", inbox.Address, "Hello", "Your code is 493817");
        }

        var mail = await inbox.WaitForMessageAsync(subject: "hello", timeout: TimeSpan.FromMinutes(1));
        Console.WriteLine($"code {mail.Code}, {delay.Hits} hit, console {smtp.Console!.IsLoopback}, {typeof(Akka.Actor.Props).Assembly.GetName().Name}");

        namespace Akka.Actor
        {
            class Props;
        }
        """;

    [SkippableFact]
    public async Task A_project_that_references_the_package_alone_can_test_its_mail()
    {
        // …/artifacts/ENGINE/bin/ActorSmtp.Harness.Tests/CONFIGURATION
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var (configuration, engine) = (output.Name, output.Parent!.Parent!.Parent!.Name);
        var root = output.Parent.Parent.Parent.Parent!.Parent!.FullName;
        Skip.If(engine != "embedded", "the other engine's packages come from a feed");
        var folder = Directory.CreateTempSubdirectory("actorsmtp-package-").FullName;
        try
        {
            var feed = Path.Combine(folder, "feed");
            await DotnetAsync(root, "pack", "src/ActorSmtp.Harness", "--no-build", "-c", configuration, "-o", feed, "-nologo", "-v", "quiet");
            var package = Assert.Single(Directory.GetFiles(feed, "*.nupkg"));
            await using (var zip = await ZipFile.OpenReadAsync(package))
            {
                await using var text = await zip.Entries.Single(e => e.Name == "ActorSmtp.Harness.nuspec").OpenAsync();
                var nuspec = await XDocument.LoadAsync(text, LoadOptions.None, CancellationToken.None);
                Assert.DoesNotContain(nuspec.Descendants(), e => e.Name.LocalName == "dependency");
                Assert.Equal(["ActorSmtp.Harness.dll"], zip.Entries.Where(e => e.FullName.StartsWith("ref/", StringComparison.Ordinal) && e.Name.EndsWith(".dll", StringComparison.Ordinal)).Select(e => e.Name));
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "alone.csproj"), Project);
            await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), Sources);
            await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), Program);
            await DotnetAsync(folder, "build", "-o", "out", "-nologo", "-v", "quiet");
            Assert.Equal("code 493817, 1 hit, console True, alone", (await DotnetAsync(folder, Path.Combine("out", "alone.dll"))).Trim());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(variable);                 // those of the build that runs this test
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";     // nothing of it stays
        start.Environment["UseSharedCompilation"] = "false";
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "there is no dotnet command");
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)}: not within 5 minutes");
        }

        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {process.ExitCode}\n{await output}{await errors}");
        return await output;
    }
}
