using System.Runtime.InteropServices;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// SIGTERM and SIGINT ask for a stop in good order, a second one ends the process at once (what was acknowledged is on the disk), SIGHUP
/// asks to read again what can change live.
/// </summary>
internal sealed class Signals : IDisposable
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _forcedCode;

    /// <param name="reload">Runs on SIGHUP.</param>
    /// <param name="stopping">Runs on the first SIGTERM or SIGINT, with its name.</param>
    /// <param name="exit">Ends the process with a code; on the second.</param>
    public Signals(Action reload, Action<string> stopping, Action<int> exit)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                reload();
            }),
        ];

        void Stop(PosixSignalContext signal, int number)
        {
            signal.Cancel = true;
            if (_stop.TrySetResult())
            {
                stopping(signal.Signal.ToString());
            }
            else
            {
                Volatile.Write(ref _forcedCode, 128 + number);
                exit(128 + number);
            }
        }
    }

    /// <summary>Ends with the first request to stop.</summary>
    public Task StopAsked => _stop.Task;

    /// <summary>What the process ends with since it was asked to end at once; null while it was not.</summary>
    public int? ForcedCode => Volatile.Read(ref _forcedCode) is var code and not 0 ? code : null;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
