using System.Collections.Concurrent;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace ActorSmtp.Engine.Tests.Hosting;

/// <summary>A system's log in its host's.</summary>
public sealed class HostLoggingTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Events_come_with_level_category_and_text()
    {
        using var provider = new Collector(line => line.Text.Contains("hello 5"));
        using var host = Host(provider, Akka.Event.LogLevel.DebugLevel, log => log.Warning("hello {0}", 5));
        await host.StartAsync();

        var line = await provider.Found.WaitAsync(s_patience);

        Assert.Equal((LogLevel.Warning, "Akka.Actor.ActorSystem"), (line.Level, line.Category));
        await host.StopAsync();
    }

    [Fact]
    public async Task The_cause_of_an_error_comes_with_it()
    {
        var cause = new FormatException();
        using var provider = new Collector(line => line.Text.Contains("failed"));
        using var host = Host(provider, Akka.Event.LogLevel.InfoLevel, log => log.Error(cause, "failed"));
        await host.StartAsync();

        Assert.Same(cause, (await provider.Found.WaitAsync(s_patience)).Error);

        await host.StopAsync();
    }

    [Fact]
    public async Task What_is_below_the_systems_level_does_not_come()
    {
        using var provider = new Collector(line => line.Text.Contains("loud"));
        using var host = Host(provider, Akka.Event.LogLevel.WarningLevel, log =>
        {
            log.Info("quiet");
            log.Warning("loud");
        });
        await host.StartAsync();

        await provider.Found.WaitAsync(s_patience);

        Assert.DoesNotContain(provider.Lines, line => line.Text.Contains("quiet"));
        await host.StopAsync();
    }

    private static IHost Host(Collector provider, Akka.Event.LogLevel level, Action<ILoggingAdapter> say) =>
        new HostBuilder()
            .ConfigureLogging(logging =>
            {
                logging.ClearProviders();
                logging.SetMinimumLevel(LogLevel.Trace);
                logging.AddProvider(provider);
            })
            .ConfigureServices(services => services.AddAkka("logging", akka =>
            {
                akka.ConfigureLoggers(loggers =>
                {
                    loggers.LogLevel = level;
                    loggers.ClearLoggers();
                    loggers.AddLoggerFactory();
                });
                akka.WithActors((system, _) => say(Logging.GetLogger(system, "src")));
            }))
            .Build();

    private sealed record Line(string Category, LogLevel Level, string Text, Exception? Error);

    private sealed class Collector(Func<Line, bool> isTheOne) : ILoggerProvider
    {
        private readonly TaskCompletionSource<Line> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<Line> Lines { get; } = new();

        public Task<Line> Found => _found.Task;

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
        }

        private void Add(Line line)
        {
            Lines.Enqueue(line);
            if (isTheOne(line))
                _found.TrySetResult(line);
        }

        private sealed class Logger(Collector collector, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                collector.Add(new Line(category, logLevel, formatter(state, exception), exception));
        }
    }
}
