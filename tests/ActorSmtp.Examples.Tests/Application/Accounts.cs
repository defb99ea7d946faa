using System.Globalization;
using System.Net.Mail;
using System.Security.Cryptography;

namespace ActorSmtp.Examples.Tests.Application;

/// <summary>The application under test: people sign up and confirm their address by a link or a code.</summary>
public sealed class Accounts(Postman postman)
{
    private readonly Dictionary<string, (string Code, string Token)> _waiting = [];
    private readonly HashSet<string> _confirmed = [];

    /// <summary>Sends the mail with the link and the code.</summary>
    public async Task SignUpAsync(string address)
    {
        var code = RandomNumberGenerator.GetInt32(100_000, 1_000_000).ToString(CultureInfo.InvariantCulture);
        var token = RandomNumberGenerator.GetHexString(16, lowercase: true);
        _waiting[address] = (code, token);
        using var mail = new MailMessage(new MailAddress("hello@shop.test", "The Shop"), new MailAddress(address))
        {
            Subject = "Confirm your address",
            Body = $"Welcome!\n\nYour code is {code}.\nOr open https://shop.test/confirm?token={token}\n",
        };
        await postman.SendAsync(mail);
    }

    public bool IsConfirmed(string address) => _confirmed.Contains(address);

    /// <summary>False: wrong.</summary>
    public bool ConfirmByCode(string address, string code) => _waiting.TryGetValue(address, out var wanted) && wanted.Code == code && _confirmed.Add(address);

    /// <summary>False: wrong.</summary>
    public bool ConfirmByLink(Uri link)
    {
        var (address, wanted) = _waiting.FirstOrDefault(w => link.Query == $"?token={w.Value.Token}");
        return wanted.Token is not null && _confirmed.Add(address);
    }
}
