using System.Text;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>How it hands over messages: step by step, pipelined, in chunks.</summary>
internal sealed partial class MailClient
{
    private const string Refusals = "452 4.3.1";

    /// <summary>MAIL, RCPT, DATA, each after the other's answer; the content in pieces.</summary>
    private async Task PlainAsync()
    {
        var (mail, recipients) = NewMail();
        if (!await Begins(await Say($"MAIL FROM:<{mail.From}>", "250 2.1.0", Refusals, "451 4.3.0")))
        {
            return;
        }

        foreach (var recipient in recipients)
        {
            await Say($"RCPT TO:<{recipient}@mx.test>", recipient == "nobody" ? "550 5.1.1" : "250 2.1.5");
        }

        if (mail.Accounts.Count == 0)
        {
            await Say("DATA", "503 5.5.1", "554 5.5.1");
            await Say("RSET", "250 2.0.0");
            return;
        }

        await Say("DATA", "354 ");
        await HandOverAsync(mail, Stuffed(mail.Content));
        await OutcomeAsync(mail, recipients);
    }

    /// <summary>RFC 2920: everything up to DATA in one batch.</summary>
    private async Task PipelinedAsync()
    {
        var (mail, recipients) = NewMail();
        _peer!.Send($"MAIL FROM:<{mail.From}>\r\n{string.Concat(recipients.Select(r => $"RCPT TO:<{r}@mx.test>\r\n"))}DATA\r\n");
        var taken = (await Hear("MAIL", "250 2.1.0", Refusals, "451 4.3.0"))[0] == '2';
        foreach (var recipient in recipients)
        {
            await Hear("RCPT", !taken ? "503 5.5.1" : recipient == "nobody" ? "550 5.1.1" : "250 2.1.5");
        }

        if (!taken || mail.Accounts.Count == 0)
        {
            await Hear("DATA", "503 5.5.1", "554 5.5.1");
            await Say("RSET", "250 2.0.0");
            return;
        }

        await Hear("DATA", "354 ");
        await HandOverAsync(mail, Stuffed(mail.Content));
        await OutcomeAsync(mail, recipients);
    }

    /// <summary>RFC 3030: BDAT, its chunks one by one or all in one batch.</summary>
    private async Task ChunkedAsync()
    {
        var (mail, recipients) = NewMail();
        if (!await Begins(await Say($"MAIL FROM:<{mail.From}>", "250 2.1.0", Refusals, "451 4.3.0")))
        {
            return;
        }

        foreach (var recipient in recipients)
        {
            await Say($"RCPT TO:<{recipient}@mx.test>", recipient == "nobody" ? "550 5.1.1" : "250 2.1.5");
        }

        if (mail.Accounts.Count == 0)
        {
            await Say("RSET", "250 2.0.0");
            return;
        }

        var batched = _random.Next(2) == 0;
        var chunks = new Queue<bool>();
        for (var at = 0; at < mail.Content.Length;)
        {
            var size = Math.Min(mail.Content.Length - at, _random.Next(1, Math.Max(2, mail.Content.Length)));
            at += size;
            var last = at == mail.Content.Length;
            byte[] wire = [.. Encoding.ASCII.GetBytes($"BDAT {size}{(last ? " LAST" : "")}\r\n"), .. mail.Content.AsSpan(at - size, size)];
            await (last ? HandOverAsync(mail, wire) : SendPiecesAsync(wire));
            if (last)
            {
                break;
            }

            chunks.Enqueue(at > MailWorld.MessageSize);
            while (chunks.Count > (batched ? 20 : 0))
            {
                if (!await ChunkAsync(mail, chunks.Dequeue()))
                {
                    return;
                }
            }
        }

        while (chunks.TryDequeue(out var tooBig))
        {
            if (!await ChunkAsync(mail, tooBig))
            {
                return;
            }
        }

        await OutcomeAsync(mail, recipients);
    }

    /// <summary>The answer to a chunk that is not the last. False: the message is refused with it.</summary>
    private async Task<bool> ChunkAsync(SentMail mail, bool tooBig)
    {
        if (!tooBig)
        {
            await Hear("BDAT", "250 2.0.0");
            return true;
        }

        Settle(mail, await Hear("BDAT over the limit", "552 5.3.4"));
        throw new ConnectionLostException("its message is too big");
    }

    private async Task<bool> Begins(string answer)
    {
        if (answer[0] == '2')
        {
            return true;
        }

        await _world.Sleep(_random.Next(10));
        return false;
    }

