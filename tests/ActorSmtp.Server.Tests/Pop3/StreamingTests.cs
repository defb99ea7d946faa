using System.Text;
using ActorSmtp.Server.Inspection;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>Large messages and long lists for readers that are quick, slow, or none.</summary>
public sealed class StreamingTests
{
    [Fact]
    public async Task A_large_message_comes_whole_and_is_read_in_pieces()
    {
        await using var at = await Pop3Harness.StartAsync();
        var body = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{(i % 7 == 0 ? "." : "")}line {i} of a long message\r\n"));
        await at.DeliverAsync("bob", body);
        var largest = 0;
        at.Mailboxes.Wrap = stream => new WatchedStream(stream, asked => largest = Math.Max(largest, asked));
        var peer = await at.LoggedInAsync();
        await peer.AskAsync("RETR 1", $"+OK {body.Length + 14} octets");

        var lines = await peer.LinesAsync();
        Assert.Equal(body, string.Concat(lines.Skip(2).Select(line => (line.StartsWith('.') ? line[1..] : line) + "\r\n")));
        Assert.InRange(largest, 1, 128 * 1024);
        Assert.Equal(1, Seen(at)!.Messages);
    }

    [Fact]
    public async Task Who_does_not_read_is_not_read_for_and_gets_all_of_it_if_it_reads_after_all()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", string.Concat(Enumerable.Repeat("a line of a message that is larger than what is taken ahead\r\n", 100_000)));
        var taken = 0L;
        at.Mailboxes.Wrap = stream => new WatchedStream(stream, asked => Interlocked.Add(ref taken, asked));
        var peer = await at.LoggedInAsync();
        peer.Send("RETR 1\r\nNOOP\r\n"u8);
        await Quiet(() => Interlocked.Read(ref taken));

        Assert.InRange(Interlocked.Read(ref taken), 1, 3_000_000);      // half of it at most: what the peer takes in without looking
        Assert.Equal("retrieving", Seen(at)!.State);
        await peer.ExpectAsync("+OK 6100014 octets");
        Assert.Equal(100_002, (await peer.LinesAsync()).Count);
        await peer.ExpectAsync("+OK");
    }

    [Fact]
    public async Task Who_never_reads_is_hung_up_on_and_the_mailbox_is_free_again()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", new string('x', 8 << 20));
        var disposed = 0;
        at.Mailboxes.Wrap = stream => new WatchedStream(stream, _ => { }, () => Interlocked.Increment(ref disposed));
        var peer = await at.LoggedInAsync();
        peer.Send("RETR 1\r\n"u8);
        await Until(() => Seen(at)?.State == "retrieving", "not retrieving");
        await Until(
            () =>
            {
                at.Time.Advance(TimeSpan.FromSeconds(30));
                return Seen(at) is null;
            },
            "still there");
        await Until(() => Volatile.Read(ref disposed) == 1, "the message is still open");
        await (await at.LoggedInAsync()).AskAsync("STAT", "+OK 1 ");
    }

    [Fact]
    public async Task A_long_list_is_written_as_it_is_read()
    {
        const int Messages = 100_000;
        await using var at = await Pop3Harness.StartAsync();
        at.Mailboxes.Invented = Messages;
        var peer = await at.LoggedInAsync();
        peer.Send(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("UIDL\r\n", 2)) + "STAT\r\n"));      // 4 MB, more than may wait for a peer
        await Until(() => Seen(at)?.State == "listing", "not listing");
        for (var i = 0; i < 2; i++)
        {
            await peer.ExpectAsync("+OK");
            var ids = await peer.LinesAsync();
            Assert.Equal(Messages, ids.Count);
            Assert.Equal("100000 000000100000", ids[^1]);
        }

        await peer.ExpectAsync($"+OK {Messages} {Messages * 3}");
    }

    [Fact]
    public async Task A_peer_that_goes_in_the_middle_of_a_message_leaves_nothing_open()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", new string('x', 8 << 20));
        var (opened, disposed) = (0, 0);
        var waits = new TaskCompletionSource();
        at.Mailboxes.Wrap = stream =>
        {
            Interlocked.Increment(ref opened);
            return new WatchedStream(stream, _ => { }, () => Interlocked.Increment(ref disposed));
        };
        at.Mailboxes.Before = what => what == "open" ? waits.Task : Task.CompletedTask;
        var peer = await at.LoggedInAsync();
        peer.Send("RETR 1\r\n"u8);
        await Until(() => Seen(at)?.State == "retrieving", "not retrieving");
        var end = at.Server.System.Terminate();                     // the session ends while the disk is at work
        peer.Abort();
        waits.SetResult();
        await end.WaitAsync(TimeSpan.FromSeconds(60));
        await Until(() => Volatile.Read(ref opened) == Volatile.Read(ref disposed), "a message is still open");
    }

    private static SessionView? Seen(Pop3Harness at) => at.Server.Server.Sessions.List(new SessionFilter(), 1, null).Items.FirstOrDefault();

    /// <summary>Until a number has begun to grow and then stood for some looks.</summary>
    private static async Task Quiet(Func<long> number)
    {
        var (last, still) = (0L, 0);
        await Until(
            () =>
            {
                var now = number();
                still = now > 0 && now == last ? still + 1 : 0;
                last = now;
                return still >= 40;
            },
            "it goes on");
    }

    private sealed class WatchedStream(Stream inner, Action<int> onRead, Action? onEnd = null) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onRead(buffer.Length);
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            onEnd?.Invoke();
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
