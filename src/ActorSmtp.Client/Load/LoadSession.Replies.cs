using System.Text;

namespace ActorSmtp.Client.Load;

/// <summary>What the server answered, and what comes next.</summary>
internal sealed partial class LoadSession
{
    [Flags]
    private enum Offers
    {
        None = 0,
        Pipelining = 1,
        Chunking = 2,
        StartTls = 4,
    }

    /// <summary>One line of a reply. False if the connection's input is ours no longer.</summary>
    private bool OnLine(ReadOnlySpan<byte> line)
    {
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return Fail(0, "", "a line that is no reply: " + Shown(line));
        }

        if (_step == LoadStep.Ehlo)
        {
            Note(line[Math.Min(4, line.Length)..]);
        }

        if (line.Length > 3 && line[3] == '-')
        {
            return true;
        }

        var right = _step == LoadStep.Data ? line[0] == '3' : line[0] == '2';
        if (!right && _step != LoadStep.Quit)
        {
            var text = Shown(line);
            var code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + line[2] - '0';
            return Fail(code, text.Split(' ', 3) is [_, var second, ..] && second.Contains('.', StringComparison.Ordinal) ? second : "", text);
        }

        return OnReply();
    }

    private bool OnReply()
    {
        switch (_step)
        {
            case LoadStep.Greeting:
                Say(LoadStep.Ehlo, LoadScript.Hello);
                return true;

            case LoadStep.Ehlo:
                return AfterHello();

            case LoadStep.StartTls:
                Await(LoadStep.Tls);
                _connection!.StartTls(generator.TlsOptions);
                return false;

            case LoadStep.Mail:
                Await(LoadStep.Rcpt);
                if (!IsGrouped)
                {
                    SayRcpt(0);
                }

                return true;

            case LoadStep.Rcpt:
                if (--_recipients > 0)
                {
                    if (!IsGrouped)
                    {
                        SayRcpt(_plan.Recipients - _recipients);
                    }

                    return true;
                }

                Await(_plan.Chunking ? LoadStep.Message : LoadStep.Data);
                if (!IsGrouped)
                {
                    Say(LoadStep.Data, LoadScript.Data);
                }

                return true;

            case LoadStep.Data:
                Await(LoadStep.Message);
                _sent = 0;
                SendBody();
                return true;

            case LoadStep.Message when _sent < _script.Body.Length:
                return Fail(0, "early", "a reply to the message before its end");

            case LoadStep.Message:
                _hasMessage = false;
                AfterMessage(generator.OnAccepted(this));
                return true;

            case LoadStep.Quit:
                _connection!.Close(linger: false);
                return false;

            default:
                return Fail(0, "unasked", "a reply to nothing");
        }
    }

    private bool AfterHello()
    {
        if (_plan.Tls == ClientTls.StartTls && !_connection!.IsSecure)
        {
            if ((_offered & Offers.StartTls) == 0)
            {
                return Lacks("STARTTLS");
            }

            _offered = Offers.None;
            Say(LoadStep.StartTls, LoadScript.StartTls);
            return true;
        }

        if (_plan.Pipelining && (_offered & Offers.Pipelining) == 0)
        {
            return Lacks("PIPELINING");
        }

        if (_plan.Chunking && (_offered & Offers.Chunking) == 0)
        {
            return Lacks("CHUNKING");
        }

        SendEnvelope();
        return true;
    }

    private bool Lacks(string extension)
    {
        var why = $"the server does not offer {extension}";
        generator.OnHopeless(why);
        return Fail(0, "offer", why);
    }

    private void AfterMessage(bool more)
    {
        if (!more || _plan.Reconnect)
        {
            SayGoodbye();
            return;
        }

        _step = LoadStep.Ready;
        generator.OnReady(this);
    }

    private void Note(ReadOnlySpan<byte> extension)
    {
        var end = extension.IndexOf((byte)' ');
        var keyword = end < 0 ? extension : extension[..end];
        _offered |= Ascii.EqualsIgnoreCase(keyword, "PIPELINING"u8) ? Offers.Pipelining
            : Ascii.EqualsIgnoreCase(keyword, "CHUNKING"u8) ? Offers.Chunking
            : Ascii.EqualsIgnoreCase(keyword, "STARTTLS"u8) ? Offers.StartTls : Offers.None;
    }

    private static string Shown(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line[..Math.Min(line.Length, 200)]);
        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] is >= ' ' and < '\x7f' ? from[i] : '?';
            }
        });
    }
}
