using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Maildir;

namespace ActorSmtp.Storage.Tests.Maildir;

public sealed class FileCopyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FileCopy _copy = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Around the sizes at which it changes its way: a page, the piece, the size from which on the cache is passed by.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(FileCopy.Large - 1)]
    [InlineData(FileCopy.Large)]
    [InlineData(FileCopy.Large + 1)]
    [InlineData((512 * 1024) - 33)]
    [InlineData((512 * 1024) - 32)]
    [InlineData((512 * 1024) - 31)]
    [InlineData((1024 * 1024) + 4096 - 32)]
    [InlineData(3_000_001)]
    public void What_is_read_back_from_the_journal_is_copied_whole(int length)
    {
        var content = TestMail.Content(length, length);
        var mail = new MailInPieces(content, piece: 65_432);
        IDisk disk = OperatingSystem.IsLinux() ? new LinuxDisk() : new PortableDisk();
        using (var directory = disk.OpenDirectory(_directory.Path))
        using (var file = directory.Open("copy", FileCopy.Access(mail)))
        {
            _copy.Write(new MailboxDelivery(mail, 0, "bob", Prefix), file);
        }

        Assert.Equal([.. Prefix, .. content], File.ReadAllBytes(Path.Combine(_directory.Path, "copy")));
    }

    [Fact]
    public void Content_that_ends_early_is_an_error()
    {
        using var directory = new PortableDisk().OpenDirectory(_directory.Path);
        using var file = directory.Open("copy", DiskAccess.CreateNew);
        var mail = new MailInPieces(TestMail.Content(1, 1000), piece: 100) { Missing = 1 };

        Assert.Throws<StoreException>(() => _copy.Write(new MailboxDelivery(mail, 0, "bob", Prefix), file));
    }

    private static readonly byte[] Prefix = Encoding.ASCII.GetBytes("Return-Path: <ann@example.com>\r\n");      // 32 octets

    /// <summary>A message that is not in memory and is read so many octets at a time, as chunks of a journal are.</summary>
    private sealed class MailInPieces(byte[] content, int piece) : StoredMail
    {
        public int Missing { get; init; }

        public override MailId Id { get; } = TestMail.NextId();

        public override Envelope Envelope => TestMail.Envelope(Id);

        public override long Length => content.Length;

        public override long Sequence => 1;

        public override bool MayBeDelivered => false;

        public override bool IsComplete(int recipient) => false;

        public override bool TryGetContent(out ReadOnlyMemory<byte> whole)
        {
            whole = default;
            return false;
        }

        public override int Read(long offset, Span<byte> into)
        {
            var there = content.AsSpan(0, content.Length - Missing)[(int)offset..];
            there = there[..Math.Min(Math.Min(there.Length, into.Length), piece)];
            there.CopyTo(into);
            return there.Length;
        }
    }
}
