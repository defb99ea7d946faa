using System.CommandLine;
using System.Globalization;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Cli.Sending;

/// <summary>The options of <c>send</c>, and how they become an order.</summary>
internal sealed class SendOptions
{
    public const string DefaultServer = "127.0.0.1:2525";

    private readonly Option<string> _server = Text("--server", "HOST:PORT", $"The SMTP server; {DefaultServer} where none is given. Also [IPv6]:PORT and unix:PATH.", "-s");
    private readonly Option<string> _tls = Text("--tls", "auto|starttls|implicit|off", "auto: STARTTLS where it is offered (the default); starttls, implicit: or not at all; off: clear text.");
    private readonly Option<bool> _insecure = Flag("--insecure", "Goes on whatever the server's certificate is worth. With --tls off: sends a password in clear text.");
    private readonly Option<bool> _lmtp = Flag("--lmtp", "Speaks LMTP in place of SMTP.");
    private readonly Option<string> _helo = Text("--helo", "NAME", "What to say in EHLO; the machine's name where it is not given.");
    private readonly Option<string> _timeout = Text("--timeout", "SECONDS", "The longest wait for one answer; RFC 5321's minutes where it is not given.");
    private readonly Option<string> _user = Text("--user", "NAME", $"Logs in; the password comes from --password-file, {Secret.Variable} or a question.", "-u");
    private readonly Option<string> _auth = Text("--auth", "MECH", $"Only this mechanism: {string.Join(", ", Mechanisms.StrongestFirst)}; the strongest that both have where none is given.");
    private readonly Option<string> _passwordFile = Text("--password-file", "FILE", "The password is the first line of FILE; - for standard input.");
    private readonly Option<string> _tokenFile = Text("--token-file", "FILE", $"Logs in with the access token in FILE (- for standard input) in place of a password; also from {Secret.TokenVariable} with --auth oauthbearer.");
    private readonly Option<string> _certificate = Text("--certificate", "FILE", "Our certificate, in PEM form, for a server that asks for one; without --user it is the login (EXTERNAL).");
    private readonly Option<string> _key = Text("--key", "FILE", "The certificate's private key, in PEM form; where it is not in the same file.");
    private readonly Option<string> _from = Text("--from", "ADDRESS", "Who it is from; <> for a message that nobody may answer. You, where it is not given.", "-f");
    private readonly Option<string[]> _to = Many("--to", "ADDRESS", "Who it is for; may be given several times, or several with commas.", "-t");
    private readonly Option<string[]> _cc = Many("--cc", "ADDRESS", "Who gets a copy.");
    private readonly Option<string[]> _bcc = Many("--bcc", "ADDRESS", "Who gets a copy that the others do not see.");
    private readonly Option<string> _subject = Text("--subject", "TEXT", "The subject.");
    private readonly Option<string> _body = Text("--body", "TEXT", "The text.", "-b");
    private readonly Option<string> _bodyFile = Text("--body-file", "FILE", "The text is in FILE; - for standard input.");
    private readonly Option<string> _html = Text("--html", "FILE", "The message as HTML; with a text too, the reader's program chooses.");
    private readonly Option<string[]> _attach = Many("--attach", "FILE", "A file to go with it; may be given several times.", "-a");
    private readonly Option<string[]> _header = Many("--header", "'NAME: VALUE'", "A header field; may be given several times.");
    private readonly Option<string> _eml = Text("--eml", "FILE", "A whole message from a file, - for standard input; without --to it goes to those whom it names.");
    private readonly Option<string> _dsn = Text("--dsn", "never|success,failure,delay", "Which reports are wanted (RFC 3461).");
    private readonly Option<string> _dsnReturn = Text("--dsn-return", "full|headers", "How much of the message a report brings back.");
    private readonly Option<string> _dsnId = Text("--dsn-id", "ID", "What reports call the message.");
    private readonly Option<bool> _transcript = Flag("--transcript", "Shows the dialogue, passwords masked.");
    private readonly Option<bool> _quiet = Flag("--quiet", "Says nothing when all went well.", "-q");
    private readonly Option<bool> _json = Flag("--json", "One JSON document on standard output.");

