using System.Text;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Files;
using ActorSmtp.Storage.Maildir;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// A line of the file of accounts: an account, or a mistake; an account that was read is written and read again as it is, and its name never leads
/// out of the folder of mailboxes.
/// </summary>
internal sealed class UserLineTarget : FuzzTarget
{
    public override string Name => "users";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "barbie:SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:addresses=b@example.com,c@example.org;admin",
        "ken::", "a@b.example::disabled", "x::addresses=\"q,r\"@example.com;disabled;admin", "gr\u00c3\u00bc::");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets("SCRAM-SHA-256$", "4096:", "$", "addresses=", ";", ",", "disabled", "admin", "a@b", "../", "::", "=", "AAAA", "\u00c3\u00bc")];

    public override void Try(byte[] input, Dice dice)
    {
        UserAccount account;
        try
        {
            account = UserLine.Parse(Encoding.UTF8.GetString(input));
        }
        catch (FormatException)
        {
            return;
        }

        var folder = AccountPath.Encode(account.Name);
        Hold(folder.Length is > 0 and <= 255 && !folder.Any(c => c is '/' or '\\' || char.IsControl(c)) && folder[0] != '.', $"'{account.Name}' has the folder '{folder}'");
        var written = UserLine.Write(account);
        Hold(!written.Contains('\n', StringComparison.Ordinal), "more than a line");
        var again = UserLine.Parse(written);
        Hold(account with { Addresses = [] } == again with { Addresses = [] } && account.Addresses.SequenceEqual(again.Addresses), $"'{written}' is another account");
    }
}
