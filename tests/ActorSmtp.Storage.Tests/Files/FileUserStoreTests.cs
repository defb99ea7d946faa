using ActorSmtp.Storage.Files;

namespace ActorSmtp.Storage.Tests.Files;

/// <summary>The file <c>users</c>.</summary>
public sealed class FileUserStoreTests : UserStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string UsersFile => Path.Combine(_directory.Path, "users");

    private protected override IUserStore Open() => Stores.Users(TestMail.Settings(_directory.Path), TimeProvider.System);

    [SkippableFact]
    public async Task The_file_is_for_its_owner_only()
    {
        await using var store = Open();
        await store.UpdateAsync(table => table.With(new UserAccount("a", Verifier, [], false, false)), default);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, TestMail.Mode(UsersFile));
        Assert.Equal($"a:{Verifier}:\n", await File.ReadAllTextAsync(UsersFile));
    }

    [Fact]
    public async Task Another_program_s_change_is_noticed()
    {
        await using var store = Open();
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Changed += () => told.TrySetResult();
        await File.WriteAllTextAsync(UsersFile, $"# by hand\n\nbarbie:{Verifier}:addresses=b@example.com\r\n");
        await told.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["barbie"], (await store.LoadAsync(default)).Accounts.Keys);
    }

    [Theory]
    [InlineData("barbie", "expected NAME:VERIFIER:ATTRIBUTES")]
    [InlineData("barbie:secret:", "has to be empty or begin with SCRAM-SHA-256$")]
    [InlineData("barbie:SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk", "not complete")]
    [InlineData("barbie:SCRAM-SHA-256$x:c2FsdA==$c3RvcmVk:c2VydmVy:", "iterations")]
    [InlineData("barbie:SCRAM-SHA-256$1:c2FsdA==$c3RvcmVk:!!:", "iterations")]
    [InlineData("barbie::root", "unknown attribute 'root'")]
    [InlineData("barbie::addresses=b", "'b' is not an address")]
    [InlineData("barbie::sends-as=b", "'b' is not an address")]
    [InlineData("barbie::certificates=ab:cd", "'ab:cd' is not a SHA-256 fingerprint")]
    [InlineData("Barbie::", "lower case")]
    [InlineData("bar bie::", "cannot be an account's name")]
    [InlineData("::", "cannot be an account's name")]
    [InlineData("barbie::\nbarbie::", "twice")]
    public async Task A_wrong_line_is_named_with_its_number_and_reason(string line, string reason)
    {
        await using var store = Open();
        await File.WriteAllTextAsync(UsersFile, $"# head\n{line}\n");
        var wrong = await Assert.ThrowsAsync<StoreException>(() => store.LoadAsync(default));
        Assert.Matches("users, line [23]: ", wrong.Message);
        Assert.Contains(reason, wrong.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_secret_is_for_its_owner_only_and_outlives_the_store()
    {
        ReadOnlyMemory<byte> secret;
        await using (var store = Open())
        {
            secret = await store.LoadSecretAsync(default);
        }

        await using var later = Open();
        Assert.Equal(secret.ToArray(), (await later.LoadSecretAsync(default)).ToArray());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, TestMail.Mode(UsersFile + ".secret"));
    }

    [Fact]
    public async Task A_secret_of_the_wrong_size_is_named()
    {
        await using var store = Open();
        await File.WriteAllTextAsync(UsersFile + ".secret", "short");
        var wrong = await Assert.ThrowsAsync<StoreException>(() => store.LoadSecretAsync(default));
        Assert.Contains("users.secret has 5 octets", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fingerprint_is_taken_as_tools_print_it()
    {
        await using var store = Open();
        var printed = string.Join(':', Enumerable.Repeat("AB", 32));
        await File.WriteAllTextAsync(UsersFile, $"bot::certificates={printed}\n");
        Assert.Equal([string.Concat(Enumerable.Repeat("ab", 32))], (await store.LoadAsync(default)).Accounts["bot"].Certificates.ToArray());
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("a\nb")]
    [InlineData("#a")]
    [InlineData("")]
    public async Task A_name_that_would_not_survive_is_refused_and_nothing_changes(string name)
    {
        await using var store = Open();
        await store.UpdateAsync(table => table.With(new UserAccount("a", Verifier, [], false, false)), default);
        await Assert.ThrowsAsync<StoreException>(() => store.UpdateAsync(table => table.With(new UserAccount(name, "", [], false, false)), default));
        Assert.Equal(["a"], (await store.LoadAsync(default)).Accounts.Keys);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var account = new UserAccount("ken@example.com", Verifier, ["k@example.com", "x+y@example.org"], Disabled: true, Admin: true);
        Assert.Equal(account, UserLine.Parse(UserLine.Write(account)));
    }
}
