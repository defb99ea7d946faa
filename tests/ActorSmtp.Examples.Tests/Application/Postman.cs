using System.Net;
using System.Net.Mail;

namespace ActorSmtp.Examples.Tests.Application;

/// <summary>
/// How the application sends: once more where the failure may pass. Each mail has a Message-ID of its own that stays the same, so that a
/// copy can be told from another mail.
/// </summary>
public sealed class Postman(string host, int port, NetworkCredential? login = null)
{
    private const int Attempts = 3;

    /// <exception cref="SmtpException">It was refused for good, or too often.</exception>
    public async Task SendAsync(MailMessage mail)
    {
        mail.Headers["Message-ID"] = $"<{Guid.NewGuid():N}@shop.test>";
        for (var attempt = 1; ; attempt++)
        {
            // A connection for each attempt: the one before may be the trouble.
            using var client = new SmtpClient(host, port) { Credentials = login };
            try
            {
                await client.SendMailAsync(mail);
                return;
            }
            catch (SmtpException failed) when (attempt < Attempts && (int)failed.StatusCode is < 500)
            {
                // 4xx, or the link broke (GeneralFailure, -1): it may go the next time.
            }
        }
    }
}
