using ActorSmtp.Harness;

namespace ActorSmtp.Examples.Tests.OverHttp;

/// <summary>
/// A running server with its HTTP API: the one that <c>ACTORSMTP_URL</c> names (with the token of <c>ACTORSMTP_TOKEN</c>, where it asks for one). Where
/// no variable is set, one is started, so that these tests run everywhere.
/// </summary>
public sealed class RunningServer : IAsyncLifetime
{
    private ActorSmtpServer? _own;
    private HttpClient? _http;

    public MailApi Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var url = Environment.GetEnvironmentVariable("ACTORSMTP_URL");
        if (url is null)
        {
            _own = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Console = true });
        }

        _http = new HttpClient { BaseAddress = url is null ? _own!.Console : new Uri(url), Timeout = TimeSpan.FromMinutes(3) };
        if (Environment.GetEnvironmentVariable("ACTORSMTP_TOKEN") is { Length: > 0 } token)
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }

        Api = new MailApi(_http);
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        if (_own is not null)
        {
            await _own.DisposeAsync();
        }
    }
}
