using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace ActorSmtp.Transport;

/// <summary>
/// The system calls the epoll loop makes, as they are: blittable, no marshalling. A result below zero leaves the error in
/// <see cref="Error"/>, to be read at once.
/// </summary>
internal static unsafe class Linux
{
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;
    public const int SOCK_STREAM = 1, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int IPPROTO_TCP = 6, TCP_NODELAY = 1, IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26;
    public const int SO_REUSEADDR = 2, SO_ERROR = 4;
    public const int MSG_NOSIGNAL = 0x4000, MSG_PEEK = 2, MSG_DONTWAIT = 0x40, SHUT_WR = 1;
    public const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16, EPOLLRDHUP = 0x2000, EPOLLET = 1u << 31;
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800, EFD_CLOEXEC = 0x80000;
    public const int RLIMIT_NOFILE = 7;
    public const int O_RDONLY = 0, O_CLOEXEC = 0x80000;
    public const int EINTR = 4, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EEXIST = 17, ENFILE = 23, EMFILE = 24, EPIPE = 32, EADDRINUSE = 98,
        EADDRNOTAVAIL = 99, ENETDOWN = 100, ENETUNREACH = 101, ECONNABORTED = 103, ECONNRESET = 104, ENOBUFS = 105, ETIMEDOUT = 110,
        ECONNREFUSED = 111, EHOSTDOWN = 112, EHOSTUNREACH = 113, EINPROGRESS = 115;

    /// <summary>On the machine's word size and layout: SOL_SOCKET is 1 and epoll_event packed on x64; arm64 aligns it.</summary>
    public const int SOL_SOCKET = 1;

    /// <summary>epoll_event is packed on x64 alone.</summary>
    public static readonly bool EventIsPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Bytes of one epoll_event here.</summary>
    public static readonly int EventSize = EventIsPacked ? 12 : 16;

    private static readonly int _dataAt = EventIsPacked ? 4 : 8;

    /// <summary>The error of the call before.</summary>
    public static int Error => Marshal.GetLastSystemError();

    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    public static uint EventsOf(byte* list, int i) => Unsafe.ReadUnaligned<uint>(list + ((nint)i * EventSize));

    public static ulong DataOf(byte* list, int i) => Unsafe.ReadUnaligned<ulong>(list + ((nint)i * EventSize) + _dataAt);

    public static int Control(int epoll, int operation, int descriptor, uint events, ulong data)
    {
        var buffer = stackalloc byte[16];
        Unsafe.WriteUnaligned(buffer, events);
        Unsafe.WriteUnaligned(buffer + _dataAt, data);
        return epoll_ctl(epoll, operation, descriptor, buffer);
    }

    public static int SetOption(int descriptor, int level, int name, int value) => setsockopt(descriptor, level, name, &value, sizeof(int));

    [DllImport("libc")]
    public static extern int socket(int domain, int type, int protocol);

    [DllImport("libc")]
    public static extern int bind(int descriptor, byte* address, uint length);

    [DllImport("libc")]
    public static extern int listen(int descriptor, int backlog);

    [DllImport("libc")]
    public static extern int connect(int descriptor, byte* address, uint length);

    [DllImport("libc")]
    public static extern int accept4(int descriptor, byte* address, uint* length, int flags);

    [DllImport("libc")]
    public static extern int getsockname(int descriptor, byte* address, uint* length);

    [DllImport("libc")]
    public static extern int setsockopt(int descriptor, int level, int name, void* value, uint length);

    [DllImport("libc")]
    public static extern int getsockopt(int descriptor, int level, int name, void* value, uint* length);

    [DllImport("libc")]
    public static extern nint recv(int descriptor, byte* buffer, nuint length, int flags);

    [DllImport("libc")]
    public static extern nint send(int descriptor, byte* buffer, nuint length, int flags);

    [DllImport("libc")]
    public static extern int shutdown(int descriptor, int how);

    [DllImport("libc")]
    public static extern int close(int descriptor);

    [DllImport("libc")]
    public static extern nint write(int descriptor, void* buffer, nuint length);

    [DllImport("libc")]
    public static extern int open(byte* path, int flags);

    [DllImport("libc")]
    public static extern int getrlimit(int what, ulong* softAndHard);

    [DllImport("libc")]
    public static extern nint dlopen(byte* name, int flags);

    [DllImport("libc")]
    public static extern int eventfd(uint value, int flags);

    [DllImport("libc")]
    public static extern int epoll_create1(int flags);

    [DllImport("libc")]
    public static extern int epoll_wait(int epoll, byte* events, int count, int milliseconds);

    [DllImport("libc")]
    private static extern int epoll_ctl(int epoll, int operation, int descriptor, byte* what);
}
