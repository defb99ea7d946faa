using System.Globalization;
using System.Text;

namespace ActorSmtp.Testing.Peers;

/// <summary>What a textbook server understands, and where it looks whether it is a client's fault.</summary>
internal sealed partial class PeerSession
{
    private readonly List<string> _accepted = [];
    private readonly MemoryStream _content = new();
    private string _sender = "";
    private bool _introduced;
    private bool _transaction;
    private bool _inContent;
    private bool _chunkIsLast;
    private int _chunkLeft = -1;
    private int _promised;
    private int _scanned;

    private bool Pipelines => _peer.Script.Offers.Contains("PIPELINING");

    private void Greet() => Meet(PeerPoint.Greeting, $"220 {_peer.Name} ready\r\n");

    /// <summary>The next command or piece of content, if there is one.</summary>
    private bool TakeNext()
    {
        if (_chunkLeft >= 0)
        {
            return TakeChunk();
        }

        if (_inContent)
        {
            return TakeContent();
        }

        var octets = _unread.GetBuffer().AsSpan(0, (int)_unread.Length);
        var lf = octets.IndexOf((byte)'\n');
        if (lf < 0)
        {
            return false;
        }

        var line = octets[..(lf + 1)];
        _peer.Note(_number, 'C', line);
        if (!line.EndsWith("\r\n"u8) || line[..^2].ContainsAny((byte)'\r', (byte)'\0'))
        {
            _peer.Complaints.Enqueue("a command that does not end as it must");
        }

        var command = Encoding.UTF8.GetString(line).TrimEnd('\r', '\n');
        var verb = command.Split(' ', ':')[0].ToUpperInvariant();
        Drop(lf + 1);
        if (_unread.Length > 0 && !_peer.Script.SaysTooMuch && verb is not "BDAT" && (!Pipelines || verb is not ("MAIL" or "RCPT" or "RSET")))
        {
            _peer.Complaints.Enqueue($"something was sent behind {verb} before its reply (RFC 2920 §3.1)");
        }

        On(verb, command);
        return true;
    }

    private void On(string verb, string command)
    {
        switch (verb)
        {
            case "EHLO" or "LHLO" when (verb == "LHLO") == _peer.SpeaksLmtp:
                _introduced = true;
                ForgetTransaction();
                Meet(verb == "EHLO" ? PeerPoint.Ehlo : PeerPoint.Lhlo, Introduction());
                break;

            case "HELO" when !_peer.SpeaksLmtp:
                _introduced = true;
                Meet(PeerPoint.Helo, $"250 {_peer.Name}\r\n");
                break;

            case "STARTTLS" when Meet(PeerPoint.StartTls, "220 go\r\n") is 220:
                _then = () => Meet(PeerPoint.Handshake, "");
                break;

            case "STARTTLS":
                break;

            case "AUTH":
                Meet(PeerPoint.Auth, "235 2.7.0 welcome\r\n");
                break;

            case "MAIL":
                _sender = Address(command);
                _transaction = Meet(PeerPoint.Mail, _introduced && !_transaction ? "250 2.1.0 ok\r\n" : "503 5.5.1 not now\r\n") is >= 200 and < 300;
                break;

            case "RCPT":
                if (Meet(PeerPoint.Rcpt, _transaction ? "250 2.1.5 ok\r\n" : "503 5.5.1 not now\r\n") is >= 200 and < 300)
                {
                    _accepted.Add(Address(command));
                }

                break;

            case "DATA":
                _inContent = Meet(PeerPoint.Data, _accepted.Count > 0 ? "354 go on\r\n" : "554 5.5.1 for nobody\r\n") is 354;
                break;

            case "BDAT" when command.Split(' ') is [_, var length, .. var last]:
                _chunkLeft = int.Parse(length, CultureInfo.InvariantCulture);
                _chunkIsLast = last.Length > 0;
                break;

            case "RSET":
                ForgetTransaction();
                Meet(PeerPoint.Rset, "250 2.0.0 forgotten\r\n");
                break;

            case "QUIT":
                Meet(PeerPoint.Quit, "221 2.0.0 bye\r\n", () => Do(new PeerAction.Drop()));
                break;

            default:
                _good = "500 5.5.2 what?\r\n";
                _todo.AddLast(new PeerAction.Good());
                break;
        }
    }

    private string Introduction() => _peer.Script.Offers is { Count: > 0 } offers
        ? $"250-{_peer.Name}\r\n" + string.Concat(offers.Select((o, i) => $"250{(i == offers.Count - 1 ? ' ' : '-')}{o}\r\n"))
        : $"250 {_peer.Name}\r\n";

    private static string Address(string command) =>
        command.IndexOf('<') is >= 0 and var open && command.IndexOf('>', open) is > 0 and var close ? command[(open + 1)..close] : "";

    private bool TakeContent()
    {
        var octets = _unread.GetBuffer().AsSpan(0, (int)_unread.Length);
        if (octets.Length == 0)
        {
            return false;
        }

        if (_times.GetValueOrDefault(PeerPoint.Content) == 0 && _peer.Script.At(PeerPoint.Content, 1) is not null)
        {
            Meet(PeerPoint.Content, "");
            return true;
        }

        var from = Math.Max(0, Math.Min(_scanned, octets.Length) - 4);
        var end = octets.StartsWith(".\r\n"u8) ? 0 : octets[from..].IndexOf("\r\n.\r\n"u8) is >= 0 and var at ? from + at + 2 : -1;
        _scanned = end < 0 ? octets.Length : 0;
        if (end < 0)
        {
            return false;
        }

        _content.SetLength(0);
        Unstuff(octets[..end]);
        Drop(end + 3);
        _inContent = false;
        Decide();
        return true;
    }

    // RFC 5321 §4.5.2
    private void Unstuff(ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf("\r\n"u8) is >= 0 and var at ? at + 2 : lines.Length;
            _content.Write(lines[0] == '.' ? lines[1..end] : lines[..end]);
            lines = lines[end..];
        }
    }

    private bool TakeChunk()
    {
        if (_unread.Length < _chunkLeft)
        {
            return false;
        }

        _content.Write(_unread.GetBuffer(), 0, _chunkLeft);
        Drop(_chunkLeft);
        _chunkLeft = -1;
        if (_chunkIsLast)
        {
            Decide();
        }
        else
        {
            Meet(PeerPoint.Bdat, "250 2.0.0 got it\r\n");
        }

        return true;
    }

    /// <summary>All of the message is here: one reply, or in LMTP one for each (RFC 2033 §4.2).</summary>
    private void Decide()
    {
        _promised = 0;
        DecideNext();
    }

    private void DecideNext() => Meet(
        PeerPoint.Dot,
        _accepted.Count > 0 ? "250 2.0.0 kept\r\n" : "554 5.5.1 for nobody\r\n",
        _peer.SpeaksLmtp && ++_promised < _accepted.Count ? DecideNext : ForgetTransaction);

    private void Take()
    {
        var content = Encoding.Latin1.GetString(_content.GetBuffer(), 0, (int)_content.Length);
        foreach (var recipient in _peer.SpeaksLmtp ? _accepted.Skip(Math.Max(0, _promised - 1)).Take(1) : _accepted)
        {
            _peer.Taken.Enqueue(new TakenMail(_sender, recipient, content));
        }
    }

    private void ForgetTransaction()
    {
        _transaction = false;
        _accepted.Clear();
        _content.SetLength(0);
    }

    private void Drop(int count)
    {
        var left = _unread.GetBuffer().AsSpan(count, (int)_unread.Length - count).ToArray();
        _unread.SetLength(0);
        _unread.Write(left);
    }
}
