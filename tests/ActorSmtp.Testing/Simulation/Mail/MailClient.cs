using System.Text;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>
/// A scripted client: some dialogues one after the other, each in a manner that the seed chooses. It knows what must be answered to everything it
/// says, in order and once, and writes down what it was promised.
/// </summary>
internal sealed partial class MailClient
{
    private static readonly (string Line, string Answer)[] _small =
    [
        ("NOOP", "250 2.0.0"), ("RSET", "250 2.0.0"), ("VRFY box1", "252 2.0.0"), ("HELP", "214 2.0.0"), ("EHLO again.test", "250 "),
        ("FROBNICATE", "500 5.5.2"), ("DATA", "503 5.5.1"), ("RCPT TO:<box0@mx.test>", "503 5.5.1"), ("MAIL FROM:<", "501 5.5.4"),
    ];

    private readonly MailWorld _world;
    private readonly Random _random;
    private readonly string _name;
    private SimulatedPeer? _peer;
    private Manner _manner;
    private int _deathsBefore;
    private int _errors;

    public MailClient(MailWorld world, string name, Random random) => (_world, _name, _random) = (world, name, random);

    private enum Manner
    {
        Plain,
        Pipelined,
        Chunked,
        Lmtp,
        Submission,
        Chatter,
        NeverReads,
        Idle,
    }

    public async Task RunAsync()
    {
        try
        {
            for (var dialogues = _random.Next(1, 4); dialogues > 0; dialogues--)
            {
                await _world.Sleep(_random.NextDouble() * 2);
                try
                {
                    await DialogueAsync();
                }
                catch (ConnectionLostException lost)
                {
                    _world.Simulation.Note($"{_name} gives up: {lost.Message}");
                }
                finally
                {
                    _peer?.Abort();
                    _peer = null;
                }
            }
        }
        catch (Exception wrong)
        {
            _world.Simulation.Fail(wrong is InvariantException ? wrong : new InvariantException($"{_name}: {wrong}"));
        }
    }

    /// <summary>Fails the run if this client has been waiting for longer than any server may take.</summary>
    public void CheckPatience()
    {
        if (_peer is { WaitsFor: { } what } peer && TimeSpan.FromTicks(_world.Simulation.Now - peer.WaitsSince) > TimeSpan.FromMinutes(15))
        {
            _world.Simulation.Fail(new InvariantException($"{_name} has waited {TimeSpan.FromTicks(_world.Simulation.Now - peer.WaitsSince)} for {what}"));
        }
    }

    private async Task DialogueAsync()
    {
        _manner = _random.Next(24) switch
        {
            0 => Manner.NeverReads,
            1 => Manner.Idle,
            2 or 3 => Manner.Chatter,
            4 or 5 or 6 => Manner.Submission,
            < 10 => Manner.Lmtp,
            < 14 => Manner.Chunked,
            < 19 => Manner.Pipelined,
            _ => Manner.Plain,
        };
        while (_world.Server is null)
        {
            await _world.Sleep(0.5);
        }

        _deathsBefore = _world.Deaths;
        _errors = 0;
        var dawdle = _random.Next(5) == 0 ? TimeSpan.FromSeconds(30) : TimeSpan.Zero;
        _peer = new SimulatedPeer(_world, _name)
        {
            CutAfter = _random.Next(6) == 0 ? _random.Next(_random.Next(2) == 0 ? 300 : 5000) : long.MaxValue,
            CutKind = _random.Next(3),
            ReadDelay = () =>
            {
                var delay = dawdle > TimeSpan.Zero && _random.Next(3) == 0 ? TimeSpan.FromSeconds(_random.NextDouble() * 4) : TimeSpan.Zero;
                dawdle -= delay;
                return delay;
            },
        };
        await _peer.ConnectAsync(_world.Server.EndPoints[_manner switch { Manner.Lmtp => "lmtp", Manner.Submission => "sub", _ => "mx" }]);
        _world.Simulation.Note($"{_name} is connected, {_manner}");
        _world.Count($"dialogue {_manner}");
        if (_manner == Manner.NeverReads)
        {
            await FloodAsync();
            return;
        }

        await Hear("the connection", "220 ");
        if (_manner == Manner.Idle)
        {
            await IdleAsync();
            return;
        }

        await Say(_manner == Manner.Lmtp ? "LHLO client.test" : "EHLO client.test", "250 ");
        if (_manner == Manner.Submission && !await LogInAsync())
        {
            return;
        }

        for (var mails = _manner == Manner.Chatter ? 0 : _random.Next(1, 5); mails > 0; mails--)
        {
            if (_random.Next(4) == 0)
            {
                await ChatAsync(_random.Next(1, 4));
            }

            await (_manner switch
            {
                Manner.Pipelined => PipelinedAsync(),
                Manner.Chunked => ChunkedAsync(),
                Manner.Lmtp => _random.Next(2) == 0 ? PlainAsync() : ChunkedAsync(),
                _ => PlainAsync(),
            });
            if (_random.Next(5) == 0)
            {
                await _world.Sleep(_random.NextDouble() * 20);
            }
        }

        if (_manner == Manner.Chatter)
        {
            await ChatAsync(_random.Next(5, 25));
        }

        await Say("QUIT", "221 2.0.0");
        await _peer.ExpectEndAsync();
    }

