using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>
/// Says which events of a system's log are meant. Texts: <c>message</c> is the whole text, <c>start</c> its beginning,
/// <c>contains</c> a part; <c>source</c> is the log source, an actor's path with or without the address.
/// Stands for Akka.TestKit.EventFilterFactory; the constructor with ready-made filters and what only heirs need is not there.
/// </summary>
public class EventFilterFactory
{
    private readonly TestKitBase _testkit;
    private readonly ActorSystem _system;
    private readonly IReadOnlyList<LogMatcher> _earlier;

    /// <summary>Filters for the system of <paramref name="testkit"/>.</summary>
    public EventFilterFactory(TestKitBase testkit)
        : this(testkit, testkit.Sys, [])
    {
    }

    /// <summary>Filters for another system.</summary>
    public EventFilterFactory(TestKitBase testkit, ActorSystem system)
        : this(testkit, system, [])
    {
    }

    internal EventFilterFactory(TestKitBase testkit, ActorSystem system, IReadOnlyList<LogMatcher> earlier)
    {
        _testkit = testkit;
        _system = system;
        _earlier = earlier;
    }

    /// <summary>Errors with a cause of the type, or of a subtype, whose text or whose cause's text fits.</summary>
    public IEventFilterApplier Exception<TException>(Regex pattern, string source = null)
        where TException : Exception => Exception(typeof(TException), pattern, source);

    /// <inheritdoc cref="Exception{TException}(Regex, string)"/>
    public IEventFilterApplier Exception(Type exceptionType, Regex pattern, string source = null, bool checkInnerExceptions = false) =>
        Apply(LogMatcher.ForCause(exceptionType, TextMatcher.Matching(pattern), TextMatcher.Source(source), checkInnerExceptions));

    /// <inheritdoc cref="Exception{TException}(Regex, string)"/>
    public IEventFilterApplier Exception<TException>(
        string message = null, string start = null, string contains = null, string source = null)
        where TException : Exception => Exception(typeof(TException), message, start, contains, source);

    /// <inheritdoc cref="Exception{TException}(Regex, string)"/>
    public IEventFilterApplier Exception(
        Type exceptionType, string message = null, string start = null, string contains = null, string source = null,
        bool checkInnerExceptions = false) =>
        Apply(LogMatcher.ForCause(
            exceptionType, TextMatcher.Message(message, start, contains), TextMatcher.Source(source), checkInnerExceptions));

    /// <summary>Events of error level.</summary>
    public IEventFilterApplier Error(string message = null, string start = null, string contains = null, string source = null) =>
        ForLogLevel(LogLevel.ErrorLevel, message, start, contains, source);

    /// <summary>Events of error level.</summary>
    public IEventFilterApplier Error(Regex pattern, string source = null) => ForLogLevel(LogLevel.ErrorLevel, pattern, source);

    /// <summary>Events of warning level.</summary>
    public IEventFilterApplier Warning(string message = null, string start = null, string contains = null, string source = null) =>
        ForLogLevel(LogLevel.WarningLevel, message, start, contains, source);

    /// <summary>Events of warning level.</summary>
    public IEventFilterApplier Warning(Regex pattern, string source = null) => ForLogLevel(LogLevel.WarningLevel, pattern, source);

    /// <summary>Events of info level.</summary>
    public IEventFilterApplier Info(string message = null, string start = null, string contains = null, string source = null) =>
        ForLogLevel(LogLevel.InfoLevel, message, start, contains, source);

    /// <summary>Events of info level.</summary>
    public IEventFilterApplier Info(Regex pattern, string source = null) => ForLogLevel(LogLevel.InfoLevel, pattern, source);

    /// <summary>Events of debug level.</summary>
    public IEventFilterApplier Debug(string message = null, string start = null, string contains = null, string source = null) =>
        ForLogLevel(LogLevel.DebugLevel, message, start, contains, source);

    /// <summary>Events of debug level.</summary>
    public IEventFilterApplier Debug(Regex pattern, string source = null) => ForLogLevel(LogLevel.DebugLevel, pattern, source);

    /// <summary>Events of a level.</summary>
    public IEventFilterApplier ForLogLevel(
        LogLevel logLevel, string message = null, string start = null, string contains = null, string source = null) =>
        Apply(LogMatcher.ForLevel(logLevel, TextMatcher.Message(message, start, contains), TextMatcher.Source(source)));

    /// <summary>Events of a level.</summary>
    public IEventFilterApplier ForLogLevel(LogLevel logLevel, Regex pattern, string source = null) =>
        Apply(LogMatcher.ForLevel(logLevel, TextMatcher.Matching(pattern), TextMatcher.Source(source)));

    /// <summary>Events the predicate says yes to. Dead letters come as warnings whose message is the <see cref="Akka.Event.DeadLetter"/>.</summary>
    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Apply(LogMatcher.ForAny(predicate));

    /// <summary>Events of the type the predicate says yes to.</summary>
    public IEventFilterApplier Custom<TLogEvent>(Predicate<TLogEvent> predicate)
        where TLogEvent : LogEvent => Apply(LogMatcher.ForAny(e => e is TLogEvent typed && predicate(typed)));

    /// <summary>Dead letters.</summary>
    public IEventFilterApplier DeadLetter() => DeadLetters(_ => true, null);

    /// <summary>Dead letters of the type; <paramref name="source"/> is the receiver's path.</summary>
    public IEventFilterApplier DeadLetter<TMessage>(string source = null) => DeadLetters(message => message is TMessage, source);

    /// <inheritdoc cref="DeadLetter{TMessage}(string)"/>
    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string source = null) =>
        DeadLetters(message => message is TMessage typed && isMatch(typed), source);

    /// <inheritdoc cref="DeadLetter{TMessage}(string)"/>
    public IEventFilterApplier DeadLetter(Type type, string source = null) => DeadLetters(type.IsInstanceOfType, source);

    /// <inheritdoc cref="DeadLetter{TMessage}(string)"/>
    public IEventFilterApplier DeadLetter(Type type, Func<object, bool> isMatch, string source = null) =>
        DeadLetters(message => type.IsInstanceOfType(message) && isMatch(message), source);

    private EventFilterApplier DeadLetters(Func<object, bool> isMessage, string source) =>
        Apply(LogMatcher.ForDeadLetter(isMessage, TextMatcher.Source(source)));

    private EventFilterApplier Apply(LogMatcher matcher) => new(_testkit, _system, [.. _earlier, matcher]);
}
