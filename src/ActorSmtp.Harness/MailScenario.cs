using ActorSmtp.Harness.Composition;

namespace ActorSmtp.Harness;

/// <summary>One misbehaviour that was asked for. Disposing takes it out; it need not be disposed.</summary>
public sealed class MailScenario : IDisposable
{
    private readonly HarnessHost _host;
    private readonly string _id;
    private readonly SmtpStep _at;
    private int _last;

    internal MailScenario(HarnessHost host, string id, SmtpStep at) => (_host, _id, _at) = (host, id, at);

    /// <summary>How often it has acted.</summary>
    public int Hits
    {
        get
        {
            if (_host.Server.Scenarios.All.FirstOrDefault(s => s.Scenario.Id == _id) is { Scenario: not null } found)
            {
                Volatile.Write(ref _last, found.Hits);
            }

            return Volatile.Read(ref _last);
        }
    }

    /// <summary>Waits until it has acted so often.</summary>
    /// <param name="timeout">How long; null: <see cref="ActorSmtpOptions.Patience"/>.</param>
    /// <exception cref="MailExpectationException">It has not in time.</exception>
    public async Task WaitForHitAsync(int hits = 1, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Server.Scenarios.Acted += OnActed;
        try
        {
            if (Hits < hits)
            {
                await reached.Task.WaitAsync(timeout ?? _host.Options.Patience, cancellation).ConfigureAwait(false);
            }
        }
        catch (TimeoutException late)
        {
            throw new MailExpectationException(
                $"The scenario at {_at} has acted {Hits} times within {Explanation.Seconds(timeout ?? _host.Options.Patience)}, not {hits}. Clients that have connected: {_host.Sessions}.", late);
        }
        finally
        {
            _host.Server.Scenarios.Acted -= OnActed;
        }

        void OnActed(string id, int count)
        {
            if (id == _id && count >= hits)
            {
                reached.TrySetResult();
            }
        }
    }

    /// <summary>Takes it out; <see cref="Hits"/> stays.</summary>
    public void Dispose()
    {
        _ = Hits;
        _host.Server.Scenarios.Remove(s => s.Id == _id);
    }
}
