using System.Text;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Securing;

/// <summary>Policies of other domains: found, fetched, kept, and what happens when they cannot be.</summary>
public sealed class MtaStsPoliciesTests
{
    private const string Url = "https://mta-sts.far.test/.well-known/mta-sts.txt";

    private readonly MovedTime _time = new();
    private readonly Web _web = new();
    private readonly ZoneResolver _names = ZoneResolver.Of("_mta-sts.far.test 60 TXT \"v=STSv1; id=1\"");
    private readonly MtaStsPolicies _policies;

    public MtaStsPoliciesTests()
    {
        _web.Documents[Url] = Text("enforce", 86_400 * 10);
        _policies = new MtaStsPolicies(_names, _web, _time, 3) { OnTrouble = (domain, _, why) => _web.Troubles.Add($"{domain}: {why}") };
    }

    [Fact]
    public async Task A_policy_is_fetched_once_and_kept()
    {
        Assert.Equal(MtaStsMode.Enforce, (await _policies.FindAsync("far.test"))!.Mode);
        Assert.NotNull(await _policies.FindAsync("far.test"));
        Assert.Equal([Url], _web.Asked);
    }

    [Fact]
    public async Task A_domain_without_a_record_is_not_asked()
    {
        Assert.Null(await _policies.FindAsync("near.test"));
        Assert.Empty(_web.Asked);
    }

    [Fact]
    public async Task Another_id_means_another_policy()
    {
        await _policies.FindAsync("far.test");
        _web.Documents[Url] = Text("testing", 86_400);
        SetId("2");
        Assert.Equal(MtaStsMode.Testing, (await _policies.FindAsync("far.test"))!.Mode);
    }

    [Fact]
    public async Task What_is_kept_holds_though_record_and_server_are_gone_and_no_longer_than_it_said()
    {
        await _policies.FindAsync("far.test");
        _web.Documents.Clear();
        _names.Fail("_mta-sts.far.test", DnsType.Txt);
        _time.Move(TimeSpan.FromDays(9.9));
        Assert.Equal(MtaStsMode.Enforce, (await _policies.FindAsync("far.test"))!.Mode);
        _time.Move(TimeSpan.FromDays(0.2));
        Assert.Null(await _policies.FindAsync("far.test"));
    }

    [Fact]
    public async Task A_new_policy_that_cannot_be_fetched_leaves_the_old_one_and_is_not_asked_for_at_once()
    {
        await _policies.FindAsync("far.test");
        _web.Documents.Clear();
        SetId("2");
        Assert.Equal(MtaStsMode.Enforce, (await _policies.FindAsync("far.test"))!.Mode);
        Assert.Equal(MtaStsMode.Enforce, (await _policies.FindAsync("far.test"))!.Mode);
        Assert.Equal(2, _web.Asked.Count);
        Assert.Equal(["far.test: 404"], _web.Troubles);
        _time.Move(TimeSpan.FromMinutes(6));
        await _policies.FindAsync("far.test");
        Assert.Equal(3, _web.Asked.Count);
    }

    [Fact]
    public async Task A_policy_that_never_could_be_fetched_is_none_and_is_tried_again_later()
    {
        _web.Documents[Url] = "<html>";
        Assert.Null(await _policies.FindAsync("far.test"));
        Assert.Null(await _policies.FindAsync("far.test"));
        Assert.Single(_web.Asked);
        _web.Documents[Url] = Text("enforce", 100);
        _time.Move(TimeSpan.FromMinutes(6));
        Assert.NotNull(await _policies.FindAsync("far.test"));
    }

    [Fact]
    public async Task A_policy_is_looked_at_again_before_it_ends()
    {
        await _policies.FindAsync("far.test");
        _time.Move(TimeSpan.FromDays(1.1));
        Assert.NotNull(await _policies.FindAsync("far.test"));
        Assert.Equal(2, _web.Asked.Count);
        _time.Move(TimeSpan.FromDays(9.5));
        Assert.NotNull(await _policies.FindAsync("far.test"));                  // from the second time on it holds ten days
    }

    [Fact]
    public async Task Equal_questions_at_once_are_one_fetch()
    {
        _web.Gate = new TaskCompletionSource();
        var first = _policies.FindAsync("far.test");
        var second = _policies.FindAsync("far.test");
        _web.Gate.SetResult();
        Assert.NotNull(await first);
        Assert.NotNull(await second);
        Assert.Single(_web.Asked);
    }

    [Fact]
    public async Task Only_so_many_are_kept()
    {
        for (var i = 0; i < 5; i++)
        {
            _names.Zone.Add($"_mta-sts.d{i}.test 60 TXT \"v=STSv1; id=1\"");
            _web.Documents[$"https://mta-sts.d{i}.test/.well-known/mta-sts.txt"] = Text("enforce", 1000 + i);
            Assert.NotNull(await _policies.FindAsync($"d{i}.test"));
        }

        Assert.Equal(3, _policies.Count);
    }

    private void SetId(string id)
    {
        _names.Zone.Remove("_mta-sts.far.test");
        _names.Zone.Add($"_mta-sts.far.test 60 TXT \"v=STSv1; id={id}\"");
    }

    private static string Text(string mode, int age) => $"version: STSv1\nmode: {mode}\nmx: mx.far.test\nmax_age: {age}\n";

    private sealed class Web : IWebDocuments
    {
        public Dictionary<string, string> Documents { get; } = [];

        public List<string> Asked { get; } = [];

        public List<string> Troubles { get; } = [];

        public TaskCompletionSource? Gate { get; set; }

        public async Task<ReadOnlyMemory<byte>> ReadAsync(Uri url, CancellationToken cancellation)
        {
            Asked.Add(url.ToString());
            await (Gate?.Task ?? Task.CompletedTask);
            return Documents.TryGetValue(url.ToString(), out var text) ? Encoding.UTF8.GetBytes(text) : throw new IOException("404");
        }
    }

    private sealed class MovedTime : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Move(TimeSpan by) => _now += by;
    }
}
