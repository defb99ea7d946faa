using System.Numerics;
using Akka.Actor.Internal;

namespace Akka.Actor.Scheduling;

/// <summary>
/// Timers without an idle tick: a hierarchy of six wheels of 64 slots with a bit for each slot that holds something, and one timer of the
/// environment's clock, set for the next slot only. Setting and cancelling are a few stores under a lock that is held for nothing else;
/// an empty wheel costs nothing at all. An entry is never early and at most a tick plus the clock's own delay late.
/// A repeating entry is set anew from the moment it fired: no burst after a pause.
/// </summary>
internal sealed class TimerWheel : IDisposable
{
    private const int Bits = 6;
    private const int Slots = 1 << Bits;
    private const int Levels = 6;
    private const long Furthest = (1L << (Bits * Levels)) - 1;
    private const long NotArmed = long.MaxValue;

    private readonly TimerEntry[] _slots = new TimerEntry[Levels * Slots];
    private readonly ulong[] _occupied = new ulong[Levels];
    private readonly Lock _gate = new();
    private readonly EngineEnvironment _environment;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly long _tick;
    private ITimer _timer;
    private long _elapsed;
    private long _armed = NotArmed;
    private int _count;
    private bool _disposed;

    /// <param name="tick">How finely times are told apart; at least 1 ms.</param>
    internal TimerWheel(EngineEnvironment environment, TimeSpan tick)
    {
        _environment = environment;
        _time = environment.Time;
        _start = _time.GetTimestamp();
        _tick = Math.Max(tick.Ticks, TimeSpan.TicksPerMillisecond);
    }

    /// <summary>How many entries wait.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Time since the wheel was made.</summary>
    internal TimeSpan Now => _time.GetElapsedTime(_start);

    internal TimerEntry Once(TimeSpan delay, Action action)
    {
        var entry = new ActionEntry(action);
        Set(entry, delay, TimeSpan.Zero);
        return entry;
    }

    /// <summary>Sets an entry that is not set. Later than 2^36 ticks becomes that.</summary>
    internal void Set(TimerEntry entry, TimeSpan delay, TimeSpan interval)
    {
        var now = Now.Ticks;
        lock (_gate)
        {
            entry.Wheel = this;
            entry.Interval = interval == TimeSpan.Zero ? 0 : Math.Max(1, (interval.Ticks + _tick - 1) / _tick);
            Insert(entry, DueAt(now, delay), now);
        }
    }

    /// <summary>Moves an entry that still waits, or was cancelled before it fired. False when it has fired: use another.</summary>
    internal bool TryReset(TimerEntry entry, TimeSpan delay)
    {
        var now = Now.Ticks;
        lock (_gate)
        {
            if (entry.HasFired)
            {
                return false;
            }

            if (entry.Slot >= 0)
            {
                Unlink(entry);
            }

            entry.MarkFresh();
            Insert(entry, DueAt(now, delay), now);
            return true;
        }
    }

    /// <summary>True when the entry was waiting.</summary>
    internal bool Remove(TimerEntry entry)
    {
        lock (_gate)
        {
            if (entry.Slot < 0)
            {
                return false;
            }

            Unlink(entry);
            return true;
        }
    }

    /// <summary>Drops all entries; what is set later is dropped too.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Array.Clear(_slots);
            Array.Clear(_occupied);
            _count = 0;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private long DueAt(long now, TimeSpan delay)
    {
        var ticks = delay.Ticks;
        return ticks >= Furthest * _tick - now ? Furthest : (now + Math.Max(0, ticks) + _tick - 1) / _tick;
    }

    private void Insert(TimerEntry entry, long due, long now)
    {
        if (_disposed)
        {
            return;
        }

        if (_count == 0)
        {
            _elapsed = now / _tick;
        }

        entry.Due = Math.Max(due, _elapsed + 1);
        var level = Link(entry);
        _count++;
        var wake = entry.Due >> (level * Bits) << (level * Bits);
        if (wake < _armed)
        {
            Arm(wake, now);
        }
    }

    private int Link(TimerEntry entry)
    {
        var level = (63 - BitOperations.LeadingZeroCount((ulong)((_elapsed ^ entry.Due) | (Slots - 1)))) / Bits;
        level = Math.Min(level, Levels - 1);
        var slot = (int)(entry.Due >> (level * Bits)) & (Slots - 1);
        ref var head = ref _slots[level * Slots + slot];
        entry.Before = null;
        entry.After = head;
        if (head != null)
        {
            head.Before = entry;
        }

        head = entry;
        entry.Slot = (short)(level * Slots + slot);
        _occupied[level] |= 1UL << slot;
        return level;
    }

