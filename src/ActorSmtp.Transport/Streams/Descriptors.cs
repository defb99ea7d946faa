namespace ActorSmtp.Transport;

/// <summary>
/// How near this process is to its last descriptor. The last few are not for connections: the .NET runtime ends the process ("Out of
/// memory") when it cannot make a pipe for a new thread, and a store must be able to open a file. So accepting stops before the system
/// would refuse. Linux only; elsewhere there is always enough.
/// </summary>
internal static unsafe class Descriptors
{
    /// <summary>Kept free for the runtime and the rest of the process; of a very low limit, an eighth.</summary>
    private const int Spare = 64;

    /// <summary>From so many before the end on, it is looked at before each connection.</summary>
    private const int Margin = 128;

    /// <summary>True if a number this high says that the end is near.</summary>
    public static bool IsNear(int descriptor) => OperatingSystem.IsLinux() && descriptor >= Ceiling() - Margin;

    /// <summary>True if the next connection would take one of the last descriptors. Opens and closes one to see.</summary>
    public static bool AreScarce()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var lowestFree = OpenNothing();
        if (lowestFree < 0)
        {
            return Linux.Error is Linux.EMFILE or Linux.ENFILE;
        }

        _ = Linux.close(lowestFree);
        return lowestFree >= Ceiling();
    }

    /// <summary>A descriptor of nothing, below zero where there is none.</summary>
    public static int OpenNothing()
    {
        fixed (byte* path = "/dev/null\0"u8)
        {
            return Linux.open(path, Linux.O_RDONLY | Linux.O_CLOEXEC);
        }
    }

    private static long Ceiling()
    {
        var limit = stackalloc ulong[2];
        return Linux.getrlimit(Linux.RLIMIT_NOFILE, limit) != 0 || limit[0] > int.MaxValue
            ? int.MaxValue
            : (long)limit[0] - Math.Min(Spare, (long)limit[0] / 8);
    }
}
