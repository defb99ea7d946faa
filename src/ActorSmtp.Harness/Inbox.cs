using ActorSmtp.Harness.Composition;
using ActorSmtp.Harness.Receiving;

namespace ActorSmtp.Harness;

/// <summary>
/// Mail that arrived, and waiting for more. The whole server is one (<see cref="ActorSmtpServer"/>), and each leased inbox is one of its own
/// (<see cref="LeasedInbox"/>).
/// </summary>
/// <remarks>
/// Waits look at what is there first, then wake up with each delivery; nothing polls. In <c>to</c>, <c>from</c>, <c>subject</c> and <c>text</c> a
/// part is enough, and case does not count. For any number of callers at once.
/// </remarks>
public abstract class Inbox
{
    private readonly HarnessHost _host;
    private readonly string? _account;

    /// <param name="account">The mailbox; null: all.</param>
    private protected Inbox(HarnessHost host, string? account) => (_host, _account) = (host, account);

    /// <summary>Misbehaviour for mail to this inbox; of the server: for every client.</summary>
    public abstract MailScenarios Scenarios { get; }

    /// <summary>Waits until a message is there that is like this, and answers the first one.</summary>
    /// <param name="to">In the recipient's address, or in To and Cc.</param>
    /// <param name="from">In the sender's address or name.</param>
    /// <param name="text">In the plain text, or in the words of the HTML.</param>
    /// <param name="where">Anything else; called once for each message.</param>
    /// <param name="timeout">How long; null: <see cref="ActorSmtpOptions.Patience"/>.</param>
    /// <exception cref="MailExpectationException">It has not come in time.</exception>
    public async Task<ReceivedMessage> WaitForMessageAsync(
        string? to = null,
        string? from = null,
        string? subject = null,
        string? text = null,
        Func<ReceivedMessage, bool>? where = null,
        TimeSpan? timeout = null,
        CancellationToken cancellation = default) =>
        (await WaitAsync(1, new Wanted(to, from, subject, text, where), timeout, cancellation).ConfigureAwait(false))[0];

    /// <summary>Waits until at least so many messages are there that are like this, and answers them, oldest first.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <exception cref="MailExpectationException">They have not come in time.</exception>
    public Task<IReadOnlyList<ReceivedMessage>> WaitForMessagesAsync(
        int count,
        string? to = null,
        string? from = null,
        string? subject = null,
        string? text = null,
        Func<ReceivedMessage, bool>? where = null,
        TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return WaitAsync(count, new Wanted(to, from, subject, text, where), timeout, cancellation);
    }

    /// <summary>
    /// The messages that are there now, oldest first. What a client was told 250 for before this was called is among them: deliveries under way
    /// are waited for.
    /// </summary>
    /// <exception cref="MailExpectationException">Deliveries do not come to an end.</exception>
    public async Task<IReadOnlyList<ReceivedMessage>> GetMessagesAsync(
        string? to = null,
        string? from = null,
        string? subject = null,
        string? text = null,
        Func<ReceivedMessage, bool>? where = null,
        CancellationToken cancellation = default)
    {
        await SettleAsync(cancellation).ConfigureAwait(false);
        return (await LookAsync(0, new Wanted(to, from, subject, text, where)).ConfigureAwait(false)).Found;
    }

    /// <summary>
    /// Checks that no message is there that is like this. It waits for deliveries under way and for no time on top, so it says something about
    /// mail whose client has had its answer: call it when the code under test is done.
    /// </summary>
    /// <exception cref="MailExpectationException">There is one.</exception>
    public async Task ExpectNoMessageAsync(
        string? to = null,
        string? from = null,
        string? subject = null,
        string? text = null,
        Func<ReceivedMessage, bool>? where = null,
        CancellationToken cancellation = default)
    {
        var wanted = new Wanted(to, from, subject, text, where);
        await SettleAsync(cancellation).ConfigureAwait(false);
        var found = (await LookAsync(0, wanted).ConfigureAwait(false)).Found;
        if (found.Count > 0)
        {
            throw new MailExpectationException(Explanation.Unexpected(Name, wanted, found));
        }
    }

    /// <summary>Removes all mail that is there.</summary>
    public Task ClearAsync(CancellationToken cancellation = default) => _host.ClearAsync(_account, cancellation);

    /// <summary>How messages call it.</summary>
    private protected string Name => _account ?? _host.ToString();

    private protected HarnessHost Inside => _host;

    private async Task<IReadOnlyList<ReceivedMessage>> WaitAsync(int count, Wanted wanted, TimeSpan? timeout, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_host.IsDisposed, this);
        var patience = timeout ?? _host.Options.Patience;
        using var over = new CancellationTokenSource(patience);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation, _host.Stopping);
        var all = new List<ReceivedMessage>();
        var place = 0L;
        while (true)
        {
            var (found, next, changed) = await LookAsync(place, wanted).ConfigureAwait(false);
            all.AddRange(found);
            if (all.Count >= count)
            {
                return all;
            }

            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_host.IsDisposed, this);
            if (over.IsCancellationRequested)
            {
                var seen = (await LookAsync(0, new Wanted(null, null, null, null, null)).ConfigureAwait(false)).Found;
                throw new MailExpectationException(
                    await Explanation.MissingAsync(Name, count, wanted, all.Count, patience, seen, _account is null ? _host.Arrivals.Forgotten : 0, _host).ConfigureAwait(false));
            }

            place = next;
            await changed.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(List<ReceivedMessage> Found, long Place, Task Changed)> LookAsync(long from, Wanted wanted)
    {
        var (arrivals, place, changed) = _host.Arrivals.After(from);
        var found = new List<ReceivedMessage>();
        foreach (var arrival in arrivals)
        {
            if ((_account is null || arrival.Account == _account) && await arrival.ReadAsync().ConfigureAwait(false) is { } message && wanted.Matches(message))
            {
                found.Add(message);
            }
        }

        return (found, place, changed);
    }

    private async Task SettleAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_host.IsDisposed, this);
        if (!await _host.SettleAsync(cancellation).ConfigureAwait(false))
        {
            throw new MailExpectationException($"Mail that was accepted is still not in its mailbox after {Explanation.Seconds(_host.Options.Patience)}: {_host.Waiting} messages wait.");
        }
    }
}