    private void Unlink(TimerEntry entry)
    {
        var slot = entry.Slot;
        if (entry.Before != null)
        {
            entry.Before.After = entry.After;
        }
        else
        {
            _slots[slot] = entry.After;
            if (entry.After == null)
            {
                _occupied[slot >> Bits] &= ~(1UL << (slot & (Slots - 1)));
            }
        }

        if (entry.After != null)
        {
            entry.After.Before = entry.Before;
        }

        entry.Before = entry.After = null;
        entry.Slot = -1;
        _count--;
    }

    private void Arm(long wake, long now)
    {
        _armed = wake;
        var wait = TimeSpan.FromTicks(Math.Max(0, wake * _tick - now));
        wait = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue));
        if (_timer == null)
        {
            _timer = _time.CreateTimer(static wheel => ((TimerWheel)wheel).Wake(), this, wait, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Fires what is due, and sets the clock for what comes next.</summary>
    private void Wake()
    {
        TimerEntry due;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            var now = Now.Ticks;
            due = TakeDue(now / _tick);
            _armed = NotArmed;
            if (_count > 0)
            {
                NextSlot(out _, out var wake);
                Arm(wake, now);
            }
        }

        while (due != null)
        {
            var next = due.After;
            due.After = null;
            Fire(due);
            due = next;
        }
    }

    private void Fire(TimerEntry entry)
    {
        if (entry.IsCancelled)
        {
            return;
        }

        try
        {
            entry.Fire();
        }
        catch (Exception e)
        {
            _environment.ReportFailure(e);
        }

        if (entry.Interval != 0 && !entry.IsCancelled)
        {
            var now = Now.Ticks;
            lock (_gate)
            {
                if (!entry.IsCancelled)
                {
                    Insert(entry, now / _tick + entry.Interval, now);
                }
            }
        }
    }

    /// <summary>Unlinks all that is due at <paramref name="now"/>, in the order of dueness, linked by After.</summary>
    private TimerEntry TakeDue(long now)
    {
        TimerEntry first = null, last = null;
        while (_count > 0 && NextSlot(out var slot, out var wake) && wake <= now)
        {
            _elapsed = wake;
            var entry = _slots[slot];
            _slots[slot] = null;
            _occupied[slot >> Bits] &= ~(1UL << (slot & (Slots - 1)));

            // Newest first in the slot: turned round, so that equal times fire in the order they were set.
            TimerEntry reversed = null;
            while (entry != null)
            {
                var after = entry.After;
                entry.After = reversed;
                reversed = entry;
                entry = after;
            }

            for (; reversed != null; reversed = entry)
            {
                entry = reversed.After;
                reversed.Before = reversed.After = null;
                if (reversed.Due > wake)
                {
                    Link(reversed); // from a coarser wheel into a finer one
                    continue;
                }

                reversed.Slot = -1;
                _count--;
                if (reversed.Interval == 0)
                {
                    reversed.MarkFired();
                }

                if (last == null)
                {
                    first = last = reversed;
                }
                else
                {
                    last.After = reversed;
                    last = reversed;
                }
            }
        }

        _elapsed = Math.Max(_elapsed, now);
        return first;
    }

    /// <summary>The next slot that holds something and the tick at which it begins.</summary>
    private bool NextSlot(out int slot, out long wake)
    {
        for (var level = 0; level < Levels; level++)
        {
            var occupied = _occupied[level];
            if (occupied == 0)
            {
                continue;
            }

            var here = (int)(_elapsed >> (level * Bits)) & (Slots - 1);
            var ahead = BitOperations.TrailingZeroCount(BitOperations.RotateRight(occupied, here));
            var at = (here + ahead) & (Slots - 1);
            slot = level * Slots + at;
            var round = _elapsed >> ((level + 1) * Bits) << ((level + 1) * Bits);
            wake = round + ((long)at << (level * Bits));
            if (wake < _elapsed)
            {
                wake += 1L << ((level + 1) * Bits);
            }

            return true;
        }

        slot = -1;
        wake = NotArmed;
        return false;
    }
}
