using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>Which layer wins, and that each value tells where it comes from.</summary>
public sealed class LayerTests
{
    [Fact]
    public void Arguments_win_over_variables_over_later_files_over_earlier_ones()
    {
        var loaded = Configuration.With("limits { recipients = 200, hops = 50, errors-per-session = 5, connections = 7 }")
            .Config("actorsmtp.limits { hops = 60, errors-per-session = 6, connections = 8 }", "second.conf")
            .Variable("ACTORSMTP_LIMITS_ERRORS_PER_SESSION", "7")
            .Variable("ACTORSMTP_LIMITS_CONNECTIONS", "9")
            .Set("limits.connections=10")
            .Load();

        var limits = loaded.Server.Limits;
        Assert.Equal((200, 60, 7, 10), (limits.Recipients, limits.Hops, limits.ErrorsPerSession, limits.Connections));
        Assert.Equal("test.conf:3:23", OriginOf("actorsmtp.limits.recipients"));
        Assert.Equal("second.conf:1:27", OriginOf("actorsmtp.limits.hops"));
        Assert.Equal("environment variable ACTORSMTP_LIMITS_ERRORS_PER_SESSION", OriginOf("actorsmtp.limits.errors-per-session"));
        Assert.Equal("--set limits.connections", OriginOf("actorsmtp.limits.connections"));
        Assert.StartsWith("reference.conf:", OriginOf("actorsmtp.limits.message-size"), StringComparison.Ordinal);

        string OriginOf(string path) => Assert.Single(loaded.Show(), s => s.Path == path).Origin.ToString();
    }

    [Fact]
    public void A_file_given_takes_the_laptop_profiles_place()
    {
        var settings = Configuration.With("").Load().Server;

        Assert.Equal("mx", Assert.Single(settings.Listeners).Name);
        Assert.False(settings.AllDomains);
        Assert.True(settings.Content.RejectBareNewlines);
    }

    [Fact]
    public void A_substitution_in_a_file_sees_what_later_layers_set()
    {
        var settings = Configuration.With("data-dir = ${base}/data")
            .Config("actorsmtp.hostname = ${NAME}\nactorsmtp.limits.recipients = ${actorsmtp.limits.hops}", "b.conf")
            .Variable("base", "/srv")
            .Variable("NAME", "mx.test")
            .Set("limits.hops=123")
            .Load().Server;

        Assert.Equal(("/srv/data", "mx.test", 123), (settings.DataDirectory, settings.Hostname, settings.Limits.Recipients));
    }

    [Fact]
    public void A_substituted_value_tells_where_the_substitution_is_written() =>
        Assert.Matches("^laptop.conf:", Assert.Single(new Configuration().Load().Show(),
            s => s.Path == "actorsmtp.limits.connections-per-address").Origin.ToString());

    [Fact]
    public void All_listeners_may_come_from_one_variable() =>
        Assert.Equal(["mx", "x"],
            Configuration.With("").Variable("ACTORSMTP_LISTENERS", "{ x { bind = \"127.0.0.1:0\" } }").Load().Server.Listeners.Select(l => l.Name));

    [Fact]
    public void A_file_may_include_its_neighbour()
    {
        var settings = new Configuration()
            .File("/etc/x/parts/listeners.conf", "mx { bind = \"127.0.0.1:0\" }")
            .Config("actorsmtp { listeners { include \"parts/listeners\" } }", "/etc/x/main.conf")
            .Load().Server;

        Assert.Equal("mx", Assert.Single(settings.Listeners).Name);
    }

    [Theory]
    [InlineData("ACTORSMTP_LIMITS_MESSAGE_SIZE", "1MiB", "actorsmtp.limits.message-size")]
    [InlineData("ACTORSMTP_DATA_DIR", "/srv", "actorsmtp.data-dir")]
    [InlineData("ACTORSMTP_STORAGE_JOURNAL_SEGMENT_SIZE", "2MiB", "actorsmtp.storage.journal.segment-size")]
    [InlineData("ACTORSMTP_LISTENERS_MX_BIND", "127.0.0.1:2526", "actorsmtp.listeners.mx.bind")]
    [InlineData("ACTORSMTP_LISTENERS_MY_OWN_BIND", "127.0.0.1:2527", "actorsmtp.listeners.my-own.bind")]
    [InlineData("ACTORSMTP_LISTENER_DEFAULTS_AUTH", "offered", "actorsmtp.listener-defaults.auth")]
    public void A_variables_name_finds_its_key(string variable, string value, string path) =>
        Assert.Contains(Configuration.With("").Variable(variable, value).Load().Show(),
            s => s.Path == path && s.Origin.ToString() == "environment variable " + variable);

