using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>dkim</c>: keys made, listed, looked up in a DNS server of the test's own, changed for new ones, removed.</summary>
public sealed class DkimCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_is_made_and_its_record_printed_in_both_forms()
    {
        var made = await Run("create", "Example.com", "--selector", "s1");

        Assert.Equal((ExitCodes.Ok, ""), (made.ExitCode, made.Error));
        Assert.StartsWith($"made s1 of example.com (rsa 2048): {_folder.Path}/data/dkim/s1._domainkey.example.com.pem\nIt signs from now on", made.Out, StringComparison.Ordinal);
        var json = (await Run("show", "example.com", "--json")).Json[0];
        var record = json.GetProperty("record").GetString()!;
        var strings = json.GetProperty("strings").EnumerateArray().Select(s => s.GetString()!).ToArray();
        Assert.StartsWith("v=DKIM1; k=rsa; p=MII", record, StringComparison.Ordinal);
        Assert.Equal(record, string.Concat(strings));
        Assert.True(strings.Length == 2 && strings.All(s => s.Length <= 255));
        Assert.Contains($"\n{record}\n", made.Out, StringComparison.Ordinal);
        Assert.Contains($"s1._domainkey.example.com. IN TXT (\n    \"{strings[0]}\"\n    \"{strings[1]}\"\n)\n", made.Out, StringComparison.Ordinal);
        Assert.Contains("dkim.sign = off", made.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", made.Out + json.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_key_is_made_once_and_rotate_makes_its_successor_once()
    {
        await Run("create", "example.com", "--wait", "0s");

        var again = await Run("create", "example.com");
        Assert.Equal(ExitCodes.BadData, again.ExitCode);
        Assert.Contains("`actorsmtp dkim rotate example.com` makes its successor", again.Complaint, StringComparison.Ordinal);

        var rotated = (await Run("rotate", "--json")).Json;
        Assert.Equal("waits", rotated.GetProperty("made")[0].GetProperty("state").GetString());
        Assert.Equal(0, rotated.GetProperty("waiting").GetArrayLength());
        var next = rotated.GetProperty("made")[0].GetProperty("selector").GetString()!;

        Assert.Contains($"{next} of example.com takes over at ", (await Run("rotate", "example.com")).Out, StringComparison.Ordinal);
        var listed = (await Run("list", "--json")).Json.EnumerateArray().Select(k => k.GetProperty("state").GetString()!).ToArray();
        Assert.Equal(["signs", "waits"], listed);
    }

    [Fact]
    public async Task A_key_that_was_taken_over_from_goes_when_nobody_needs_it_any_more()
    {
        await Run("create", "example.com", "--selector", "s1");
        await Run("rotate", "example.com", "--wait", "0s");
        await MoveAsync("s1", "2020-01-01T00:00:00Z");
        var second = (await Run("list", "--json")).Json.EnumerateArray().Select(k => k.GetProperty("selector").GetString()!).Single(s => s != "s1");
        Assert.Contains("retired, record needed until ", (await Run("list")).Out, StringComparison.Ordinal);

        await MoveAsync(second, "2020-02-01T00:00:00Z");
        var rotated = (await Run("rotate")).Out;

        Assert.Contains("removed s1 of example.com; its record s1._domainkey.example.com may go from the DNS", rotated, StringComparison.Ordinal);
        Assert.DoesNotContain("\"s1\"", (await Run("list", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_DNS_is_asked_for_what_is_published()
    {
        await using var dns = DnsTestServer.Start("example.com 300 A 192.0.2.1");
        string[] asks = ["--set", $"dns.servers=[\"{dns.EndPoint}\"]", "--set", "dns.hosts=off"];
        await Run("create", "example.com", "--selector", "s1");

        var missing = await Run(["list", "--check", .. asks]);
        Assert.Equal(ExitCodes.BadData, missing.ExitCode);
        Assert.Contains("there is no such record", missing.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadData, (await Run(["activate", "example.com", "s1", .. asks])).ExitCode);

        await using var right = DnsTestServer.Start(await LineAsync("s1"));
        asks[1] = $"dns.servers=[\"{right.EndPoint}\"]";
        var there = await Run(["list", "--check", .. asks]);
        Assert.Equal(ExitCodes.Ok, there.ExitCode);
        Assert.Contains("signs  published", there.Out, StringComparison.Ordinal);
        await Run("rotate", "--wait", "5d");
        Assert.Equal(ExitCodes.BadData, (await Run(["list", "--check", .. asks])).ExitCode);
    }

    [Fact]
    public async Task A_key_is_activated_and_removed_by_its_name()
    {
        await Run("create", "example.com", "--selector", "s1");
        await Run("create", "example.com", "--selector", "s2", "--wait", "9d");

        Assert.Equal("s2 of example.com signs from now on\n", (await Run("activate", "example.com", "s2", "--unchecked")).Out);
        Assert.Equal("s2 of example.com signs already\n", (await Run("activate", "example.com", "s2", "--unchecked")).Out);
        Assert.Contains("signs now", (await Run("remove", "example.com", "s2")).Complaint, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, (await Run("remove", "example.com", "s1")).ExitCode);
        Assert.Equal(ExitCodes.Ok, (await Run("remove", "example.com", "s2", "--yes")).ExitCode);
        Assert.Contains("no keys", (await Run("list")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "create", "a b")]
    [InlineData(ExitCodes.Usage, "create", "example.com", "--selector", "a/b")]
    [InlineData(ExitCodes.Usage, "create", "example.com", "--algorithm", "dsa")]
    [InlineData(ExitCodes.Usage, "create", "example.com", "--bits", "1024")]
    [InlineData(ExitCodes.Usage, "create", "example.com", "--wait", "2")]
    [InlineData(ExitCodes.Usage, "create", "../../etc", "--selector", "s1")]
    [InlineData(ExitCodes.BadData, "show", "example.com")]
    [InlineData(ExitCodes.BadData, "rotate", "example.com")]
    [InlineData(ExitCodes.BadData, "activate", "example.com", "s1")]
    [InlineData(ExitCodes.BadData, "remove", "example.com", "s1")]
    public async Task What_cannot_be_is_one_line_and_makes_nothing(int code, params string[] words)
    {
        var typed = await Run(words);

        Assert.Equal(code, typed.ExitCode);
        Assert.True(typed.Complaint.Length > 10);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data", "dkim")));
    }

    [Fact]
    public async Task A_file_that_is_no_key_stops_changes_with_its_name()
    {
        await Run("create", "example.com", "--selector", "s1");
        var file = Path.Combine(_folder.Path, "data", "dkim", "s1._domainkey.example.com.pem");
        await File.WriteAllTextAsync(file, "no key");

        var typed = await Run("rotate");

        Assert.Equal(ExitCodes.BadData, typed.ExitCode);
        Assert.Contains("s1._domainkey.example.com.pem: it is no private key", typed.Complaint, StringComparison.Ordinal);
    }

    private Task<Typed> Run(params string[] words) => Typed.Run(["dkim", .. words, .. _folder.AsData]);

    /// <summary>As if time had passed.</summary>
    private async Task MoveAsync(string selector, string time)
    {
        var file = Path.Combine(_folder.Path, "data", "dkim", $"{selector}._domainkey.example.com.pem");
        var lines = await File.ReadAllLinesAsync(file);
        await File.WriteAllLinesAsync(file, lines.Select(l => l.StartsWith("Active-From:", StringComparison.Ordinal) ? $"Active-From: {time}" : l));
    }

    private async Task<string> LineAsync(string selector)
    {
        var key = (await Run("show", "example.com", "--json")).Json.EnumerateArray().Single(k => k.GetProperty("selector").GetString() == selector);
        return $"{selector}._domainkey.example.com 300 TXT {string.Join(' ', key.GetProperty("strings").EnumerateArray().Select(s => $"\"{s.GetString()}\""))}";
    }
}
