using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport.Tests;

/// <summary>Those that count descriptors or open thousands do not run beside others.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("alone")]
public sealed class EpollTests : TransportContract
{
    protected override ITransport Make(TransportOptions options) => Epoll(options);
}

[Collection("alone")]
public sealed class EpollWithThreeLoopsTests : TransportContract
{
    protected override ITransport Make(TransportOptions options) =>
        Epoll(options with { Loops = 3, Spin = TimeSpan.Zero });
}

[Collection("alone")]
public sealed class EpollOverUnixSocketsTests : UnixContract
{
    protected override ITransport Make(TransportOptions options) => Epoll(options);
}

[Collection("alone")]
public sealed class EpollOverIPv6Tests : TransportContract
{
    protected override EndPoint Address => new IPEndPoint(IPAddress.IPv6Loopback, 0);

    protected override ITransport Make(TransportOptions options) => Epoll(options);
}

[Collection("alone")]
public sealed class SocketTests : TransportContract
{
    protected override ITransport Make(TransportOptions options) => Transports.Create(options with { Kind = TransportKind.Sockets });
}

[Collection("alone")]
public sealed class SocketsOverUnixSocketsTests : UnixContract
{
    protected override ITransport Make(TransportOptions options) => Transports.Create(options with { Kind = TransportKind.Sockets });
}

[Collection("alone")]
public sealed class TlsOverEpollTests : TransportContract
{
    protected override bool IsSecure => true;

    protected override int Share => 5;

    protected override ITransport Make(TransportOptions options) => Epoll(options);
}

[Collection("alone")]
public sealed class TlsOverSocketsTests : TransportContract
{
    protected override bool IsSecure => true;

    protected override int Share => 5;

    protected override ITransport Make(TransportOptions options) => Transports.Create(options with { Kind = TransportKind.Sockets });
}

[Collection("alone")]
public sealed class MemoryTests : TransportContract
{
    protected override bool IsReal => false;

    protected override ITransport Make(TransportOptions options) => new MemoryTransport(null, options);
}

[Collection("alone")]
public sealed class MemoryByteByByteTests : TransportContract
{
    protected override bool IsReal => false;

    protected override int Share => 10;

    protected override ITransport Make(TransportOptions options) =>
        new MemoryTransport(new MemoryNetwork(new MemoryNetworkOptions { Chunking = Chunking.Bytes }), options);
}

[Collection("alone")]
public sealed class TlsOverMemoryTests : TransportContract
{
    protected override bool IsReal => false;

    protected override bool IsSecure => true;

    protected override int Share => 10;

    protected override ITransport Make(TransportOptions options) =>
        new MemoryTransport(new MemoryNetwork(new MemoryNetworkOptions { Chunking = Chunking.Lines }), options);
}

/// <summary>Over a socket with a path.</summary>
public abstract class UnixContract : TransportContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transport-").FullName;
    private int _next;

    protected override EndPoint Address => new UnixDomainSocketEndPoint(Path.Combine(_folder, $"{++_next}.sock"));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableFact]
    public async Task The_file_has_the_mode_asked_for_and_goes_with_the_listener()
    {
        Skip.If(OperatingSystem.IsWindows());
        var transport = Start();
        var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var (listener, _) = Listen(transport, with: o => o with { UnixMode = mode });
        var path = listener.LocalEndPoint.ToString()!;
        Assert.Equal(mode, OperatingSystem.IsWindows() ? mode : File.GetUnixFileMode(path));
        await listener.DisposeAsync();
        Assert.False(File.Exists(path));
    }

    [SkippableFact]
    public void A_file_left_over_by_a_dead_process_is_taken_and_a_plain_file_is_not()
    {
        var transport = Start();
        var path = Path.Combine(_folder, "stale.sock");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
        }

        if (!File.Exists(path))
        {
            using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            other.Bind(new UnixDomainSocketEndPoint(path));
        }

        var listener = transport.Listen(new ListenOptions { EndPoint = new UnixDomainSocketEndPoint(path) }, new Acceptor());
        Connect(transport, listener);

        var plain = Path.Combine(_folder, "plain.txt");
        File.WriteAllText(plain, "somebody's");
        Assert.Throws<TransportException>(() => transport.Listen(new ListenOptions { EndPoint = new UnixDomainSocketEndPoint(plain) }, new Acceptor()));
        Assert.Equal("somebody's", File.ReadAllText(plain));
        File.Delete(plain);
    }
}
