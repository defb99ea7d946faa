using System.Threading.Channels;
using ActorSmtp.Server;
using ActorSmtp.Server.Mailboxes;
using ActorSmtp.Web.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Web.Events;

/// <summary>
/// Hears of deliveries while somebody needs to: a lease, a page that watches, a webhook. The rest of the time the server is not asked to tell. What
/// takes work, reading the message for the pages that watch, is done beside, and at most so often a second: a busy server must not be
/// slowed by those who look at it.
/// </summary>
internal sealed class Arrivals : IAsyncDisposable
{
    private const int MostShown = 20;

    private readonly MailServer _server;
    private readonly Action<string, string> _heard;
    private readonly Func<string, bool> _isWanted;
    private readonly Func<string, string, Task> _show;
    private readonly Func<bool> _isNeeded;
    private readonly Channel<(string Account, string Key)> _toShow = Channel.CreateBounded<(string, string)>(new BoundedChannelOptions(MostShown) { SingleReader = true });
    private readonly Action<long> _lost;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly Task _showing;
    private IDisposable? _subscription;
    private long _unshown;

    /// <param name="heard">Told of each delivery, account and key; must not block.</param>
    /// <param name="isWanted">Whether anybody watches messages of an account.</param>
    /// <param name="show">Makes the event for those who watch.</param>
    /// <param name="lost">So many events could not be made in time.</param>
    /// <param name="isNeeded">Whether anybody needs to hear.</param>
    public Arrivals(MailServer server, TimeProvider time, Action<string, string> heard, Func<string, bool> isWanted, Func<string, string, Task> show, Action<long> lost, Func<bool> isNeeded, ILogger log)
    {
        (_server, _time, _heard, _isWanted, _show, _lost, _isNeeded, _log) = (server, time, heard, isWanted, show, lost, isNeeded, log);
        _timer = time.CreateTimer(_ => RestIfNotNeeded(), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        _showing = Task.Run(ShowAsync);
    }

    /// <summary>From now on somebody needs to hear.</summary>
    public void Need()
    {
        lock (_gate)
        {
            _subscription ??= _server.Announcements.MailDelivered.Subscribe(OnDelivered);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _subscription?.Dispose();
        }

        _toShow.Writer.TryComplete();
        await _showing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void RestIfNotNeeded()
    {
        lock (_gate)
        {
            if (_subscription is not null && !_isNeeded())
            {
                _subscription.Dispose();
                _subscription = null;
            }
        }
    }

    /// <summary>On the thread of the one who delivers.</summary>
    private void OnDelivered(MailboxMessages.MailDelivered m)
    {
        _heard(m.Account, m.Key);
        if (_isWanted(m.Account) && !_toShow.Writer.TryWrite((m.Account, m.Key)))
        {
            Interlocked.Increment(ref _unshown);            // room is made by the one who shows: it tells of these as well
        }
    }

    /// <summary>A fault of ours costs one message its place on the pages, not all that come behind it.</summary>
    private async Task ShowAsync()
    {
        await foreach (var (account, key) in _toShow.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await _show(account, key).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or Routing.ProblemException)
            {
                Interlocked.Increment(ref _unshown);        // gone again, or not to be read: a page asks anew
            }
            catch (Exception broken) when (broken is not OutOfMemoryException)
            {
                Interlocked.Increment(ref _unshown);
                ConsoleLog.ArrivalBroke(_log, account, key, broken);
            }

            if (Interlocked.Exchange(ref _unshown, 0) is > 0 and var unshown)
            {
                _lost(unshown);
            }

            if (_toShow.Reader.Count > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(1.0 / MostShown), _time).ConfigureAwait(false);
            }
        }
    }
}