    [Fact]
    public void A_listener_may_come_from_an_argument_alone()
    {
        var settings = Configuration.With("").Set("listeners.extra.bind=[::1]:0").Set("listeners.extra.role=lmtp").Load().Server;

        Assert.Equal(["mx", "extra"], settings.Listeners.Select(l => l.Name));
    }

    [Theory]
    [InlineData("a.test,b.test")]
    [InlineData("[\"a.test\", \"b.test\"]")]
    [InlineData("[a.test, b.test]")]
    public void A_list_from_outside_is_HOCON_or_has_commas(string list)
    {
        Assert.Equal(["a.test", "b.test"], Configuration.With("").Set("domains=" + list).Load().Server.Domains.ToArray());
        Assert.Equal(["a.test", "b.test"], Configuration.With("").Variable("ACTORSMTP_DOMAINS", list).Load().Server.Domains.ToArray());
    }

    [Fact]
    public void The_password_variable_of_send_is_no_setting() =>
        Assert.NotNull(Configuration.With("").Variable("ACTORSMTP_PASSWORD", "secret").Load());

    [Fact]
    public void A_route_may_be_set_by_argument()
    {
        var route = Assert.Single(Configuration.With("").Set("outbound.routes.\"Partner.example\"=smtp://10.0.0.7:25").Load().Server.Outbound.Routes);

        Assert.Equal(("partner.example", "10.0.0.7", 25), (route.Domain, route.Host, route.Port));
    }

    [Fact]
    public void The_servers_of_the_DNS_may_be_set_by_argument_and_variable()
    {
        Assert.Equal(["192.0.2.53:53", "[2001:db8::53]:54"], Configuration.With("").Set("dns.servers=192.0.2.53,[2001:db8::53]:54").Load().Server.Dns.Servers.Select(s => s.ToString()));
        Assert.Equal("192.0.2.53:5353", Assert.Single(Configuration.With("").Variable("ACTORSMTP_DNS_SERVERS", "192.0.2.53:5353").Load().Server.Dns.Servers).ToString());
    }

    [Fact]
    public void A_databases_password_is_never_shown()
    {
        var loaded = Configuration.With("storage { kind = postgres, connection = \"Host=db;Password=hunter2;Database=m\" }").Load();

        Assert.Contains(loaded.Show(), s => s.Value.Contains("Password=***", StringComparison.Ordinal));
        Assert.DoesNotContain(loaded.Show(), s => s.Value.Contains("hunter2", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", loaded.Server.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password = hunter2")]
    [InlineData("password-file = secret")]
    public void The_password_for_a_smarthost_is_never_shown(string password)
    {
        var loaded = Configuration.With($"outbound {{ routes {{ \"*\" = \"smtp://h.test:587\" }}, logins {{ \"*\" {{ user = us, {password} }} }} }}").File("secret", "hunter2\r\nmore\n").Load();

        Assert.Equal(("us", "hunter2"), (loaded.Server.Outbound.Logins["*"].Login.User, loaded.Server.Outbound.Logins["*"].Login.Password));
        Assert.DoesNotContain(loaded.Show(), s => s.Value.Contains("hunter2", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", loaded.Server.Outbound.Logins["*"].ToString(), StringComparison.Ordinal);
        Assert.Contains(loaded.Show(), s => s.Path == "actorsmtp.outbound.logins.\"*\".user" && s.Value == "\"us\"");
    }

    [Fact]
    public void A_mistyped_password_for_a_smarthost_is_not_told()
    {
        var mistakes = Configuration.With("outbound { routes { \"*\" = \"smtp://h.test:587\" }, logins { \"*\" { user = us, pasword = hunter2 } } }").Mistakes();
        Assert.Contains(mistakes, m => m.Contains("pasword = \"***\"", StringComparison.Ordinal));
        Assert.DoesNotContain(mistakes, m => m.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_changed_between_two_readings_is_named_secrets_too_and_nothing_else()
    {
        var before = Hook("secret = 0123456789abcdef, timeout = 5s");
        Assert.Empty(Hook("timeout = 5s, secret = \"0123456789abcdef\"").DifferencesFrom(before));
        Assert.Equal(["actorsmtp.webhooks.crm.secret"], Hook("secret = fedcba9876543210, timeout = 5s").DifferencesFrom(before));
        Assert.Equal(["actorsmtp.webhooks.crm.timeout"], Hook("secret = 0123456789abcdef").DifferencesFrom(before));
        Assert.Equal(["actorsmtp.webhooks.crm.queue"], Hook("secret = 0123456789abcdef, timeout = 5s, queue = 7").DifferencesFrom(before));

        static LoadedSettings Hook(string more) => Configuration.With($"webhooks {{ crm {{ url = \"https://crm.test/\", {more} }} }}").Load();
    }
}