    /// <summary>The content's last part: from now on the message may be stored, whatever we hear.</summary>
    private async Task HandOverAsync(SentMail mail, byte[] wire)
    {
        var end = _peer!.Sent + wire.Length;
        try
        {
            await SendPiecesAsync(wire);
        }
        finally
        {
            if (_peer.Sent >= end)
            {
                mail.Fate = Fate.InDoubt;
            }
        }
    }

    private async Task SendPiecesAsync(byte[] wire)
    {
        // So many pieces at most: over a slow network more would fall below the least speed, and be hung up on.
        var piece = _random.Next(3) == 0 ? Math.Max(_random.Next(1, 5000), wire.Length / 200) : wire.Length;
        for (var at = 0; at < wire.Length; at += piece)
        {
            _peer!.Send(wire.AsSpan(at, Math.Min(piece, wire.Length - at)));
            if (at + piece < wire.Length && _random.Next(8) == 0)
            {
                await _world.Sleep(_random.NextDouble());
            }

            // A peer that sends on while nothing is taken would pile everything up on its own side.
            while (_peer.OutputPending && _peer.Closed is null)
            {
                await _world.Sleep(0.05);
            }
        }
    }

    private async Task OutcomeAsync(SentMail mail, List<string> recipients)
    {
        if (_manner != Manner.Lmtp)
        {
            Settle(mail, await Hear($"the end of {mail.Token}", "250 2.0.0 OK: queued as ", "451 4.3.0", Refusals, "552 5.3.4"));
            return;
        }

        // RFC 2033 §4.2: an answer for each recipient that was accepted, in their order, all the same here.
        foreach (var recipient in recipients.Where(r => r != "nobody"))
        {
            Settle(mail, await Hear($"the end of {mail.Token}", $"250 2.1.5 <{recipient}@mx.test> OK: ", "451 4.3.0", Refusals, "552 5.3.4"));
        }
    }

    private void Settle(SentMail mail, string answer)
    {
        var fate = answer[0] switch
        {
            '2' => Fate.Acknowledged,
            '4' => Fate.Deferred,
            _ => Fate.Refused,
        };
        Require(mail.Fate is Fate.InDoubt or Fate.NotSent || mail.Fate == fate, $"{mail} was answered in two ways, at last '{answer}'");
        mail.Fate = fate;
        if (fate == Fate.Acknowledged)
        {
            mail.Id = answer[(answer.LastIndexOf(' ') + 1)..];
        }

        if (fate == Fate.Refused)
        {
            _errors++;
        }
    }

    private (SentMail Mail, List<string> Recipients) NewMail()
    {
        var most = _random.Next(20) switch { < 13 => 2_000, < 18 => 80_000, 18 => 300_000, _ => _random.Next(3) == 0 ? 1_300_000 : 300_000 };
        if (_world.Weather.Chunking == Transport.Chunking.Bytes)
        {
            most = Math.Min(most, 3_000);
        }
        else if (_world.Weather.Chunking == Transport.Chunking.Lines)
        {
            most = Math.Min(most, 80_000);
        }

        var mail = _world.Ledger.New($"{_name}@client.test", token => Content(token, _random.Next(most)));
        var recipients = new List<string>();
        for (var n = _random.Next(4) == 0 ? _random.Next(1, 5) : 1; n > 0; n--)
        {
            var recipient = _errors < 8 && _random.Next(12) == 0 ? "nobody" : $"box{_random.Next(MailWorld.Accounts)}";
            recipients.Add(recipient);
            if (recipient == "nobody")
            {
                _errors++;
            }
            else
            {
                mail.Accounts.Add(recipient);
            }
        }

        return (mail, recipients);
    }

    /// <summary>Lines of some text, some of them with a dot in front (RFC 5321 §4.5.2).</summary>
    private byte[] Content(string token, int size)
    {
        var text = new StringBuilder(size + 200).Append("X-Token: ").Append(token).Append("\r\nSubject: simulated\r\n\r\n");
        while (text.Length < size)
        {
            text.Append('.', _random.Next(20) == 0 ? _random.Next(3) : 0).Append((char)('a' + _random.Next(26)), _random.Next(79)).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static byte[] Stuffed(byte[] content)
    {
        var wire = new List<byte>(content.Length + 200);
        var begins = true;
        foreach (var octet in content)
        {
            if (begins && octet == '.')
            {
                wire.Add((byte)'.');
            }

            wire.Add(octet);
            begins = octet == '\n';
        }

        wire.AddRange(".\r\n"u8);
        return [.. wire];
    }
}
