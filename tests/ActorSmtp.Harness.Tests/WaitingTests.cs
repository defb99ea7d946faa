using System.Text;

namespace ActorSmtp.Harness.Tests;

/// <summary>Waiting for mail, and what is read of it.</summary>
public sealed class WaitingTests
{
    [Fact]
    public async Task A_message_is_waited_for_and_read()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await smtp.SendAsync("bob@example.test");
        var mail = await smtp.WaitForMessageAsync(to: "bob@EXAMPLE.test", from: "app@", subject: "confirm", text: "or OPEN");
        Assert.Equal("bob@example.test", mail.Recipient);
        Assert.Equal("bounce@client.test", mail.Sender);
        Assert.Equal(new Correspondent("App", "app@client.test"), mail.From);
        Assert.Equal(["bob@example.test", "eve@example.test"], mail.To.Select(t => t.Address));
        Assert.Equal("Confirm your address", mail.Subject);
        Assert.Equal("493817", mail.Code);
        Assert.Equal("https://app.test/confirm?t=1", mail.Link("confirm").Url);
        Assert.Null(mail.Html);
        Assert.Empty(mail.Attachments);
        Assert.Contains("Subject: Confirm your address\r\n", Encoding.ASCII.GetString(mail.Raw.Span), StringComparison.Ordinal);
        Assert.Equal("<bounce@client.test>", mail.Header("Return-Path"));
    }

    [Fact]
    public async Task Html_and_attachments_are_taken_apart()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await smtp.SendAsync("bob@example.test", """
            Subject: =?utf-8?q?R=C3=A9sum=C3=A9?=
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/html; charset=utf-8

            <p>Open <a href="https://app.test/r?a=1&amp;b=2">your file</a></p>
            --b
            Content-Type: text/csv; name="../x.csv"
            Content-Disposition: attachment; filename="../x.csv"
            Content-Transfer-Encoding: base64

            YSxi
            --b--
            """);
        var mail = await smtp.WaitForMessageAsync(subject: "résumé", text: "your file");
        Assert.Null(mail.Text);
        Assert.Equal(new MailLink("https://app.test/r?a=1&b=2", "your file"), mail.Link("your file"));
        var file = Assert.Single(mail.Attachments);
        Assert.Equal(("x.csv", "text/csv", "a,b", false), (file.Name, file.MediaType, file.ContentAsText(), file.IsInline));
    }

    [Fact]
    public async Task A_wait_ends_when_the_mail_comes()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        var waiting = smtp.WaitForMessagesAsync(2, subject: "confirm", timeout: TimeSpan.FromMinutes(1));
        await smtp.SendAsync("bob@example.test");
        await smtp.SendAsync("bob@example.test", "Subject: other\n\nx");
        Assert.False(waiting.IsCompleted);
        await smtp.SendAsync("eve@example.test");
        Assert.Equal(["bob@example.test", "eve@example.test"], (await waiting).Select(m => m.Recipient));
    }

    [Fact]
    public async Task What_does_not_come_is_explained_by_what_did()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await smtp.SendAsync("bob@example.test");
        await smtp.TrySendAsync("fail-550@example.test");
        var missing = await Assert.ThrowsAsync<MailExpectationException>(
            () => smtp.WaitForMessageAsync(to: "fail-550@example.test", subject: "Confirm", timeout: TimeSpan.FromMilliseconds(50)));
        Assert.StartsWith(
            $"No message to \"fail-550@example.test\", with \"Confirm\" in the subject arrived at {smtp} within 0.05 s.\n1 message arrived there:\n", missing.Message, StringComparison.Ordinal);
        Assert.Contains("to bob@example.test from App <app@client.test>: \"Confirm your address\"", missing.Message, StringComparison.Ordinal);
        Assert.Contains("RCPT TO:<fail-550@example.test>", missing.Message, StringComparison.Ordinal);
        Assert.Contains("→  550 5.0.0", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_has_connected_it_says_so()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        var missing = await Assert.ThrowsAsync<MailExpectationException>(() => smtp.WaitForMessagesAsync(3, timeout: TimeSpan.Zero));
        Assert.Equal($"None of 3 messages arrived at {smtp} within 0 s.\nNothing arrived there.\nNo client has connected: is it told to send to {smtp.Address}?", missing.Message);
    }

    [Fact]
    public async Task No_message_means_none_that_was_accepted()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await smtp.ExpectNoMessageAsync();
        for (var i = 0; i < 20; i++)
        {
            await smtp.SendAsync("bob@example.test");
        }

        await smtp.ExpectNoMessageAsync(to: "eve@elsewhere.test");
        Assert.Equal(20, (await smtp.GetMessagesAsync()).Count);
        var there = await Assert.ThrowsAsync<MailExpectationException>(() => smtp.ExpectNoMessageAsync(subject: "confirm"));
        Assert.StartsWith($"Expected no message with \"confirm\" in the subject at {smtp}.\n20 messages arrived there:\n", there.Message, StringComparison.Ordinal);
        Assert.EndsWith("Its text begins:\nYour code is 493817. Or open https://app.test/confirm?t=1", there.Message, StringComparison.Ordinal);
        await smtp.ClearAsync();
        await smtp.ExpectNoMessageAsync();
    }

    [Fact]
    public async Task A_code_or_link_that_is_not_there_is_explained()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await smtp.SendAsync("bob@example.test", "Subject: Hello\n\nSee https://app.test/a and https://app.test/b\n");
        var mail = await smtp.WaitForMessageAsync();
        Assert.Contains("Its text begins:\nSee https", Assert.Throws<MailExpectationException>(() => mail.Code).Message, StringComparison.Ordinal);
        Assert.EndsWith("Its links:\n  https://app.test/a\n  https://app.test/b", Assert.Throws<MailExpectationException>(() => mail.Link("confirm")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        var waiting = smtp.WaitForMessageAsync(timeout: TimeSpan.FromMinutes(5), cancellation: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_wait_ends_with_the_server()
    {
        Task waiting;
        await using (var smtp = await ActorSmtpServer.StartAsync())
        {
            waiting = smtp.WaitForMessageAsync(timeout: TimeSpan.FromMinutes(5));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(TimeSpan.FromMinutes(1)));
    }
}
