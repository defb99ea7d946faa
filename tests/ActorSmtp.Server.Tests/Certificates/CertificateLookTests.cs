using System.Collections.Immutable;
using ActorSmtp.Server.Certificates;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;

namespace ActorSmtp.Server.Tests.Certificates;

/// <summary>Files are replaced one after the other, half, wrongly: what is right is taken, what is wrong is told once.</summary>
public sealed class CertificateLookTests
{
    private static readonly CertificatePair A = new("a.pem", "a.key"), B = new("b.pem", "b.key");

    private readonly MemoryCertificateStore _store = new();
    private readonly StandingTime _time = new();
    private readonly CertificateLook _look;
    private ImmutableArray<SourceState> _states = [];

    public CertificateLookTests()
    {
        _look = new CertificateLook(_store, _time);
        _store.Put(A, Issued.Stored("a.test"));
        _store.Put(B, Issued.Stored("b.test"));
    }

    [Fact]
    public async Task What_did_not_change_is_not_read_again()
    {
        await Open();
        var before = _states[0].Content.Certificate;
        Assert.Empty(await Look());
        Assert.Same(before, _states[0].Content.Certificate);
    }

    [Fact]
    public async Task What_was_replaced_is_taken_and_nothing_else()
    {
        await Open();
        _store.Put(B, Issued.Stored("c.test"));
        var replaced = Assert.IsType<Finding.Replaced>(Assert.Single(await Look()));
        Assert.Equal(B, replaced.Source);
        Assert.Equal(["a.test", "c.test"], _states.Select(s => s.Content.Certificate!.Names[0]));
        Assert.Empty(await Look());
    }

    [Fact]
    public async Task What_is_wrong_for_a_moment_only_is_not_told()
    {
        await Open();
        _store.Break(A, "a.key is not the key of a.pem");
        Assert.Empty(await Look());
        _store.Put(A, Issued.Stored("new.test"));
        Assert.IsType<Finding.Replaced>(Assert.Single(await Look()));
    }

    [Fact]
    public async Task What_stays_wrong_is_told_once_and_the_old_one_stays()
    {
        await Open();
        _store.Break(A, "a.pem is cut off");
        Assert.Empty(await Look());
        var refused = Assert.IsType<Finding.Refused>(Assert.Single(await Look()));
        Assert.Equal("a.pem is cut off", refused.Reason);
        Assert.Empty(await Look());
        Assert.Empty(await Look());
        Assert.Equal("a.test", _states[0].Content.Certificate!.Names[0]);

        _store.Break(A, "a.pem holds no certificate");                      // wrong in another way: that is news
        Assert.Empty(await Look());
        Assert.IsType<Finding.Refused>(Assert.Single(await Look()));
    }

    [Fact]
    public async Task Who_asks_is_told_at_once_and_each_time()
    {
        await Open();
        _store.Break(A, "a.pem does not exist");
        Assert.IsType<Finding.Refused>(Assert.Single(await Look(asked: true)));
        Assert.Empty(await Look());
        Assert.IsType<Finding.Refused>(Assert.Single(await Look(asked: true)));
    }

    [Fact]
    public async Task One_that_has_expired_does_not_replace_one_that_has_not()
    {
        await Open();
        _store.Put(A, Issued.Stored("old.test", _time.GetUtcNow().AddDays(-1)));
        var refused = Assert.IsType<Finding.Refused>(Assert.Single(await Look(asked: true)));
        Assert.Contains("a.pem has expired on ", refused.Reason, StringComparison.Ordinal);
        Assert.Equal("a.test", _states[0].Content.Certificate!.Names[0]);
    }

    [Fact]
    public async Task A_server_starts_with_an_expired_certificate_and_says_so_once_a_day()
    {
        _store.Put(A, Issued.Stored("old.test", _time.GetUtcNow().AddDays(-1)));
        await Open();
        Assert.Equal(A, Assert.IsType<Finding.Expiring>(Assert.Single(await Look())).Source);
        Assert.Empty(await Look());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.IsType<Finding.Expiring>(Assert.Single(await Look()));
        _store.Put(A, Issued.Stored("new.test"));
        Assert.IsType<Finding.Replaced>(Assert.Single(await Look()));
        Assert.Empty(await Look());
    }

    [Fact]
    public async Task The_servers_own_certificate_is_renewed_before_its_end()
    {
        _store.Put(CertificatePair.SelfSigned, Issued.Stored("mx.test", _time.GetUtcNow().AddDays(1)) with { IsSelfSigned = true });
        _states = await _look.Open([CertificatePair.SelfSigned]);
        Assert.IsType<Finding.Expiring>(Assert.Single(await Look()));
        _time.Advance(TimeSpan.FromHours(13));
        Assert.Contains(await Look(), f => f is Finding.Replaced);             // the store makes a new one then; this one gives the same again
    }

    [Fact]
    public async Task A_start_with_a_broken_file_fails_with_its_name()
    {
        _store.Break(B, "b.pem does not exist");
        Assert.Equal("b.pem does not exist", (await Assert.ThrowsAsync<StoreException>(Open)).Message);
    }

    private async Task Open() => _states = await _look.Open([A, B]);

    private async Task<ImmutableArray<Finding>> Look(bool asked = false)
    {
        var (now, findings) = await _look.Again(_states, asked);
        _states = now;
        return findings;
    }
}
