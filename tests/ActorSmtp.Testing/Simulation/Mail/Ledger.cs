using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Maildir;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>How far a message came, as its sender knows it.</summary>
internal enum Fate
{
    /// <summary>Its content was not sent to the end: it must be nowhere.</summary>
    NotSent,

    /// <summary>All was sent, and no answer came: it may be there, once, for all or for none.</summary>
    InDoubt,

    /// <summary>250: it must be there, once for each recipient.</summary>
    Acknowledged,

    /// <summary>4xx: nothing is promised; if it is there all the same, then once.</summary>
    Deferred,

    /// <summary>5xx: it must be nowhere.</summary>
    Refused,
}

/// <summary>One message of one client.</summary>
internal sealed class SentMail(string token, string from, byte[] content)
{
    public string Token { get; } = token;

    public string From { get; } = from;

    /// <summary>As it must be found: dots unstuffed, lines ended by CRLF.</summary>
    public byte[] Content { get; } = content;

    public Fate Fate { get; set; }

    /// <summary>The server's id out of its 250.</summary>
    public string? Id { get; set; }

    /// <summary>Accounts whose RCPT was accepted.</summary>
    public HashSet<string> Accounts { get; } = new(StringComparer.Ordinal);

    public override string ToString() => $"{Token} ({Fate}{(Id is null ? "" : $", {Id}")}, {Content.Length} octets, for {string.Join(", ", Accounts)})";
}

/// <summary>Who was promised what, written down outside the server; compared in the end with what the mailboxes hold (Jepsen's total queue).</summary>
internal sealed class Ledger
{
    private readonly Dictionary<string, SentMail> _byToken = new(StringComparer.Ordinal);
    private int _next;

    public IReadOnlyCollection<SentMail> All => _byToken.Values;

    /// <summary>Messages accepted and not in their mailboxes when the process died, over all deaths: so many may be there twice.</summary>
    public long InFlightAtCrashes { get; set; }

    public SentMail New(string from, Func<string, byte[]> content)
    {
        var token = $"m{++_next}";
        return _byToken[token] = new SentMail(token, from, content(token));
    }

    /// <summary>Compares. Throws with the first difference.</summary>
    /// <returns>Copies found.</returns>
    public int Check(IDisk disk, string mail)
    {
        var found = new Dictionary<(string Token, string Account), int>();
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var account in MaildirReader.Accounts(disk, mail))
        {
            using var reader = MaildirReader.Open(disk, mail, account);
            if (reader is null)
            {
                continue;                               // cut off while it was made
            }

            foreach (var message in reader.Messages(reader.Names()))
            {
                using var stream = reader.Open(message.Key) ?? throw new InvariantException($"{account}: {message.Key} cannot be opened");
                var octets = new byte[stream.Length];
                stream.ReadExactly(octets);
                var sent = Recognize(account, message.Key, octets);
                Require(MailId.TryParse(message.Id, out _), $"{account}: {message.Key} has no id in its name");
                Require(ids.TryAdd(message.Id!, sent.Token) || ids[message.Id!] == sent.Token, $"id {message.Id} stands for two messages");
                Require(sent.Id is null || sent.Id == message.Id, $"{sent} is in {account} as {message.Id}");
                found[(sent.Token, account)] = found.GetValueOrDefault((sent.Token, account)) + 1;
            }
        }

        var twice = 0;
        foreach (var sent in _byToken.Values)
        {
            var copies = sent.Accounts.Select(account => found.GetValueOrDefault((sent.Token, account))).ToList();
            twice += copies.Sum(n => Math.Max(0, n - 1));
            switch (sent.Fate)
            {
                case Fate.Acknowledged:
                    Require(copies.TrueForAll(n => n > 0), $"{sent} was acknowledged and is lost");
                    break;
                case Fate.NotSent or Fate.Refused:
                    Require(copies.TrueForAll(n => n == 0), $"{sent} is in a mailbox");
                    break;
                default:
                    Require(copies.TrueForAll(n => n > 0) || copies.TrueForAll(n => n == 0), $"{sent} is there for some of its recipients only");
                    break;
            }
        }

        Require(twice <= InFlightAtCrashes, $"{twice} copies too many, with {InFlightAtCrashes} in flight at crashes");
        return found.Values.Sum();
    }

    private SentMail Recognize(string account, string key, byte[] octets)
    {
        const string Mark = "X-Token: ";
        var text = Encoding.Latin1.GetString(octets, 0, Math.Min(octets.Length, 4096));
        var at = text.IndexOf(Mark, StringComparison.Ordinal);
        Require(at > 0, $"{account}: {key} ({octets.Length} octets) is nobody's: {Show(text)}");
        var end = text.IndexOf('\r', at);
        Require(end > at && _byToken.ContainsKey(text[(at + Mark.Length)..end]), $"{account}: {key} has a wrong token: {Show(text)}");
        var sent = _byToken[text[(at + Mark.Length)..end]];
        Require(sent.Accounts.Contains(account), $"{sent} is in the mailbox of {account}, for whom it is not");
        Require(text.StartsWith($"Return-Path: <{sent.From}>\r\nReceived: from ", StringComparison.Ordinal), $"{sent} begins with {Show(text)}");
        Require(octets.AsSpan().EndsWith(sent.Content) && text[..(at - 0)].Length == octets.Length - sent.Content.Length,
            $"{sent} has other content in the mailbox of {account}: {octets.Length} octets, {Show(text)}");
        return sent;
    }

    private static string Show(string text) => text[..Math.Min(text.Length, 200)].ReplaceLineEndings("|");

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException(what);
        }
    }
}

/// <summary>Something that must hold in every run does not.</summary>
internal sealed class InvariantException(string message) : Exception(message);
