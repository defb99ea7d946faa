using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Testing.Simulation.Mail;

namespace ActorSmtp.Testing.Simulation.Outbound;

/// <summary>A message that was handed over, with its recipients elsewhere.</summary>
internal sealed record OutboundMail(MailId Id, string From, IReadOnlyList<Recipient> Recipients, byte[] Content)
{
    public bool IsAcknowledged { get; set; }
}

/// <summary>
/// Who was promised what, written down outside the server. In the end each recipient of what was acknowledged has the message, or its sender has one notice that it failed; never
/// both, never two. What an attempt delivered within seconds of a death may not have been recorded: that, and that alone, may be there twice.
/// </summary>
internal sealed class OutboundLedger
{
    private static readonly TimeSpan s_recent = TimeSpan.FromSeconds(10);

    private readonly Dictionary<MailId, OutboundMail> _mails = [];
    private readonly List<(MailId Id, string Address, DateTimeOffset At)> _arrivals = [];
    private readonly HashSet<(MailId Id, string Address)> _atRisk = [];
    private readonly List<(MailId About, string Address, string Action, MailId Notice)> _notices = [];

    public int Notices => _notices.Count;

    public int Arrivals => _arrivals.Count;

    public OutboundMail New(MailId id, string from, IReadOnlyList<Recipient> recipients, byte[] content) => _mails[id] = new OutboundMail(id, from, recipients, content);

    /// <summary>A relay's server has taken it.</summary>
    public void Arrived(Errand errand, int recipient, byte[] content, DateTimeOffset now)
    {
        var address = errand.Envelope.Recipients[recipient].Address.ToString();
        _arrivals.Add((errand.Id, address, now));
        if (_mails.TryGetValue(errand.Id, out var sent))
        {
            Require(content.AsSpan().SequenceEqual(sent.Content), $"{errand.Id} arrives with other content");
            Require(sent.Recipients[recipient].Address.ToString() == address, $"{errand.Id} arrives at {address}");
        }
        else
        {
            Require(errand.Envelope.From.IsNull, $"{errand.Id} is nobody's");
            Read(errand.Id, Encoding.UTF8.GetString(content));
        }
    }

    public void Died(DateTimeOffset now)
    {
        foreach (var (id, address, _) in _arrivals.Where(arrival => now - arrival.At < s_recent))
        {
            _atRisk.Add((id, address));
        }
    }

    public void ReadMailboxes(IDisk disk, string mail)
    {
        foreach (var account in MaildirReader.Accounts(disk, mail).Where(account => account == "box0"))
        {
            using var reader = MaildirReader.Open(disk, mail, account)!;
            foreach (var message in reader.Messages(reader.Names()))
            {
                using var stream = new StreamReader(reader.Open(message.Key)!);
                Require(MailId.TryParse(message.Id, out var id), message.Key);
                Read(id, stream.ReadToEnd());
            }
        }
    }

    /// <summary>Throws with the first promise that was not kept.</summary>
    public void Check()
    {
        foreach (var sent in _mails.Values)
        {
            foreach (var recipient in sent.Recipients.Where(recipient => recipient.Account is null))
            {
                Check(sent, recipient.Address.ToString());
            }
        }

        foreach (var (id, address, _) in _arrivals.Where(arrival => !_mails.ContainsKey(arrival.Id)))
        {
            var copies = _arrivals.Count(arrival => arrival.Id == id && arrival.Address == address);
            Require(copies == 1 || _atRisk.Contains((id, address)), $"notice {id} arrived {copies} times");
        }
    }

    private void Check(OutboundMail sent, string address)
    {
        var arrived = _arrivals.Count(arrival => arrival.Id == sent.Id && arrival.Address == address);
        var failed = _notices.Where(notice => notice.About == sent.Id && notice.Address == address && notice.Action == "failed").Select(notice => notice.Notice).Distinct().Count();
        var delayed = _notices.Where(notice => notice.About == sent.Id && notice.Address == address && notice.Action == "delayed").Select(notice => notice.Notice).Distinct().Count();
        var about = $"{sent.Id} to {address} from <{sent.From}>: arrived {arrived} times, {failed} notices of failure, {delayed} of delay";
        var atRisk = _atRisk.Contains((sent.Id, address));
        Require(arrived <= 1 || atRisk, $"twice: {about}");
        Require(failed <= 1 && delayed <= 1, $"two notices: {about}");
        Require(failed == 0 || arrived == 0 || atRisk, $"delivered and returned: {about}");
        if (sent.IsAcknowledged)
        {
            Require(arrived > 0 || failed > 0 || sent.From.Length == 0, $"lost: {about}");
        }

        Require(sent.From.Length > 0 || failed + delayed == 0, $"a notice to nobody: {about}");
    }

    /// <summary>A notice: what it says of whom.</summary>
    private void Read(MailId notice, string text)
    {
        string? address = null, action = null;
        foreach (var line in text.Split("\r\n"))
        {
            if (line.StartsWith("Final-Recipient: rfc822; ", StringComparison.Ordinal))
            {
                address = line["Final-Recipient: rfc822; ".Length..];
            }
            else if (line.StartsWith("Action: ", StringComparison.Ordinal))
            {
                action = line["Action: ".Length..];
            }
            else if (line.StartsWith("Final-Log-ID: ", StringComparison.Ordinal))
            {
                _notices.Add((MailId.Parse(line["Final-Log-ID: ".Length..]), address!, action!, notice));
            }
        }
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException(what);
        }
    }
}
