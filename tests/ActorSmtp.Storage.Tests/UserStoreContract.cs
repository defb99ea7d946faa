namespace ActorSmtp.Storage.Tests;

/// <summary>What every user store promises.</summary>
public abstract class UserStoreContract
{
    private protected const string Verifier = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";

    private protected abstract IUserStore Open();

    [SkippableFact]
    public async Task It_begins_empty_and_keeps_what_is_put_in()
    {
        await using var store = Open();
        Assert.Empty((await store.LoadAsync(default)).Accounts);
        var barbie = new UserAccount("barbie", Verifier, ["b@example.com", "doll@example.com"], Disabled: false, Admin: true);
        await store.UpdateAsync(table => table.With(barbie).With(new UserAccount("ken@example.com", "", [], Disabled: true, Admin: false)), default);
        var loaded = await store.LoadAsync(default);
        Assert.Equal(["barbie", "ken@example.com"], loaded.Accounts.Keys);
        Assert.Equal(barbie, loaded.Accounts["barbie"]);
        Assert.True(loaded.Accounts["ken@example.com"].Disabled);
        await store.UpdateAsync(table => table.Without("barbie"), default);
        Assert.Equal(["ken@example.com"], (await store.LoadAsync(default)).Accounts.Keys);
    }

    [SkippableFact]
    public async Task Changes_at_the_same_time_all_count()
    {
        await using var store = Open();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            store.UpdateAsync(table => table.With(new UserAccount($"user{i}", Verifier, [], Disabled: false, Admin: false)), default)));
        Assert.Equal(20, (await store.LoadAsync(default)).Accounts.Count);
    }

    [SkippableFact]
    public async Task A_change_is_told()
    {
        await using var store = Open();
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Changed += () => told.TrySetResult();
        await store.UpdateAsync(table => table.With(new UserAccount("a", "", [], Disabled: false, Admin: false)), default);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [SkippableFact]
    public async Task The_secret_is_random_and_stays()
    {
        await using var store = Open();
        var secret = await store.LoadSecretAsync(default);
        Assert.Equal(IUserStore.SecretLength, secret.Length);
        Assert.True(secret.ToArray().Distinct().Count() > 8);
        Assert.Equal(secret.ToArray(), (await store.LoadSecretAsync(default)).ToArray());
    }

    [SkippableFact]
    public async Task What_an_account_may_send_as_and_its_certificates_are_kept()
    {
        await using var store = Open();
        var bot = new UserAccount("bot", Verifier, [], Disabled: false, Admin: false)
        {
            SendsAs = ["news@example.com", "@lists.example.com", "*"],
            Certificates = [new string('a', 64), new string('0', 64)],
        };
        await store.UpdateAsync(table => table.With(bot), default);
        Assert.Equal(bot, (await store.LoadAsync(default)).Accounts["bot"]);
        Assert.NotEqual(bot, bot with { SendsAs = [] });
        Assert.NotEqual(bot, bot with { Certificates = [] });
    }

    [SkippableFact]
    public void A_password_is_not_printed() =>
        Assert.DoesNotContain("SCRAM", new UserAccount("a", Verifier, [], false, false).ToString(), StringComparison.Ordinal);
}
