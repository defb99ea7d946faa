using ActorSmtp.Engine.Tests.Actor;
using Akka.Actor;
using Akka.Event;

namespace ActorSmtp.Engine.Tests.Event;

/// <summary>Lines of the log: levels, texts, sources.</summary>
public sealed class LoggingTests : PatientTestKit
{
    public LoggingTests()
        : base("akka.loglevel = DEBUG")
    {
    }

    [Fact]
    public void A_line_has_its_level_and_its_values_filled_in()
    {
        var actor = Sys.ActorOf(Props.Create<Chatty>());

        EventFilter.Debug("d x").ExpectOne(() =>
            EventFilter.Info("i x 2").ExpectOne(() =>
                EventFilter.Warning("w", source: actor.Path.ToString()).ExpectOne(() =>
                    EventFilter.Exception<Boom>("e x").ExpectOne(() => actor.Tell("x")))));
    }

    [Fact]
    public void A_line_is_an_event_with_the_actors_path_and_type()
    {
        var actor = Sys.ActorOf(Props.Create<Chatty>());
        Sys.EventStream.Subscribe(TestActor, typeof(Info));

        EventFilter.Error().Mute(() => actor.Tell("y"));

        var line = (LogEvent)FishForMessage(m => m is Info info && info.Message.ToString() == "i y 2");
        Assert.Equal(LogLevel.InfoLevel, line.LogLevel());
        Assert.Equal(typeof(Chatty), line.LogClass);
        Assert.Equal(actor.Path.ToString(), line.LogSource);
    }

    [Fact]
    public void Which_levels_are_on_is_fixed_when_an_adapter_is_made()
    {
        var before = Logging.GetLogger(Sys, "x");

        Sys.EventStream.SetLogLevel(LogLevel.ErrorLevel);

        Assert.True(before.IsDebugEnabled);
        Assert.False(Logging.GetLogger(Sys, "x").IsDebugEnabled);
    }

    [Fact]
    public void A_dead_letter_is_logged()
    {
        var actor = Sys.ActorOf(Acts.Idle);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);

        EventFilter.Info(contains: "was not delivered").ExpectOne(() => actor.Tell("z"));
    }

    private sealed class Chatty : ReceiveActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        public Chatty() => Receive<string>(s =>
        {
            _log.Debug("d {0}", s);
            _log.Info("i {0} {1}", s, 2);
            _log.Warning("w");
            _log.Error(new Boom(), "e {0}", s);
        });
    }
}
