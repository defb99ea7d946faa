using System.Diagnostics;
using System.Runtime.InteropServices;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Threads;

/// <summary>Threads of the operating system, one per work.</summary>
internal sealed class DedicatedThreads : IWorkThreads
{
    public IWorkThread Start(string name, IWork work, TimeSpan spin) => new DedicatedThread(name, work, spin);

    public Task<T> Call<T>(Func<T> work, CancellationToken cancellation) => Task.Run(work, cancellation);

    internal static async Task Until(DedicatedThread thread, Func<bool> done)
    {
        while (!done())
        {
            thread.Wake();
            await Task.Delay(1).ConfigureAwait(false);
        }
    }
}

/// <summary>
/// Steps; with nothing to do sleeps on a futex, but where work was announced it looks on for a while first (a wake-up of a
/// sleeping thread costs 30 µs and more on small machines). While it is awake a wake-up costs its caller a fence, and the first one an interlocked exchange.
/// </summary>
internal sealed unsafe class DedicatedThread : IWorkThread
{
    private const int Awake = 0, Asleep = 1, Woken = 2;

    private readonly IWork _work;
    private readonly long _spin;
    private readonly Thread _thread;
    private readonly AutoResetEvent? _event = OperatingSystem.IsLinux() ? null : new AutoResetEvent(false);
    private readonly int* _state = (int*)NativeMemory.AlignedAlloc(64, 64);
    private volatile bool _stopping;

    public DedicatedThread(string name, IWork work, TimeSpan spin)
    {
        _work = work;
        _spin = (long)(spin.TotalSeconds * Stopwatch.Frequency);
        *_state = Awake;
        _thread = new Thread(Run, 256 * 1024) { Name = name, IsBackground = true };
        _thread.Start();
    }

    public void Wake()
    {
        Interlocked.MemoryBarrier();                // the work (or the wish to stop) is written before the state is looked at
        if (Volatile.Read(ref *_state) != Woken && Interlocked.Exchange(ref *_state, Woken) == Asleep)
        {
            Rouse();
        }
    }

    public Task Until(Func<bool> done) => DedicatedThreads.Until(this, done);

    public void Dispose()
    {
        _stopping = true;
        Wake();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();                         // the state's 64 octets stay: somebody may still call Wake
        }

        _event?.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            Volatile.Write(ref *_state, Awake);
            Interlocked.MemoryBarrier();            // the state is written before the work, and the wish to stop, are looked at
            if (_stopping)
            {
                return;
            }

            var wait = _work.Step();
            if (wait != 0 && !Look())
            {
                Sleep(wait);
            }
        }
    }

    private bool Look()
    {
        if (_spin == 0)
        {
            return Volatile.Read(ref *_state) == Woken;
        }

        var until = _work.AnnouncedAt + _spin;
        do
        {
            for (var i = 0; i < 8; i++)
            {
                if (Volatile.Read(ref *_state) == Woken)
                {
                    return true;
                }

                Thread.SpinWait(4);
            }
        }
        while (Stopwatch.GetTimestamp() < until);
        return false;
    }

    private void Sleep(int milliseconds)
    {
        if (Interlocked.CompareExchange(ref *_state, Asleep, Awake) != Awake)
        {
            return;
        }

        if (_event is not null)
        {
            _event.WaitOne(milliseconds);
            return;
        }

        var time = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1_000_000L };
        LinuxCalls.Futex(LinuxCalls.FutexNumber, _state, LinuxCalls.FutexWaitPrivate, Asleep, milliseconds < 0 ? 0 : (nint)time, 0, 0);
    }

    private void Rouse()
    {
        if (_event is not null)
        {
            _event.Set();
            return;
        }

        LinuxCalls.Futex(LinuxCalls.FutexNumber, _state, LinuxCalls.FutexWakePrivate, 1, 0, 0, 0);
    }
}
