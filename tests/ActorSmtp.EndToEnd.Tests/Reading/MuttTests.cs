using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Reading;

/// <summary>The Maildir is a plain one: a mail program of others opens it, shows what is in it, and leaves its marks.</summary>
[Collection(LaptopCollection.Name)]
public sealed class MuttTests(LaptopServer laptop)
{
    [SkippableFact]
    public async Task Mutt_reads_a_message_and_moves_it_to_cur()
    {
        Tool.Need("mutt");
        Tool.Need("python3");
        const string Content = "Subject: for mutt\r\n\r\none\r\n\r\ntwo\r\n";
        using (var talk = await SmtpTalk.Greeted(laptop.Port))
        {
            await talk.Mail("mutt@example.com", Content);
        }

        var before = await Maildirs.Only(laptop.Server, "mutt@example.com");
        using var folder = new TemporaryFolder();
        var read = (await Tool.Run("python3", [Scripts.Python("mutt.py"), laptop.Server.Mail.PathOf("mutt@example.com"), folder["muttrc"], folder["message"]])).Succeeded();
        Assert.True(File.Exists(folder["message"]), read.ToString());
        Assert.Equal(WithoutCr(before.Raw), WithoutCr(await File.ReadAllTextAsync(folder["message"])));
        var after = Assert.Single(laptop.Server.Mail.Of("mutt@example.com"));
        Assert.EndsWith(":2,S", after.File, StringComparison.Ordinal);
        Assert.Equal(before.Octets, after.Octets);

        // mutt ends the lines of what it pipes as it likes
        static string WithoutCr(string text) => text.Replace("\r", "", StringComparison.Ordinal);
    }
}