    /// <summary>Small commands in one batch; each has its one answer, in order.</summary>
    private async Task ChatAsync(int count)
    {
        var batch = new List<(string Line, string Answer)>();
        for (; count > 0; count--)
        {
            var next = _small[_random.Next(_small.Length)];
            if ((next.Answer[0] == '5' && ++_errors > 10) || (_manner == Manner.Lmtp && next.Line.StartsWith("EHLO", StringComparison.Ordinal)))
            {
                next = _small[0];
            }

            batch.Add(_manner == Manner.Submission && next.Answer.StartsWith("501", StringComparison.Ordinal) ? _small[0] : next);
        }

        _peer!.Send(string.Concat(batch.Select(b => b.Line + "\r\n")));
        foreach (var (line, answer) in batch)
        {
            await Hear(line, answer);
        }
    }

    private async Task<bool> LogInAsync()
    {
        var account = $"box{_random.Next(MailWorld.Accounts)}";
        if (_random.Next(4) == 0)
        {
            var no = await Say($"AUTH PLAIN {Base64($"\0{account}\0wrong")}", "535 5.7.8", "454 4.7.0");
            _errors++;
            if (no[0] == '4')
            {
                return false;
            }
        }

        string answer;
        if (_random.Next(2) == 0)
        {
            answer = await Say($"AUTH PLAIN {Base64($"\0{account}\0{MailWorld.Password}")}", "235 2.7.0", "454 4.7.0");
        }
        else
        {
            await Say("AUTH LOGIN", "334 ");
            await Say(Base64(account), "334 ");
            answer = await Say(Base64(MailWorld.Password), "235 2.7.0", "454 4.7.0");
        }

        return answer[0] == '2';
    }

    /// <summary>Says on and on and never reads: the server has to end it by itself.</summary>
    private async Task FloodAsync()
    {
        var flood = string.Concat(Enumerable.Repeat("HELP\r\n", 500));
        for (var minutes = 0; minutes < 20 && _peer!.Closed is null; minutes++)
        {
            if (minutes < 4)
            {
                _peer.Send(flood);
            }

            await _world.Sleep(60);
        }

        while (_peer!.Closed is null && await _peer.ReadReplyAsync("the end of a flood") is not null)
        {
        }
    }

    /// <summary>Says nothing for longer than a command may take.</summary>
    private async Task IdleAsync()
    {
        await _world.Sleep(420);
        if (await _peer!.ReadReplyAsync("the end of its patience") is not { } reply)
        {
            throw Lost("the end of its patience");
        }

        Require(reply[^1].StartsWith("421 4.4.2", StringComparison.Ordinal) || Excused(reply[^1]), $"after seven silent minutes it heard '{reply[^1]}'");
        await _peer.ExpectEndAsync();
    }

    private async Task<string> Say(string line, params string[] answers)
    {
        _peer!.Send(line + "\r\n");
        return await Hear(line, answers);
    }

    /// <summary>The next reply, which must be one of those.</summary>
    private async Task<string> Hear(string to, params string[] answers)
    {
        var reply = await _peer!.ReadReplyAsync(to) ?? throw Lost(to);
        var last = reply[^1];
        if (last[0] is '4' or '5')
        {
            _world.Count($"reply {last[..3]}");
        }

        if (last.StartsWith("421", StringComparison.Ordinal) && Excused(last))
        {
            await _peer.ExpectEndAsync();
            throw new ConnectionLostException(last);
        }

        Require(Array.Exists(answers, a => last.StartsWith(a, StringComparison.Ordinal)), $"to '{to}' it heard '{last}' and not {string.Join(" or ", answers)}");
        return last;
    }

    /// <summary>A 421 that has its reason outside the dialogue: the server is going down.</summary>
    private bool Excused(string reply) => reply.StartsWith("421 4.3.2", StringComparison.Ordinal) && _world.Deaths > _deathsBefore;

    /// <summary>The end without a word has its reason: a death, a cut of the network, or ours.</summary>
    private ConnectionLostException Lost(string to)
    {
        Require(_world.Deaths > _deathsBefore || _world.Weather.CutOneIn > 0 || _peer!.CutAfter != long.MaxValue,
            $"the server ended the connection ({_peer!.Closed}) instead of answering {to}");
        return new ConnectionLostException(_peer!.Closed.ToString()!);
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException($"{_name} ({_manner}): {what}");
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
