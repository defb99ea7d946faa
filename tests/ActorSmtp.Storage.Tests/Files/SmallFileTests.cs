namespace ActorSmtp.Storage.Tests.Files;

/// <summary>Files of an administrator.</summary>
public sealed class SmallFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_read_anew_each_time()
    {
        var path = Path.Combine(_directory.Path, "keys.json");
        var file = new SmallFile(path, 10);
        await File.WriteAllTextAsync(path, "0123456789");
        Assert.Equal("0123456789"u8.ToArray(), (await file.ReadAsync(default)).ToArray());
        await File.WriteAllTextAsync(path, "");
        Assert.Empty((await file.ReadAsync(default)).ToArray());
    }

    [Fact]
    public async Task One_that_is_too_long_or_missing_is_named()
    {
        var path = Path.Combine(_directory.Path, "keys.json");
        Assert.Contains(path, (await Assert.ThrowsAsync<FileNotFoundException>(() => new SmallFile(path, 10).ReadAsync(default))).Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, "01234567890");
        Assert.Contains("more than 10 octets", (await Assert.ThrowsAsync<IOException>(() => new SmallFile(path, 10).ReadAsync(default))).Message, StringComparison.Ordinal);
    }
}
