using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Tests.Policy.Origin;

/// <summary>Content on its way to the hashes: who brings it never waits, and is never further ahead than a piece.</summary>
public sealed class OriginTapTests
{
    private const string Header = "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=AAAA; b=AAAA\r\nFrom: ann@example.com\r\n\r\n";

    private readonly ByHand _background = new();
    private readonly OctetBudget _budget = new(1 << 20);

    [Fact]
    public async Task A_message_of_any_size_holds_its_header_and_two_pieces()
    {
        var (tap, piece, most) = (New(), Octets(new string('x', OriginTap.Piece - 2) + "\r\n"), 0L);
        Assert.True(tap.Take(Octets(Header), Never));
        for (var i = 0; i < 800; i++)                               // 25 MiB
        {
            var isReady = false;
            if (!tap.Take(piece, () => isReady = true))
            {
                _background.Run();
                Assert.True(isReady);
            }

            most = Math.Max(most, _budget.Taken);
        }

        var whole = tap.CompleteAsync();
        _background.Run();
        Assert.Single(DkimCheck.Of((await whole)!, DkimOptions.Usual, DateTimeOffset.UnixEpoch));
        Assert.InRange(most, OriginTap.Piece, 6 * OriginTap.Piece);
        tap.Dispose();
        Assert.Equal(0, _budget.Taken);
    }

    [Fact]
    public void Who_brings_it_has_to_wait_once_a_piece_is_full_while_another_is_hashed()
    {
        var (tap, piece, ready) = (New(), Octets(new string('x', OriginTap.Piece)), 0);
        tap.Take(Octets(Header), Never);
        Assert.True(tap.Take(piece, Never));                        // given to the background, which does not get to it
        Assert.False(tap.Take(piece, () => ready++));
        Assert.Equal(0, ready);
        _background.Run();
        Assert.Equal(1, ready);
        Assert.True(tap.Take(piece, Never));
        tap.Dispose();
        _background.Run();
        Assert.Equal(0, _budget.Taken);
    }

    [Fact]
    public async Task Of_a_message_without_a_signature_nothing_is_held_behind_its_header()
    {
        var (tap, piece) = (New(), Octets("From: ann@example.com\r\n\r\n" + new string('x', OriginTap.Piece)));
        tap.Take(piece, Never);
        _background.Run();
        var held = _budget.Taken;
        for (var i = 0; i < 10; i++)
        {
            Assert.True(tap.Take(piece, Never));
        }

        Assert.Equal(held, _budget.Taken);
        Assert.InRange(held, 1, 16 * 1024);
        var whole = tap.CompleteAsync();
        _background.Run();
        Assert.Empty(DkimCheck.Of((await whole)!, DkimOptions.Usual, DateTimeOffset.UnixEpoch));
        tap.Dispose();
        Assert.Equal(0, _budget.Taken);
    }

    [Fact]
    public async Task What_there_is_no_memory_for_is_not_held_and_nothing_is_known_of_it()
    {
        Assert.True(_budget.TryTake((1 << 20) - 40_000));
        var (tap, piece) = (New(), Octets(Header + new string('x', 20_000)));
        for (var i = 0; i < 5; i++)
        {
            Assert.True(tap.Take(piece, Never));
            Assert.InRange(_budget.Taken, 0, 1 << 20);
        }

        var whole = tap.CompleteAsync();
        _background.Run();
        Assert.Null(await whole);
        tap.Dispose();
        Assert.Equal((1 << 20) - 40_000, _budget.Taken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whose_session_is_over_gives_all_back_also_while_it_is_hashed(bool wasCompleted)
    {
        var tap = New();
        var ready = 0;
        tap.Take(Octets(Header + new string('x', OriginTap.Piece)), Never);
        tap.Take(Octets(new string('x', OriginTap.Piece)), () => ready++);
        var whole = wasCompleted ? tap.CompleteAsync() : null;

        tap.Dispose();

        Assert.Equal(1, ready);                                     // nobody is left waiting
        _background.Run();
        Assert.Equal(0, _budget.Taken);
        if (whole is not null)
        {
            Assert.Null(await whole);
        }
    }

    [Fact]
    public async Task A_flood_of_fields_is_held_as_far_as_a_header_may_be_long()
    {
        var tap = New();
        var flood = Octets(string.Concat(Enumerable.Repeat("a:\r\n", 8 * 1024)));
        for (var i = 0; i < 100; i++)
        {
            if (!tap.Take(flood, Never))
            {
                _background.Run();
            }
        }

        var whole = tap.CompleteAsync();
        _background.Run();
        Assert.True((await whole)!.IsTooLong);
        Assert.InRange((await whole)!.Header.Count, 1, 2001);
        Assert.InRange(_budget.Taken, 1, 800 * 1024);
        tap.Dispose();
    }

    private OriginTap New() => new(new SignedMessage(DkimOptions.Usual), _background, _budget);

    private static byte[] Octets(string text) => Encoding.ASCII.GetBytes(text);

    private static void Never()
    {
    }

    /// <summary>Does nothing until the test says so.</summary>
    private sealed class ByHand : IBackground
    {
        private readonly Queue<Action> _waiting = [];

        public Task<T> Run<T>(Func<T> work)
        {
            var done = new TaskCompletionSource<T>();
            _waiting.Enqueue(() => done.SetResult(work()));
            return done.Task;
        }

        public void Run()
        {
            while (_waiting.TryDequeue(out var next))
            {
                next();
            }
        }
    }
}
