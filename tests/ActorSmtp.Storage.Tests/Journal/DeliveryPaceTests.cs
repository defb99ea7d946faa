using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

public sealed class DeliveryPaceTests
{
    private readonly SimulatedTime _time = new();
    private readonly DeliveryPace _pace;

    public DeliveryPaceTests() => _pace = new DeliveryPace(_time, TimeSpan.FromSeconds(2), most: 50_000, mostOctets: 64 << 20);

    [Fact]
    public void A_message_now_and_then_never_waits()
    {
        for (var i = 0; i < 100; i++)
        {
            Come(1, waiting: 1);
            Assert.True(_pace.IsOpen);
            _pace.Drained();
            Pass(20);
        }
    }

    [Fact]
    public void A_crowd_gathers()
    {
        Crowd(milliseconds: 50, each: 5);

        Assert.False(_pace.IsOpen);
        Assert.InRange(_pace.Look(), 1, 25);
    }

    [Fact]
    public void What_gathered_is_handed_out_when_the_crowd_pauses()
    {
        Crowd(milliseconds: 50, each: 5);
        Pass(23);
        Assert.NotEqual(-1, _pace.Look());
        Pass(1);

        Assert.Equal(-1, _pace.Look());
        Assert.True(_pace.IsOpen);
    }

    [Fact]
    public void A_crowd_that_does_not_pause_waits_two_seconds_at_most()
    {
        var waited = 0;
        for (; waited < 5000 && (waited < 20 || !_pace.IsOpen); waited++)
        {
            Crowd(milliseconds: 1, each: 10);
            _pace.Look();
        }

        Assert.InRange(waited, 1990, 2010);
    }

    [Fact]
    public void Short_pauses_do_not_begin_the_wait_anew()
    {
        var shut = 0;
        for (var passed = 0; passed < 1990; passed += 50)
        {
            Crowd(milliseconds: 25, each: 20);
            shut += _pace.IsOpen ? 0 : 1;
            Pass(25);
            _pace.Look();
            Assert.True(_pace.IsOpen);
        }

        Crowd(milliseconds: 25, each: 20);
        _pace.Look();

        Assert.True(_pace.IsOpen);
        Assert.InRange(shut, 30, 40);
    }

    [Fact]
    public void Handing_out_once_begun_goes_on_until_nothing_waits()
    {
        for (var i = 0; i < 2100; i++)
        {
            Crowd(milliseconds: 1, each: 10);
            _pace.Look();
        }

        Assert.True(_pace.IsOpen);
        Crowd(milliseconds: 500, each: 10);
        Assert.True(_pace.IsOpen);
        _pace.Drained();
        Assert.False(_pace.IsOpen);
    }

    [Theory]
    [InlineData(50_000, 0)]
    [InlineData(1, 64 << 20)]
    public void When_much_waits_it_is_handed_out(long messages, long octets)
    {
        Crowd(milliseconds: 50, each: 5);
        Assert.False(_pace.IsOpen);
        _pace.Arrived(1, messages, octets);

        Assert.True(_pace.IsOpen);
    }

    [Fact]
    public void Without_a_delay_nothing_gathers()
    {
        var pace = new DeliveryPace(_time, TimeSpan.Zero, most: 50_000, mostOctets: 64 << 20);
        for (var i = 0; i < 500; i++)
        {
            pace.Arrived(10, 10, 10_000);
            pace.Drained();
            Pass(1);
        }

        Assert.True(pace.IsOpen);
    }

    private void Crowd(int milliseconds, int each)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            Come(each, waiting: 100);
            Pass(1);
        }
    }

    private void Come(int messages, long waiting) => _pace.Arrived(messages, waiting, waiting * 1000);

    private void Pass(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
