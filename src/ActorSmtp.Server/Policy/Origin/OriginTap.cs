using System.Buffers;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>
/// Has a message that comes in hashed for its signatures, beside the I/O thread: that one only copies, and no further than one piece ahead of who hashes.
/// So of a message, whatever its size, the header and two pieces are held; of one without a signature, whose header is over, nothing more.
/// </summary>
/// <remarks>
/// Three may be at it: the I/O thread that brings content, one background thread that hashes, the session that wants the whole or no more of it. The lock is
/// held for a copy of what was read; who hashes does not hold it, and alone touches the message.
/// </remarks>
/// <param name="message">What hashes it.</param>
/// <param name="background">Where.</param>
/// <param name="budget">What may be held.</param>
/// <param name="kept">Of one who wants the message as it is kept, and what filters make of it; null: as it comes.</param>
internal sealed class OriginTap(SignedMessage message, IBackground background, OctetBudget budget, Signing.SealedContent? kept = null) : IContentTap, IDisposable
{
    /// <summary>Octets that are worth a background thread's time; what is less waits for the end of the message.</summary>
    public const int Piece = 32 * 1024;

    private readonly Lock _lock = new();
    private byte[] _filling = [];
    private int _filled;
    private long _charged;              // of the budget, for all that is held here
    private long _weighed;              // of that for the message
    private bool _isWorking;
    private bool _isOver;
    private bool _isTooMuch;
    private bool _needsNoMore;
    private Exception? _fault;
    private Action? _ready;
    private TaskCompletionSource<SignedMessage?>? _whole;

    private bool WantsNothing => _isOver || _isTooMuch || _needsNoMore || _fault is not null;

    public bool SeesWhatIsKept => kept is not null;

    public void BeginBody(long at) => kept?.BeginBody(at);

    public void TakeOfBody(ReadOnlySpan<byte> octets) => kept?.Append(octets);

    public bool Take(ReadOnlySpan<byte> content, Action ready)
    {
        lock (_lock)
        {
            if (WantsNothing || !Append(content) || _filled < Piece)
            {
                return true;
            }

            if (_isWorking)
            {
                _ready = ready;
                return false;
            }

            BeginWork();
            return true;
        }
    }

    /// <summary>There is no more of it: the message with its hashes, told on a background thread; null: too many were examined at once, and nothing is known of this one.</summary>
    public Task<SignedMessage?> CompleteAsync()
    {
        lock (_lock)
        {
            _whole = new TaskCompletionSource<SignedMessage?>();
            if (!_isWorking)
            {
                BeginWork();
            }

            return _whole.Task;
        }
    }

    /// <summary>Nobody wants to know any more.</summary>
    public void Dispose()
    {
        Action? ready;
        lock (_lock)
        {
            _isOver = true;
            (ready, _ready) = (_ready, null);
            if (!_isWorking)
            {
                LetGo();
            }
        }

        ready?.Invoke();
    }

    private bool Append(ReadOnlySpan<byte> content)
    {
        var needed = _filled + content.Length;
        if (needed > _filling.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(2 * needed, Piece)));
            if (!Charge(larger.Length))
            {
                ArrayPool<byte>.Shared.Return(larger);
                return false;
            }

            _filling.AsSpan(0, _filled).CopyTo(larger);
            GiveBack(_filling);
            _filling = larger;
        }

        content.CopyTo(_filling.AsSpan(_filled));
        _filled = needed;
        return true;
    }

    private bool Charge(long octets)
    {
        if (!budget.TryTake(octets))
        {
            _isTooMuch = true;
            return false;
        }

        _charged += octets;
        return true;
    }

    private void GiveBack(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            budget.GiveBack(buffer.Length);
            _charged -= buffer.Length;
        }
    }

    private void BeginWork()
    {
        _isWorking = true;
        _ = background.Run(() =>
        {
            Work();
            return true;
        });
    }

    /// <summary>On a background thread, one at a time.</summary>
    private void Work()
    {
        for (byte[] piece = []; TakeNext(ref piece, out var count, out var whole);)
        {
            try
            {
                if (whole is null)
                {
                    message.Take(piece.AsSpan(0, count));
                    continue;
                }

                var complete = _isTooMuch || _isOver || _fault is not null ? null : message.Complete();
                EndWork();
                if (_fault is null)
                {
                    whole.SetResult(complete);                      // who waits goes on here
                }
                else
                {
                    whole.SetException(_fault);
                }

                return;
            }
#pragma warning disable CA1031 // whoever waits for the whole hears of it
            catch (Exception broken)
#pragma warning restore CA1031
            {
                _fault = broken;
                if (whole?.TrySetException(broken) == true)
                {
                    EndWork();
                    return;
                }
            }
        }
    }

    /// <summary>The next piece, in place of the one that is done; or, when all are, who waits for the whole. False: there is nothing to do for now.</summary>
    private bool TakeNext(ref byte[] piece, out int count, out TaskCompletionSource<SignedMessage?>? whole)
    {
        Action? ready;
        lock (_lock)
        {
            GiveBack(piece);
            var weight = message.HeldOctets - _weighed;
            if (!_isTooMuch && Charge(weight))
            {
                _weighed += weight;
            }

            _needsNoMore = message.NeedsNoMore;
            if (WantsNothing)
            {
                _filled = 0;
            }

            (piece, count, whole) = (_filling, _filled, null);
            (_filling, _filled) = ([], 0);
            (ready, _ready) = (_ready, null);
            if (count == 0)
            {
                GiveBack(piece);
                piece = [];
                (whole, _whole) = (_whole, null);
                if (whole is null)
                {
                    EndWorkLocked();
                }
            }
        }

        ready?.Invoke();
        return count > 0 || whole is not null;
    }

    private void EndWork()
    {
        lock (_lock)
        {
            EndWorkLocked();
        }
    }

    private void EndWorkLocked()
    {
        _isWorking = false;
        if (_isOver)
        {
            LetGo();
        }
    }

    private void LetGo()
    {
        GiveBack(_filling);
        (_filling, _filled) = ([], 0);
        budget.GiveBack(_charged);
        _charged = 0;
        message.Dispose();
    }
}