    public SendOptions AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _server, _tls, _insecure, _user, _auth, _passwordFile, _tokenFile, _certificate, _key, _from, _to, _cc, _bcc, _subject, _body, _bodyFile, _html, _attach, _header,
            _eml, _dsn, _dsnReturn, _dsnId, _lmtp, _helo, _timeout, _transcript, _quiet, _json,
        })
        {
            command.Options.Add(option);
        }

        return this;
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="CommandFailedException">64 for what makes no sense, 65 for line breaks and other controls in a value.</exception>
    public SendOrder Read(ParseResult parsed)
    {
        RefuseControls(parsed);
        if (parsed.GetValue(_eml) is not null)
        {
            RefuseWith(parsed, "--eml, which is a whole message", _subject, _body, _bodyFile, _html, _attach, _header);
        }

        if (parsed.GetValue(_body) is not null)
        {
            RefuseWith(parsed, "--body", _bodyFile);
        }

        var inputs = new[] { _bodyFile, _html, _eml, _passwordFile, _tokenFile, _certificate, _key }.Count(o => parsed.GetValue(o) == "-");
        if (inputs > 1)
        {
            throw Wrong("standard input (-) can be read for one thing only");
        }

        return new SendOrder
        {
            Server = ServerOf(parsed.GetValue(_server) ?? DefaultServer),
            Tls = Choice(_tls, parsed, ClientTls.Auto, ("auto", ClientTls.Auto), ("starttls", ClientTls.StartTls), ("implicit", ClientTls.Implicit), ("off", ClientTls.Off)),
            Insecure = parsed.GetValue(_insecure),
            Lmtp = parsed.GetValue(_lmtp),
            HelloName = parsed.GetValue(_helo) is { } name ? HelloNameOf(name) : null,
            Timeout = parsed.GetValue(_timeout) is { } seconds ? SecondsOf(seconds) : null,
            User = parsed.GetValue(_user),
            Mechanism = MechanismOf(parsed),
            PasswordFile = parsed.GetValue(_passwordFile),
            TokenFile = parsed.GetValue(_tokenFile),
            CertificateFile = parsed.GetValue(_certificate),
            KeyFile = parsed.GetValue(_key),
            From = parsed.GetValue(_from),
            To = [.. parsed.GetValue(_to) ?? []],
            Cc = [.. parsed.GetValue(_cc) ?? []],
            Bcc = [.. parsed.GetValue(_bcc) ?? []],
            Subject = parsed.GetValue(_subject),
            Body = parsed.GetValue(_body),
            BodyFile = parsed.GetValue(_bodyFile),
            HtmlFile = parsed.GetValue(_html),
            Attachments = [.. parsed.GetValue(_attach) ?? []],
            Headers = [.. parsed.GetValue(_header) ?? []],
            EmlFile = parsed.GetValue(_eml),
            Notify = parsed.GetValue(_dsn) is { } dsn ? NotifyOf(dsn) : DsnNotify.Unspecified,
            Return = Choice(_dsnReturn, parsed, DsnReturn.Unspecified, ("full", DsnReturn.Full), ("headers", DsnReturn.Headers)),
            EnvelopeId = parsed.GetValue(_dsnId) is { } id ? EnvelopeIdOf(id) : null,
            Transcript = parsed.GetValue(_transcript),
            Quiet = parsed.GetValue(_quiet),
            Json = parsed.GetValue(_json),
        };
    }

    /// <summary>A server's name.</summary>
    public static HostPort ServerOf(string text) => HostPort.TryParse(text)
        ?? throw Wrong($"--server {text}: {HostPort.Expected}");

    /// <summary>No value but the text may hold a control character: whatever it becomes a part of (a command, a header), it stays on its line.</summary>
    private void RefuseControls(ParseResult parsed)
    {
        foreach (var result in parsed.CommandResult.Children.OfType<System.CommandLine.Parsing.OptionResult>())
        {
            if (result.Option != _body && result.Tokens.FirstOrDefault(t => t.Value.Any(char.IsControl)) is { } bad)
            {
                throw new CommandFailedException(
                    ExitCodes.BadData, $"{result.Option.Name}: a line break or control character is in '{bad.Value}'; leave it out");
            }
        }
    }

    private static void RefuseWith(ParseResult parsed, string other, params Option[] options)
    {
        if (options.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } both)
        {
            throw Wrong($"{both.Name} cannot go with {other}");
        }
    }

    private string? MechanismOf(ParseResult parsed)
    {
        if (parsed.GetValue(_key) is not null && parsed.GetValue(_certificate) is null)
        {
            throw Wrong("--key needs --certificate");
        }

        if (parsed.GetValue(_tokenFile) is not null)
        {
            RefuseWith(parsed, "--token-file", _passwordFile);
        }

        if (parsed.GetValue(_auth) is not { } text)
        {
            return null;
        }

        var mechanism = Mechanisms.StrongestFirst.FirstOrDefault(m => m.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? throw Wrong($"--auth {text}: expected {string.Join(", ", Mechanisms.StrongestFirst)}");
        return mechanism switch
        {
            External.Name when parsed.GetValue(_certificate) is null => throw Wrong("--auth EXTERNAL needs --certificate"),
            External.Name or OAuthBearer.Name => mechanism,
            _ when parsed.GetValue(_user) is null => throw Wrong($"--auth {mechanism} needs --user"),
            _ when mechanism != XOAuth2.Name && parsed.GetValue(_tokenFile) is not null => throw Wrong($"--auth {mechanism} cannot go with --token-file"),
            _ => mechanism,
        };
    }

    private static string HelloNameOf(string name) => name.Length <= 255 && Mailbox.TryParse($"x@{name}") is not null
        ? name
        : throw new CommandFailedException(ExitCodes.BadData, $"--helo {name}: expected a host's name or an address in brackets, such as [192.0.2.1]");

    private static TimeSpan SecondsOf(string text) =>
        double.TryParse(text.TrimEnd('s'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw Wrong($"--timeout {text}: expected seconds, 0.1 to 3600");

    private static DsnNotify NotifyOf(string text)
    {
        var notify = DsnNotify.Unspecified;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            notify |= word.ToLowerInvariant() switch
            {
                "never" => DsnNotify.Never,
                "success" => DsnNotify.Success,
                "failure" => DsnNotify.Failure,
                "delay" => DsnNotify.Delay,
                _ => throw Wrong($"--dsn {text}: expected never, or some of success,failure,delay"),
            };
        }

        return notify == DsnNotify.Never || !notify.HasFlag(DsnNotify.Never)
            ? notify
            : throw Wrong($"--dsn {text}: never stands alone");             // RFC 3461 §4.1
    }

    private static string EnvelopeIdOf(string id) => id.Length is > 0 and <= 100 && id.All(c => c is >= ' ' and <= '~')
        ? id
        : throw new CommandFailedException(ExitCodes.BadData, $"--dsn-id {id}: expected at most 100 printable ASCII characters");

    private static T Choice<T>(Option<string> option, ParseResult parsed, T fallback, params (string Word, T Value)[] choices)
    {
        if (parsed.GetValue(option) is not { } text)
        {
            return fallback;
        }

        foreach (var (word, value) in choices)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw Wrong($"{option.Name} {text}: expected {string.Join(", ", choices.Select(c => c.Word))}");
    }

    private static CommandFailedException Wrong(string message) => new(ExitCodes.Usage, message);

    private static Option<string> Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description };

    private static Option<string[]> Many(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description };

    private static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };
}
