using System.Text;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Sending;

/// <summary>The clients that people have: each sends what it can, and it lies in the Maildir as it was sent.</summary>
[Collection(LaptopCollection.Name)]
public sealed class RealClientTests(LaptopServer laptop)
{
    private const string Body = "Subject: a test\r\nFrom: ann@client.test\r\n\r\nfirst line\r\n.a dot in front\r\n.\r\n\r\nlast line\r\n";

    [SkippableFact]
    public async Task Swaks_sends_a_message_with_dots_at_line_starts()
    {
        Tool.Need("swaks");
        (await Tool.Run("swaks", ["--server", $"127.0.0.1:{laptop.Port}", "--to", "swaks@example.com", "--from", "ann@client.test", "--data", "-"],
            Encoding.ASCII.GetBytes(Body.Replace("\r\n", "\n", StringComparison.Ordinal)))).Succeeded();
        var mail = await Maildirs.Only(laptop.Server, "swaks@example.com");
        Assert.Equal(Body.TrimEnd(), mail.Content.TrimEnd());           // swaks is free with empty lines at the end
    }

    [SkippableFact]
    public async Task Swaks_attaches_a_file()
    {
        Tool.Need("swaks");
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        var sent = (await Tool.Run("swaks", [
            "--server", $"127.0.0.1:{laptop.Port}", "--to", "swaks-file@example.com", "--from", "ann@client.test",
            "--attach-name", "sample.bin", "--attach", $"@{folder.Write("sample.bin", SampleFile.Octets)}"])).Succeeded();
        var mail = await Maildirs.Only(laptop.Server, "swaks-file@example.com");
        Assert.Equal(SampleFile.Octets, (await PythonMail.Read(mail)).Attachment("sample.bin").Content);
        Assert.Contains(mail.Id, sent.Output, StringComparison.Ordinal);    // the id of the 250 is the file's
    }

    [SkippableFact]
    public async Task Curl_uploads_a_message_as_it_is()
    {
        Tool.Need("curl");
        using var folder = new TemporaryFolder();
        (await Tool.Run("curl", [
            "--silent", "--show-error", $"smtp://127.0.0.1:{laptop.Port}/client.test", "--mail-from", "ann@client.test",
            "--mail-rcpt", "curl@example.com", "--upload-file", folder.Write("mail.eml", Body)])).Succeeded();
        Assert.Equal(Body, (await Maildirs.Only(laptop.Server, "curl@example.com")).Content);
    }

    [SkippableFact]
    public async Task Curl_composes_a_message_with_an_attachment()
    {
        Tool.Need("curl");
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        (await Tool.Run("curl", [
            "--silent", "--show-error", $"smtp://127.0.0.1:{laptop.Port}/client.test", "--mail-from", "ann@client.test",
            "--mail-rcpt", "curl-file@example.com", "--header", "Subject: with a file", "--form", "=the text",
            "--form", $"file=@{folder.Write("sample.bin", SampleFile.Octets)};encoder=base64"])).Succeeded();
        var mail = await PythonMail.Read(await Maildirs.Only(laptop.Server, "curl-file@example.com"));
        Assert.Equal("with a file", mail.Subject);
        Assert.Equal(SampleFile.Octets, mail.Attachment("sample.bin").Content);
    }

    [SkippableFact]
    public async Task Msmtp_sends_to_two_recipients_and_each_has_it()
    {
        Tool.Need("msmtp");
        using var folder = new TemporaryFolder();
        (await Tool.Run("msmtp", [
            $"--file={folder.Write("empty", "")}", "--host=127.0.0.1", $"--port={laptop.Port}", "--auth=off", "--tls=off", "--domain=client.test",
            "--from=ann@client.test", "msmtp@example.com", "msmtp-two@example.com"],
            Encoding.ASCII.GetBytes(Body.Replace("\r\n", "\n", StringComparison.Ordinal)))).Succeeded();
        var one = await Maildirs.Only(laptop.Server, "msmtp@example.com");
        var two = await Maildirs.Only(laptop.Server, "msmtp-two@example.com");
        Assert.EndsWith(Body, one.Content, StringComparison.Ordinal);       // msmtp may put a Date in front
        Assert.Equal(one.Content, two.Content);
        Assert.Equal(one.Id, two.Id);
        Assert.DoesNotContain("example.com", one.Raw, StringComparison.Ordinal);    // nobody sees the other recipient
    }

    [SkippableFact]
    public async Task Smtplib_sends_an_attachment_with_a_name_that_is_not_ASCII()
    {
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        (await Tool.Run("python3", [Scripts.Python("send.py"), $"{laptop.Port}", "smtplib@example.com", folder.Write("sample.bin", SampleFile.Octets)])).Succeeded();
        await HasSample("smtplib@example.com", "Grüße aus Python");
    }

    [SkippableFact]
    public async Task Nodemailer_sends_text_HTML_and_an_attachment()
    {
        Tool.Need("node");
        Tool.Need("python3");
        Scripts.NeedNodeModule("nodemailer");
        using var folder = new TemporaryFolder();
        var sent = (await Tool.Run("node", [
            Scripts.Node("send.js"), $"{laptop.Port}", "nodemailer@example.com", folder.Write("sample.bin", SampleFile.Octets)])).Succeeded();
        var mail = await HasSample("nodemailer@example.com", "Grüße aus Node");
        Assert.Contains(mail.Id, sent.Output, StringComparison.Ordinal);
    }

    private async Task<DeliveredMail> HasSample(string account, string subject)
    {
        var file = await Maildirs.Only(laptop.Server, account);
        var mail = await PythonMail.Read(file);
        Assert.Empty(mail.Defects);
        Assert.Equal(subject, mail.Subject);
        Assert.Equal(SampleFile.Octets, mail.Attachment("beigefügt.bin").Content);
        var text = Encoding.UTF8.GetString(mail.Parts.First(p => p.Type == "text/plain").Content);
        Assert.Equal("A line\n.a line with a dot in front\n.\nthe last line", text.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd());
        return file;
    }
}
