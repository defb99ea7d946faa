using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>Whether a log event is the one meant, and how to say which one is meant.</summary>
internal sealed record LogMatcher(string Description, Func<LogEvent, bool> Fits)
{
    public static LogMatcher ForAny(Predicate<LogEvent> predicate) => new("custom", e => predicate(e));

    public static LogMatcher ForLevel(LogLevel level, TextMatcher message, TextMatcher source) => new(
        $"{level} with message {message} from source {source}",
        e => e.LogLevel() == level && source.Fits(e.LogSource) && message.Fits(Text(e)));

    public static LogMatcher ForDeadLetter(Func<object, bool> isMessage, TextMatcher source) => new(
        $"dead letter for {source}",
        e => e is Warning { Message: DeadLetter letter } && source.Fits(e.LogSource) && isMessage(letter.Message));

    /// <summary>Errors whose cause, or with <paramref name="inner"/> an inner exception of it, is of the type.</summary>
    public static LogMatcher ForCause(Type type, TextMatcher message, TextMatcher source, bool inner) => new(
        $"error caused by {type} with message {message} from source {source}",
        e => e is Error { Cause: { } cause } && source.Fits(e.LogSource) && Causes(cause, inner)
            .Any(c => type.IsInstanceOfType(c) && (message.Fits(Text(e)) || message.Fits(c.Message))));

    public override string ToString() => Description;

    private static IEnumerable<Exception> Causes(Exception cause, bool inner)
    {
        yield return cause;
        if (!inner)
            yield break;
        IEnumerable<Exception> below = cause is AggregateException many ? many.InnerExceptions
            : cause.InnerException is { } one ? [one] : [];
        foreach (var exception in below.SelectMany(e => Causes(e, inner)))
            yield return exception;
    }

    private static string Text(LogEvent e) => e.Message?.ToString() ?? "null";
}
