using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSmtp.EndToEnd.Tests.Running;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.EndToEnd.Tests.Reading;

/// <summary>Mail programs of others take mail away by POP3, with TLS of both kinds: Python's poplib, curl.</summary>
public sealed class Pop3Tests(Pop3Tests.Post post) : IClassFixture<Pop3Tests.Post>
{
    [SkippableTheory]
    [InlineData("pop3", "starttls", "barbie")]
    [InlineData("pop3s", "implicit", "shooki")]
    public async Task Poplib_sees_and_takes_what_is_there(string listener, string tls, string user)
    {
        Tool.Need("python3");
        string[] contents =
        [
            "Subject: one\r\n\r\n.\r\n..\r\n.dots\r\nend\r\n",
            "Subject: large\r\n\r\n" + string.Concat(Enumerable.Range(0, 80_000).Select(i => $"{(i % 5 == 0 ? "." : "")}line {i} of a message that does not fit into one piece\r\n")),
            "Subject: empty\r\n\r\n",
        ];
        post.Put(user, contents);

        var looked = await Pop3(listener, tls, user);
        Assert.Equal("+OK mail.example.com POP3 ready", looked.Greeting);
        Assert.Contains("UIDL", looked.Capabilities.Keys);
        Assert.Equal([3, contents.Sum(c => c.Length)], looked.Stat);
        Assert.Equal(contents.Select((c, i) => $"{i + 1} {c.Length}"), looked.List);
        Assert.Equal(contents.Select((c, i) => (c.Length, Sha256(c))), looked.Messages.Select(m => (m.Octets, m.Sha256)));
        Assert.Equal(["Subject: one", "", "."], looked.Messages[0].Top);
        Assert.Equal("+OK Bye, 3 messages left", looked.Bye);

        var taken = await Pop3(listener, tls, user, "dele");
        Assert.Equal(looked.Uidl, taken.Uidl);
        Assert.Equal("+OK Bye, the mailbox is empty", taken.Bye);
        Assert.Empty(post.Server.Mail.Of(user));
    }

    [SkippableFact]
    public async Task What_another_program_put_there_with_its_own_line_ends_and_names_is_served_too()
    {
        Tool.Need("python3");
        post.Put("ken", "Subject: bare\n\n.\nsecond\n");
        File.Move(Path.Combine(post.Folder("ken"), "new", "1000000001.P1Q0.host"), Path.Combine(post.Folder("ken"), "cur", "a name with blanks,S=25:2,FS"));

        var looked = await Pop3("pop3", "starttls", "ken");
        var (number, id) = Assert.Single(looked.Uidl.Select(line => (line.Split(' ')[0], line.Split(' ')[1])));
        Assert.Equal("1", number);
        Assert.StartsWith("~", id, StringComparison.Ordinal);
        Assert.Equal(Sha256("Subject: bare\r\n\r\n.\r\nsecond\r\n"), Assert.Single(looked.Messages).Sha256);
        Assert.Equal(looked.Uidl, (await Pop3("pop3", "starttls", "ken", "dele")).Uidl);
        Assert.Empty(post.Server.Mail.Of("ken"));
    }

    [SkippableTheory]
    [InlineData("pop3", "pop3")]
    [InlineData("pop3s", "pop3s")]
    public async Task Curl_lists_and_reads(string scheme, string listener)
    {
        Tool.Need("curl");
        post.Put("todd", "Subject: for curl\r\n\r\n.hello\r\n");
        string[] login = ["--silent", "--show-error", "--insecure", "--ssl-reqd", "--user", "todd:secret", "--max-time", "60"];
        Assert.Equal("1 29", (await Tool.Run("curl", [.. login, $"{scheme}://127.0.0.1:{post.Server.Port(listener)}/"])).Succeeded().Output.Trim());
        Assert.Equal("Subject: for curl\n\n.hello\n", Lf((await Tool.Run("curl", [.. login, $"{scheme}://127.0.0.1:{post.Server.Port(listener)}/1"])).Succeeded().Output));
        var wrong = await Tool.Run("curl", ["--silent", "--insecure", "--ssl-reqd", "--user", "todd:wrong", $"{scheme}://127.0.0.1:{post.Server.Port(listener)}/"]);
        Assert.Equal(67, wrong.ExitCode);                                       // CURLE_LOGIN_DENIED
        post.Empty("todd");

        static string Lf(string text) => text.Replace("\r", "", StringComparison.Ordinal);
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private async Task<Seen> Pop3(string listener, string tls, string user, params string[] more) => JsonSerializer.Deserialize<Seen>(
        (await Tool.Run("python3", [Scripts.Python("pop3.py"), $"{post.Server.Port(listener)}", tls, user, "secret", .. more])).Succeeded().Output, JsonSerializerOptions.Web)!;

    private sealed record Seen(
        string Greeting, Dictionary<string, string[]> Capabilities, long[] Stat, string[] List, string[] Uidl, SeenMessage[] Messages, string Bye);

    private sealed record SeenMessage(int Octets, string Sha256, string[] Top, string First);

    /// <summary>A server by <c>server.conf</c> with its POP3 listeners switched on, and some accounts.</summary>
    public sealed class Post : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal RunningServer Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var config = _folder.Write("server.conf", """
                include classpath("server.conf")
                actorsmtp {
                  hostname = "mail.example.com"
                  domains = ["example.com"]
                  console.bind = ""
                  listeners {
                    mx.bind = "127.0.0.1:0"
                    submission.enabled = false
                    submissions.enabled = false
                    pop3 { bind = "127.0.0.1:0", enabled = true }
                    pop3s { bind = "127.0.0.1:0", enabled = true }
                  }
                }
                """);
            Directory.CreateDirectory(_folder["data"]);
            var password = StoredPassword.Create("secret", RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format();
            _folder.Write("data/users", string.Concat(new[] { "barbie", "shooki", "ken", "todd" }.Select(name => $"{name}:{password}:\n")));
            Server = await RunningServer.Start(_folder["data"], "--config", config);
        }

        internal string Folder(string account) => Path.Combine(_folder["data"], "mail", account, "Maildir");

        /// <summary>Puts messages into a mailbox, as another program would.</summary>
        internal void Put(string account, params string[] contents)
        {
            foreach (var part in new[] { "tmp", "new", "cur" })
            {
                Directory.CreateDirectory(Path.Combine(Folder(account), part));
            }

            for (var i = 0; i < contents.Length; i++)
            {
                var name = $"{1_000_000_001 + i}.P1Q{i}.host";
                File.WriteAllText(Path.Combine(Folder(account), "tmp", name), contents[i]);
                File.Move(Path.Combine(Folder(account), "tmp", name), Path.Combine(Folder(account), "new", name));
            }
        }

        internal void Empty(string account)
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder(account), "new")))
            {
                File.Delete(file);
            }
        }

        public async Task DisposeAsync()
        {
            await Server.DisposeAsync();
            _folder.Dispose();
        }
    }
}
