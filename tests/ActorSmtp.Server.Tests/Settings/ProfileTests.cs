using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>The files of hocon/ as they are built in.</summary>
public sealed class ProfileTests
{
    [Fact]
    public void Without_a_file_the_laptop_profile_listens_on_loopback_only_and_takes_everything()
    {
        var settings = new Configuration().Load().Server;

        var smtp = Assert.Single(settings.Listeners);
        Assert.Equal(("smtp", "127.0.0.1:2525", ListenerRole.Mx), (smtp.Name, smtp.Bind.ToString(), smtp.Role));
        Assert.Equal((ListenerTls.Off, ListenerAuth.Offered, true, true), (smtp.Tls, smtp.Auth, smtp.AllowPlaintext, smtp.AcceptAny));
        Assert.True(settings.AllDomains);
        Assert.Equal(UnknownRecipients.Accept, settings.UnknownRecipients);
        Assert.False(settings.Content.RejectBareNewlines);
        Assert.Equal("127.0.0.1:8025", settings.Console.Bind?.ToString());
        Assert.Equal("data", settings.DataDirectory);
        Assert.Equal(SyncPolicy.Always, settings.Storage.Files.Sync);
        Assert.Empty(settings.Outbound.Routes);
        Assert.Empty(smtp.Checks);
        Assert.False(settings.ExaminesOrigins);
        Assert.Equal(settings.Limits.Connections, settings.Limits.ConnectionsPerAddress);
    }

    [Fact]
    public void A_laptop_listener_moved_to_the_network_neither_takes_any_password_nor_clear_text_ones()
    {
        var smtp = Assert.Single(new Configuration().Set("listeners.smtp.bind=0.0.0.0:2525").Load().Server.Listeners);

        Assert.False(smtp.AcceptAny);
        Assert.False(smtp.AllowPlaintext);
    }

    [Theory]
    [InlineData("listeners.smtp.proxy-protocol=required", "listeners.smtp.proxy-trusted=[127.0.0.1]")]
    [InlineData("listeners.smtp.xclient-trusted=[127.0.0.1]")]
    public void Through_a_proxy_on_this_machine_anybody_comes(params string[] sets)
    {
        var configuration = new Configuration();
        foreach (var set in sets)
        {
            configuration.Set(set);
        }

        var smtp = Assert.Single(configuration.Load().Server.Listeners);

        Assert.False(smtp.AcceptAny);
        Assert.False(smtp.AllowPlaintext);
    }

    [Fact]
    public void The_server_profile_reads_without_a_mistake()
    {
        var settings = new Configuration().Config("include classpath(\"server.conf\")").Load().Server;

        Assert.Equal(["mx", "submission", "submissions"], settings.Listeners.Select(l => l.Name));
        Assert.All(settings.Listeners, l => Assert.False(l.AcceptAny));
        Assert.Equal(RouteKind.Mx, Assert.Single(settings.Outbound.Routes).Kind);
        Assert.True(settings.Content.RejectBareNewlines);
        Assert.Equal(
            [("reverse-dns", CheckLimit.Reject), ("helo", CheckLimit.Reject), ("greylisting", CheckLimit.Reject), ("iprev", CheckLimit.Tag), ("spf", CheckLimit.Tag), ("dkim", CheckLimit.Tag), ("arc", CheckLimit.Tag), ("dmarc", CheckLimit.Reject)],
            settings.Listeners[0].Checks.Select(c => (c.Name, c.Most)));
        Assert.True(settings.NeedsResolver);
    }

    [Fact]
    public void The_profile_of_a_cluster_reads_without_a_mistake_and_lets_only_the_balancer_in()
    {
        var settings = new Configuration().Config("include classpath(\"cluster.conf\")").Load().Server;

        Assert.Equal(StoreKind.Postgres, settings.Storage.Kind);
        Assert.Equal(TimeSpan.FromSeconds(15), settings.Storage.Database.Lease);
        Assert.NotEqual("", settings.Storage.Database.Node);
        Assert.All(settings.Listeners, l => Assert.True(l.Peers.ProxyRequired));
    }

    [Fact]
    public void The_reference_has_the_limits_that_are_promised()
    {
        var limits = Configuration.With("").Load().Server.Limits;

        Assert.Equal(25L << 20, limits.MessageSize);
        Assert.Equal((1000, 10_000, 100, 20, 100),
            (limits.Recipients, limits.Connections, limits.ConnectionsPerAddress, limits.ErrorsPerSession, limits.Hops));
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)), (limits.CommandTimeout, limits.DataTimeout));
    }

    [Fact]
    public void Every_key_of_the_reference_stands_under_two_lines_of_comment()
    {
        var lines = SettingsLoader.BuiltIn("reference.conf")!.Split('\n');
        var bare = EffectiveSetting.List(HoconTree.Parse(SettingsLoader.BuiltIn("reference.conf")!, "reference.conf").Resolve())
            .Where(s => s.Path.StartsWith("actorsmtp.", StringComparison.Ordinal) && !s.Path.Contains("dispatcher", StringComparison.Ordinal))
            .Where(s => !(IsComment(s.Origin.Line - 1) && IsComment(s.Origin.Line - 2)))
            .Select(s => s.Path);

        Assert.Empty(bare);

        bool IsComment(int line) => lines[line - 1].TrimStart().StartsWith('#');
    }

    [Fact]
    public void What_the_engine_is_given_is_plain_and_holds_nothing_else()
    {
        var text = Configuration.With("").Set("akka.loglevel=DEBUG").Load().Server.EngineText;
        var engine = HoconTree.Parse(text, "engine").Resolve();

        Assert.Equal("DEBUG", ((HoconScalar)engine.Find("akka.loglevel")!).Text);
        Assert.Equal("Dispatcher", ((HoconScalar)engine.Find("actorsmtp.session-dispatcher.type")!).Text);
        Assert.Equal(["session-dispatcher"], ((HoconObject)engine.Find("actorsmtp")!).Keys);
        Assert.DoesNotContain("${", text, StringComparison.Ordinal);
        Assert.DoesNotContain("include", text, StringComparison.Ordinal);
    }
}
