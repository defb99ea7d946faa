using System.CommandLine;

namespace ActorSmtp.Cli.Admin;

/// <summary><c>--url</c> and <c>--token-file</c>: how a command finds a running server that is not the one of this data directory.</summary>
internal sealed class AdminOptions
{
    private readonly Option<string> _url = new("--url")
    {
        HelpName = "URL",
        Description = "The server's console, such as http://127.0.0.1:8025; without it the server of this data-dir, by its admin.sock.",
    };

    private readonly Option<string> _token = new("--token")
    {
        HelpName = "TOKEN",
        Description = "For --url: a token of the console, or - to read it from standard input; also from ACTORSMTP_TOKEN.",
    };

    private readonly ConfigurationOptions _configuration = new();

    public AdminOptions AddTo(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_token);
        _configuration.AddTo(command);
        return this;
    }

    /// <summary>Whether a server elsewhere is meant.</summary>
    public bool IsElsewhere(ParseResult parsed) => parsed.GetValue(_url) is not null;

    public Server.Settings.LoadedSettings Settings(ParseResult parsed) => _configuration.Load(parsed);

    /// <summary>The way to the server that is meant.</summary>
    public AdminClient Client(ParseResult parsed, Terminals.Terminal terminal)
    {
        if (parsed.GetValue(_url) is not { } text)
        {
            return AdminClient.OfDataDirectory(Settings(parsed).Server.DataDirectory);
        }

        if (!Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new CommandFailedException(ExitCodes.Usage, $"--url {text}: expected the console's address, such as http://127.0.0.1:8025");
        }

        var token = parsed.GetValue(_token) switch
        {
            "-" => terminal.In.ReadLine()?.Trim(),
            null => terminal.Variables.GetValueOrDefault("ACTORSMTP_TOKEN"),
            var given => given,
        };
        return AdminClient.OfUrl(url, string.IsNullOrEmpty(token) ? null : token);
    }
}
